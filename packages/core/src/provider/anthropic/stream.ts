/** The events of a streamed message as chunks: https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { Failure } from '../../judgement/failure.js';
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { ChatChunk, ChatChunkChoice, ChatDelta, ChatToolCallDelta } from '../../request/chat-types.js';
import type { WireHeaders } from '../../transport/transport.js';
import type { Thought, WithThoughts } from '../conversation/thoughts.js';
import type { StreamDecoder, StreamItem } from '../dialect.js';
import { errorInside, parseJson } from '../json-reply.js';
import { argumentsOf } from './call-input.js';
import { finishReasonOf, refusalIn, UsageCounts } from './reply-facts.js';
import { encryptedThought, signedThought } from './thinking-blocks.js';

const NOTHING: StreamItem = { kind: 'nothing' };
const DONE: StreamItem = { kind: 'done' };
const MALFORMED: StreamItem = { kind: 'malformed' };

/** The second is how OpenAI ends a stream, and some imitations of this one do it too. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['', '[DONE]']);

/** Two answers must never be joined, and clients fail on it. */
const SECOND_MESSAGE: Failure = { kind: 'protocol', problem: 'a second message began inside the stream' };

/** @param headers of the reply: they may name a wait for the error that comes inside it */
export function createMessageStreamDecoder(headers: WireHeaders): StreamDecoder {
  return new MessageStreamDecoder(headers);
}

/** A block that has begun and has not ended. */
type OpenBlock =
  | { readonly kind: 'thinking'; text: string; signature: string }
  /**
   * `given` is what stood in its first event; `written` becomes true with the first fragment that says something. A tool that takes
   * nothing is called without a word, and some imitations give the input at once.
   */
  | { readonly kind: 'call'; readonly index: number; readonly given: unknown; written: boolean }
  /** Text, and what belongs to tools of the provider's own. */
  | { readonly kind: 'other' };

const OTHER: OpenBlock = { kind: 'other' };

type Delta = ChatDelta & WithThoughts;

