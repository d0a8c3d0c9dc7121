/** What an assistant called, whichever of OpenAI's forms it has. */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { ChatMessageFields } from '../../request/chat-types.js';
import type { ToolCall } from './conversation.js';

/** Calls of types that only one service knows are left out: nobody else could answer them. */
export function toolCallsOf({ tool_calls: calls }: ChatMessageFields): ToolCall[] {
  const found: ToolCall[] = [];
  for (const call of (calls ?? []) as readonly unknown[]) {
    if (!isRecord(call)) continue;
    const { id, function: called, custom } = call;
    const name = nameIn(called) ?? nameIn(custom);
    if (name === undefined) continue;
    found.push({ id: textOf(id), name, arguments: isRecord(called) ? textOf(called['arguments']) : inputOf(custom) });
  }
  return found;
}

/** The older form: at most one call, which has no id. */
export function functionCallOf({ function_call: called }: ChatMessageFields): ToolCall[] {
  if (!isRecord(called)) return [];
  return [{ id: '', name: textOf(called['name']), arguments: textOf(called['arguments']) }];
}

/** The arguments as an object, as most providers want them. `undefined` for what is no JSON, or no object. */
export function parseArguments(text: string): Fields | undefined {
  // Models write nothing at all for a tool that takes nothing.
  if (text.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    // More can be read than can be written: what is nested too deeply would throw when the body is serialised.
    if (text.length > LONGEST_SHALLOW) JSON.stringify(parsed);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** In so few characters nothing can be nested deeply. */
const LONGEST_SHALLOW = 2_000;

function nameIn(called: unknown): string | undefined {
  return isRecord(called) && typeof called['name'] === 'string' ? called['name'] : undefined;
}

function inputOf(custom: unknown): string {
  return JSON.stringify({ input: isRecord(custom) ? textOf(custom['input']) : '' });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
