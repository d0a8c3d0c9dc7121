/** The calls of an answer that a user's turn gives results for, so that each result finds its own without a search. */
import type { ChatMessageFields } from '../../request/chat-types.js';
import type { ToolCall } from './conversation.js';

interface Line {
  readonly calls: ToolCall[];
  /** Before it, all have their results. */
  first: number;
}

export class AwaitedCalls {
  readonly #calls: readonly ToolCall[];
  readonly #answered = new Set<ToolCall>();
  #byId: Map<string, Line> | undefined;
  #byName: Map<string, Line> | undefined;

  constructor(calls: readonly ToolCall[]) {
    this.#calls = calls;
  }

  /** The first that waits for it; the last one meant where all have a result, because this is then more of it. */
  callFor({ role, name, tool_call_id: id }: ChatMessageFields): ToolCall | undefined {
    const isById = role === 'tool';
    const lines = isById
      ? (this.#byId ??= this.#linesBy((call) => call.id))
      : (this.#byName ??= this.#linesBy((call) => call.name));
    const meant = isById ? id : name;
    const line = meant === undefined ? undefined : lines.get(meant);
    if (line === undefined) return undefined;
    const { calls } = line;
    for (let call = calls[line.first]; call !== undefined; call = calls[line.first]) {
      line.first += 1;
      if (this.#answered.has(call)) continue;
      this.#answered.add(call);
      return call;
    }
    return calls.at(-1);
  }

  #linesBy(keyOf: (call: ToolCall) => string): Map<string, Line> {
    const lines = new Map<string, Line>();
    for (const call of this.#calls) {
      const line = lines.get(keyOf(call));
      if (line === undefined) lines.set(keyOf(call), { calls: [call], first: 0 });
      else line.calls.push(call);
    }
    return lines;
  }
}
