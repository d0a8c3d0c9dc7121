/** The message of one choice, put together from its deltas. */
import { given } from '../given.js';
import { isRecord } from '../request/bad-request.js';
import type { Fields } from '../request/bad-request.js';
import type { ChatReplyMessage } from '../request/chat-types.js';
import { GatheredFields } from './gathered-fields.js';
import { ReasoningDetails } from './reasoning-details.js';
import { CallAssembly, ToolCallsAssembly } from './tool-call-assembly.js';

export class MessageAssembly {
  #content: string | undefined;
  #hasContentOfItsOwn = false;
  #refusal = '';
  #toolCalls: ToolCallsAssembly | undefined;
  #functionCall: CallAssembly | undefined;
  #audio: GatheredFields | undefined;
  #reasoningDetails: ReasoningDetails | undefined;
  /** Thoughts (`reasoning_content`, `reasoning`) and whatever only some service knows. */
  readonly #others = new GatheredFields();

  add(delta: Fields): void {
    for (const name of Object.keys(delta)) {
      const value = delta[name];
      if (isRecord(value)) this.#takeObject(name, value);
      else if (Array.isArray(value)) this.#takeList(name, value);
      else this.#takeSimple(name, value);
    }
    // Beside the role an empty text is a mere form.
    if (typeof delta['content'] === 'string') this.#hasContentOfItsOwn ||= !('role' in delta);
  }

  whole(): ChatReplyMessage {
    const toolCalls = this.#toolCalls?.whole();
    const message = {
      role: 'assistant',
      content: this.#wholeContent(),
      refusal: this.#refusal === '' ? null : this.#refusal,
      ...this.#others.toObject(),
      ...given({
        reasoning_details: this.#reasoningDetails?.whole(),
        tool_calls: toolCalls,
        function_call: this.#functionCall?.whole(),
        audio: this.#audio && { ...NO_AUDIO, ...this.#audio.toObject() },
      }),
    };
    return message as ChatReplyMessage;
  }

  /**
   * As OpenAI has it: null where the model called a tool or refused instead of speaking, even if its role came with an empty
   * text.
   */
  #wholeContent(): string | null {
    if (this.#content === undefined) return null;
    const isForm = this.#content === '' && !this.#hasContentOfItsOwn;
    return isForm && this.#saysOtherwise() ? null : this.#content;
  }

  #saysOtherwise(): boolean {
    if (this.#refusal !== '' || this.#audio !== undefined || this.#functionCall !== undefined) return true;
    return this.#toolCalls !== undefined && !this.#toolCalls.isEmpty;
  }

  #takeObject(name: string, value: Fields): void {
    if (name === 'function_call') (this.#functionCall ??= new CallAssembly('arguments')).add(value);
    else if (name === 'audio') addAudio((this.#audio ??= new GatheredFields()), value);
    else this.#takeOther(name, value);
  }

  #takeList(name: string, value: readonly unknown[]): void {
    if (name === 'tool_calls') (this.#toolCalls ??= new ToolCallsAssembly()).add(value);
    else if (name === 'reasoning_details') (this.#reasoningDetails ??= new ReasoningDetails()).add(value);
    else if (name === 'annotations' || name === 'images') this.#others.extend(name, value);
    else this.#takeOther(name, value);
  }

  #takeSimple(name: string, value: unknown): void {
    if (name === 'content' && typeof value === 'string') this.#content = (this.#content ?? '') + value;
    else if (name === 'refusal' && typeof value === 'string') this.#refusal += value;
    else if (name !== 'tool_calls') this.#takeOther(name, value);
  }

  #takeOther(name: string, value: unknown): void {
    if (!ALWAYS_THERE.has(name)) this.#others.join(name, value);
  }
}

/** What `whole` says of every message. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(['role', 'content', 'refusal']);

const NO_AUDIO = { id: '', data: '', expires_at: 0, transcript: '' };

function addAudio(audio: GatheredFields, piece: Fields): void {
  for (const name of Object.keys(piece)) {
    if (name === 'data' || name === 'transcript') audio.join(name, piece[name]);
    else audio.keepLast(name, piece[name]);
  }
}
