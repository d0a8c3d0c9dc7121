/** Puts chunks of services that take OpenAI's format loosely into its form. */
import type { ChatChunk } from '../request/chat-types.js';
import { type Fields, isFields, isIndex, isOrdinaryLogprobs, isOrdinaryUsage } from './openai-chunk.js';
import { type Copy, Repair } from './openai-repair.js';

export interface RepairedChunk {
  readonly chunk: ChatChunk;
  /** Nothing but `null` where OpenAI leaves a field out, which every client takes for that: the bytes may be passed on. */
  readonly asItCame: boolean;
}

/** A copy in which every field that anyone reads is as `ChatChunk` says; `undefined` if that cannot be told. */
export function repairChunk(given: Fields): RepairedChunk | undefined {
  const repair = new ChunkRepair();
  const chunk = repair.chunk(given);
  // Each field was checked or replaced; the rest passes through.
  return repair.isHopeless ? undefined : { chunk: chunk as unknown as ChatChunk, asItCame: repair.asItCame };
}

class ChunkRepair extends Repair {
  chunk(given: Fields): Copy {
    const chunk = this.envelope(given);
    chunk['choices'] = this.#choices(given);
    if (typeof given['object'] !== 'string') this.put(chunk, 'object', 'chat.completion.chunk');
    if (!isOrdinaryUsage(given['usage'])) this.usage(chunk, given['usage']);
    // Beside an answer it is no failure, but clients would take it for one; some even where it is null.
    if (given['error'] !== undefined) this.drop(chunk, 'error');
    return chunk;
  }

  #choices(given: Fields): Copy[] {
    const { choices } = given;
    if (Array.isArray(choices)) return choices.map((choice, position) => this.#choice(choice, position));
    if ((choices !== undefined && choices !== null) || !isFields(given['usage'])) this.isHopeless = true;
    this.asItCame = false;
    return [];
  }

  #choice(given: unknown, position: number): Copy {
    const choice = this.copyOf(given);
    if (!isIndex(choice['index'])) this.put(choice, 'index', position);
    const { delta, finish_reason: finish } = choice;
    if (delta === undefined || delta === null) this.put(choice, 'delta', {});
    else choice['delta'] = this.said(delta);
    if (finish === undefined || finish === '') this.put(choice, 'finish_reason', null);
    else if (typeof finish !== 'string' && finish !== null) this.isHopeless = true;
    if (!isOrdinaryLogprobs(choice['logprobs'])) this.put(choice, 'logprobs', null);
    if (choice['error']) this.drop(choice, 'error');
    return choice;
  }

  protected override toolCall(given: unknown, position: number): Copy {
    const call = super.toolCall(given, position);
    if (!isIndex(call['index'])) this.put(call, 'index', position);
    // The AI SDK refuses a call without it.
    if (call['custom'] === undefined && call['function'] === undefined) this.put(call, 'function', {});
    return call;
  }
}
