/** The turns of a conversation as the `messages` of the Messages API: https://platform.claude.com/docs/en/api/messages */
import type { AssistantMessage, Conversation, ToolCall, ToolResult, Turn } from '../conversation/conversation.js';
import type { Remarks } from '../conversation/remarks.js';
import type { Thought } from '../conversation/thoughts.js';
import { parseArguments } from '../conversation/tool-calls.js';
import { type Block, blocksOf } from './content-blocks.js';
import { FORMAT } from './thinking-blocks.js';
import { toolIdsOf } from './tool-ids.js';

export interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

/** @param thinks whether the model thinks now; else it is not to be reminded of what it thought */
export function encodeTurns(conversation: Conversation, thinks: boolean, remarks: Remarks): WireMessage[] {
  const encoder = new TurnEncoder(toolIdsOf(conversation), thinks, remarks);
  const messages = conversation.turns.map((turn) => encoder.encode(turn));
  const last = messages.pop();
  return last === undefined ? [] : [...messages, last.role === 'assistant' ? asPrefill(last) : last];
}

class TurnEncoder {
  readonly #ids: ReadonlyMap<ToolCall, string>;
  readonly #thinks: boolean;
  readonly #remarks: Remarks;

  constructor(ids: ReadonlyMap<ToolCall, string>, thinks: boolean, remarks: Remarks) {
    this.#ids = ids;
    this.#thinks = thinks;
    this.#remarks = remarks;
  }

  encode(turn: Turn): WireMessage {
    if (turn.role === 'assistant') {
      return { role: 'assistant', content: turn.messages.flatMap((message) => this.#answer(message)) };
    }
    // Anything in front of the results is refused: https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
    const results = turn.results.map((result) => this.#result(result));
    return { role: 'user', content: [...results, ...blocksOf(turn.parts, this.#remarks)] };
  }

  #answer({ thoughts, parts, calls }: AssistantMessage): Block[] {
    if (parts.some(({ type }) => type !== 'text')) this.#remarks.object('cannot take anything but text in an answer');
    const said = [...blocksOf(parts, this.#remarks), ...calls.map((call) => this.#toolUse(call))];
    const own = thoughts.filter(({ format }) => format === FORMAT);
    if (own.length < thoughts.length) this.#remarks.change('reasoning signatures of another provider are left out');
    return this.#thinks ? withThoughts(said, own) : said;
  }

  /** Its input has to be an object; of arguments that are none nothing is lost. */
  #toolUse(call: ToolCall): Block {
    const parsed = parseArguments(call.arguments);
    if (parsed === undefined) this.#remarks.change('arguments of a tool call that are no JSON object are put into one');
    const input = parsed ?? { invalid_json: call.arguments };
    return { type: 'tool_use', id: this.#ids.get(call), name: call.name, input };
  }

  #result({ call, parts, missing }: ToolResult): Block {
    const block = { type: 'tool_result', tool_use_id: this.#ids.get(call) };
    if (missing) return { ...block, content: 'The result of this call is not known.', is_error: true };
    return parts.length === 0 ? block : { ...block, content: blocksOf(parts, this.#remarks) };
  }
}

/**
 * Each thought at its old place, as far as that can be told: our messages keep one text and then the calls. None stands last, which
 * would be refused.
 */
function withThoughts(said: readonly Block[], thoughts: readonly Thought[]): Block[] {
  const blocks: Block[] = [];
  let next = 0;
  for (const thought of thoughts.toSorted((one, other) => one.index - other.index)) {
    const before = Math.min(Math.max(thought.index - blocks.length, 0), said.length - 1 - next);
    blocks.push(...said.slice(next, next + before), thinkingOf(thought));
    next += before;
  }
  return [...blocks, ...said.slice(next)];
}

function thinkingOf(thought: Thought): Block {
  if (thought.type === 'reasoning.encrypted') return { type: 'redacted_thinking', data: thought.data };
  return { type: 'thinking', thinking: thought.text, signature: thought.signature };
}

/** White space at its end is refused. */
function asPrefill({ role, content }: WireMessage): WireMessage {
  const last = content.at(-1);
  if (last?.['type'] !== 'text' || typeof last['text'] !== 'string') return { role, content };
  return { role, content: [...content.slice(0, -1), { ...last, text: last['text'].trimEnd() }] };
}
