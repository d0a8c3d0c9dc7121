/** Reads the messages of a request as turns, and repairs what OpenAI takes and others refuse. */
import type { ChatMessage, ChatMessageFields } from '../../request/chat-types.js';
import { AwaitedCalls } from './awaited-calls.js';
import type { AssistantMessage, Conversation, Part, ToolCall, ToolResult, Turn } from './conversation.js';
import { isBlank, partsOf, textPart } from './message-parts.js';
import type { Remarks } from './remarks.js';
import { thoughtsOf } from './thoughts.js';
import { functionCallOf, toolCallsOf } from './tool-calls.js';

/**
 * What is repaired, each with a remark: a conversation that does not begin with the user gets an opening; an empty user turn between two
 * answers says that it is empty; a call without a result has one that is `missing`; a result without a call is said as text.
 */
export function readConversation(messages: readonly ChatMessage[], remarks: Remarks): Conversation {
  const reader = new ConversationReader(remarks);
  for (const message of messages) reader.read(message);
  return reader.conversation();
}

/** Stands for the user's first message where there is none: behind instructions alone, or before a greeting of the assistant's. */
const OPENING = 'Begin.';
const EMPTY = '(empty message)';

interface OpenUserTurn {
  readonly role: 'user';
  readonly results: OpenResult[];
  readonly parts: Part[];
}

interface OpenResult extends ToolResult {
  readonly parts: Part[];
}

interface OpenAssistantTurn {
  readonly role: 'assistant';
  readonly messages: AssistantMessage[];
}

class ConversationReader {
  readonly #remarks: Remarks;
  readonly #instructions: Part[] = [];
  readonly #turns: (OpenUserTurn | OpenAssistantTurn)[] = [];
  /** Of the answer that the last user's turn follows, and the results that it has by now. */
  #awaited = new AwaitedCalls([]);
  #results = new Map<ToolCall, OpenResult>();

  constructor(remarks: Remarks) {
    this.#remarks = remarks;
  }

  read(message: ChatMessageFields): void {
    const { role, name } = message;
    if (name && role !== 'tool' && role !== 'function') this.#remarks.change('names of speakers are left out');
    if (role === 'system' || role === 'developer') this.#readInstructions(message);
    else if (role === 'assistant') this.#readAnswer(message);
    else if (role === 'tool' || role === 'function') this.#readResult(message);
    else this.#userTurn().parts.push(...partsOf(message.content));
  }

  conversation(): Conversation {
    // A call at the very end is answered too.
    if (callsOf(this.#turns.at(-1)).length > 0) this.#userTurn();
    if (this.#turns[0]?.role !== 'user') {
      this.#remarks.change(`a user message "${OPENING}" is put in front`);
      this.#turns.unshift({ role: 'user', results: [], parts: [textPart(OPENING)] });
    }
    this.#turns.forEach((turn, position) => {
      if (turn.role === 'user') this.#complete(turn, this.#turns[position - 1]);
    });
    return { instructions: this.#instructions, turns: this.#turns };
  }

  #readInstructions({ content }: ChatMessageFields): void {
    for (const part of partsOf(content)) {
      if (part['type'] === 'text') this.#instructions.push(part);
      else this.#remarks.object('cannot take anything but text as an instruction');
    }
  }

  #readAnswer(message: ChatMessageFields): void {
    const { content, refusal, audio } = message;
    if (audio) this.#remarks.object('cannot know a recording that another provider keeps');
    const parts = partsOf(content);
    if (refusal && !isBlank(refusal)) parts.push(textPart(refusal));
    const calls = [...toolCallsOf(message), ...functionCallOf(message)];
    const thoughts = thoughtsOf(message);
    // Thoughts alone are no answer.
    if (parts.length === 0 && calls.length === 0) return;
    const last = this.#turns.at(-1);
    if (last?.role === 'assistant') last.messages.push({ thoughts, parts, calls });
    else this.#turns.push({ role: 'assistant', messages: [{ thoughts, parts, calls }] });
  }

  #readResult(message: ChatMessageFields): void {
    const turn = this.#userTurn();
    const parts = partsOf(message.content);
    const call = this.#awaited.callFor(message);
    if (call === undefined) {
      this.#remarks.change('a tool result that answers no call is said as text');
      turn.parts.push(textPart(`Result of the tool call ${nameOf(message)}:`), ...parts);
      return;
    }
    const earlier = this.#results.get(call);
    if (earlier !== undefined) {
      earlier.parts.push(...parts);
      return;
    }
    const result = { call, parts, missing: false };
    turn.results.push(result);
    this.#results.set(call, result);
  }

  #userTurn(): OpenUserTurn {
    const last = this.#turns.at(-1);
    if (last?.role === 'user') return last;
    const turn: OpenUserTurn = { role: 'user', results: [], parts: [] };
    this.#turns.push(turn);
    this.#awaited = new AwaitedCalls(callsOf(last));
    this.#results = new Map();
    return turn;
  }

  #complete({ results, parts }: OpenUserTurn, inFront: Turn | undefined): void {
    const answered = new Set(results.map(({ call }) => call));
    for (const call of callsOf(inFront)) {
      if (answered.has(call)) continue;
      this.#remarks.change('a tool call without a result is answered with an error');
      results.push({ call, parts: [], missing: true });
    }
    if (results.length > 0 || parts.length > 0) return;
    this.#remarks.change(`an empty message is said as "${EMPTY}"`);
    parts.push(textPart(EMPTY));
  }
}

export function callsOf(turn: Turn | undefined): readonly ToolCall[] {
  return turn?.role === 'assistant' ? turn.messages.flatMap(({ calls }) => calls) : [];
}

function nameOf({ role, name, tool_call_id: id }: ChatMessageFields): string {
  return (role === 'tool' ? id : name) ?? '';
}