class MessageStreamDecoder implements StreamDecoder {
  readonly #headers: WireHeaders;
  #facts: Pick<ChatChunk, 'id' | 'object' | 'created' | 'model'> = {
    id: '',
    object: 'chat.completion.chunk',
    created: 0,
    model: '',
  };
  #begun = false;
  #finished = false;
  #calls = 0;
  /** By the index of the block. */
  readonly #open = new Map<unknown, OpenBlock>();
  readonly #usage = new UsageCounts();

  constructor(headers: WireHeaders) {
    this.#headers = headers;
  }

  read(data: string, type: string): StreamItem {
    const event = parseJson(data);
    if (type === 'error' || (isRecord(event) && isError(event))) {
      return { kind: 'error', failure: errorInside(this.#headers, data) };
    }
    if (!isRecord(event)) return type === 'ping' || SAYS_NOTHING.has(data.trim()) ? NOTHING : MALFORMED;
    switch (event['type'] ?? type) {
      case 'message_start':
        return this.#begin(event['message']);
      case 'content_block_start':
        return this.#beginBlock(event['index'], event['content_block']);
      case 'content_block_delta':
        return this.#addToBlock(event['index'], event['delta']);
      case 'content_block_stop':
        return this.#endBlock(event['index']);
      case 'message_delta':
        return this.#conclude(event);
      case 'message_stop':
        return DONE;
      case '':
        return MALFORMED;
      default:
        // Pings, and types that are added to the API in time.
        return NOTHING;
    }
  }

  #begin(message: unknown): StreamItem {
    if (this.#begun) return { kind: 'error', failure: SECOND_MESSAGE };
    this.#begun = true;
    const { id, model, usage } = fieldsOf(message);
    const created = Math.floor(Date.now() / 1000);
    this.#facts = { ...this.#facts, id: textOf(id), model: textOf(model), created };
    this.#usage.add(usage);
    return this.#chunk({ role: 'assistant', content: '' });
  }

  #beginBlock(index: unknown, block: unknown): StreamItem {
    const { type, text, thinking, signature, data, id, name, input } = fieldsOf(block);
    this.#open.set(index, OTHER);
    switch (type) {
      case 'text':
        return this.#said({ content: textOf(text) });
      case 'thinking':
        this.#open.set(index, { kind: 'thinking', text: textOf(thinking), signature: textOf(signature) });
        return this.#said({ reasoning_content: textOf(thinking) });
      case 'redacted_thinking':
        if (textOf(data) === '') return NOTHING;
        return this.#chunk({ reasoning_details: [encryptedThought(textOf(data), placeOf(index))] });
      case 'tool_use': {
        const call: OpenBlock = { kind: 'call', index: this.#calls, given: input, written: false };
        this.#calls += 1;
        this.#open.set(index, call);
        const called = { name: textOf(name), arguments: '' };
        return this.#called({ index: call.index, id: textOf(id), type: 'function', function: called });
      }
      default:
        return NOTHING;
    }
  }

  #addToBlock(index: unknown, delta: unknown): StreamItem {
    const { type, text, thinking, signature, partial_json: json } = fieldsOf(delta);
    const block = this.#open.get(index);
    switch (type) {
      case 'text_delta':
        return this.#said({ content: textOf(text) });
      case 'thinking_delta':
        if (block?.kind === 'thinking') block.text += textOf(thinking);
        return this.#said({ reasoning_content: textOf(thinking) });
      case 'signature_delta':
        if (block?.kind === 'thinking') block.signature += textOf(signature);
        return NOTHING;
      case 'input_json_delta':
        // Its begin was lost, and nobody can tell what is called.
        if (block === undefined) return MALFORMED;
        if (block.kind !== 'call' || textOf(json) === '') return NOTHING;
        block.written = true;
        return this.#called({ index: block.index, function: { arguments: textOf(json) } });
      default:
        // Citations, and what is added in time.
        return NOTHING;
    }
  }

  #endBlock(index: unknown): StreamItem {
    const block = this.#open.get(index);
    this.#open.delete(index);
    if (block?.kind === 'call' && !block.written) {
      const input = argumentsOf(block.given);
      return input === undefined ? MALFORMED : this.#called({ index: block.index, function: { arguments: input } });
    }
    if (block?.kind !== 'thinking' || block.signature === '') return NOTHING;
    return this.#chunk({ reasoning_details: [signedThought(block.text, block.signature, placeOf(index))] });
  }

  /** What blocks have kept for their end, where an imitation leaves their ends out. */
  #keptOpen(): Delta {
    const calls: ChatToolCallDelta[] = [];
    const thoughts: Thought[] = [];
    for (const [index, block] of this.#open) {
      if (block.kind === 'call' && !block.written) {
        calls.push({ index: block.index, function: { arguments: argumentsOf(block.given) ?? '' } });
      } else if (block.kind === 'thinking' && block.signature !== '') {
        thoughts.push(signedThought(block.text, block.signature, placeOf(index)));
      }
    }
    this.#open.clear();
    return {
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(thoughts.length === 0 ? {} : { reasoning_details: thoughts }),
    };
  }

  /** There may be several with counts so far; the one with the reason is the end. */
  #conclude(event: Fields): StreamItem {
    const delta = fieldsOf(event['delta']);
    this.#usage.add(event['usage']);
    const reason = textOf(delta['stop_reason']);
    if (reason === '' || this.#finished) return NOTHING;
    this.#finished = true;
    const refusal = refusalIn(delta);
    const choice: ChatChunkChoice = {
      index: 0,
      delta: { ...this.#keptOpen(), ...(refusal === undefined ? {} : { refusal }) },
      logprobs: null,
      finish_reason: finishReasonOf(reason, this.#calls > 0),
    };
    const usage = this.#usage.whole();
    const counted = usage === undefined ? {} : { usage };
    return { kind: 'chunk', chunk: { ...this.#facts, choices: [choice], ...counted }, asItCame: false };
  }

  #called(call: ChatToolCallDelta): StreamItem {
    return this.#chunk({ tool_calls: [call] });
  }

  /** A delta with one text. */
  #said(delta: Pick<Delta, 'content' | 'reasoning_content'>): StreamItem {
    return (delta.content ?? delta.reasoning_content) === '' ? NOTHING : this.#chunk(delta);
  }

  #chunk(delta: Delta): StreamItem {
    const choices: ChatChunkChoice[] = [{ index: 0, delta, logprobs: null, finish_reason: null }];
    return { kind: 'chunk', chunk: { ...this.#facts, choices }, asItCame: false };
  }
}

/** Also an error object of a proxy's, which has no type. */
function isError({ type, error }: Fields): boolean {
  return type === 'error' || (type === undefined && Boolean(error));
}

function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function placeOf(index: unknown): number {
  return typeof index === 'number' && index >= 0 ? index : 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
