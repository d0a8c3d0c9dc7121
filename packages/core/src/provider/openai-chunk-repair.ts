/** Puts chunks of services that take OpenAI's format loosely into its form. */
import type { ChatChunk } from '../request/chat-types.js';
import { contentOfParts } from './content-of-parts.js';
import {
  type Fields,
  isCount,
  isFields,
  isIndex,
  isOptionalNumber,
  isOptionalText,
  isOrdinaryLogprobs,
  isOrdinaryUsage,
} from './openai-chunk.js';

export interface RepairedChunk {
  readonly chunk: ChatChunk;
  /** Nothing but `null` where OpenAI leaves a field out, which every client takes for that: the bytes may be passed on. */
  readonly asItCame: boolean;
}

/** A copy in which every field that anyone reads is as `ChatChunk` says; `undefined` if that cannot be told. */
export function repairChunk(given: Fields): RepairedChunk | undefined {
  const repair = new Repair();
  const chunk = repair.chunk(given);
  // Each field was checked or replaced; the rest passes through.
  return repair.isHopeless ? undefined : { chunk: chunk as unknown as ChatChunk, asItCame: repair.asItCame };
}

/** A spread defines a `__proto__` of the other side as a property like any other; assigning it would not. */
type Copy = Record<string, unknown>;

class Repair {
  asItCame = true;
  isHopeless = false;

  chunk(given: Fields): Copy {
    const chunk: Copy = { ...given };
    chunk['choices'] = this.#choices(given);
    if (typeof given['object'] !== 'string') this.#put(chunk, 'object', 'chat.completion.chunk');
    for (const name of ['id', 'model']) if (!isOptionalText(given[name])) this.#drop(chunk, name);
    if (!isOptionalNumber(given['created'])) this.#drop(chunk, 'created');
    if (!isOrdinaryUsage(given['usage'])) this.#usage(chunk, given['usage']);
    // Beside an answer it is no failure, but clients would take it for one; some even where it is null.
    if (given['error'] !== undefined) this.#drop(chunk, 'error');
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
    const choice = this.#copyOf(given);
    if (!isIndex(choice['index'])) this.#put(choice, 'index', position);
    const { delta, finish_reason: finish } = choice;
    if (delta === undefined || delta === null) this.#put(choice, 'delta', {});
    else choice['delta'] = this.#delta(delta);
    if (finish === undefined || finish === '') this.#put(choice, 'finish_reason', null);
    else if (typeof finish !== 'string' && finish !== null) this.isHopeless = true;
    if (!isOrdinaryLogprobs(choice['logprobs'])) this.#put(choice, 'logprobs', null);
    if (choice['error']) this.#drop(choice, 'error');
    return choice;
  }

  #delta(given: unknown): Copy {
    const delta = this.#copyOf(given);
    this.#content(delta);
    for (const name of ['refusal', 'reasoning_content', 'reasoning']) {
      if (!isOptionalText(delta[name])) this.#drop(delta, name);
    }
    this.#role(delta);
    const { tool_calls: calls } = delta;
    if (calls === null) delete delta['tool_calls'];
    else if (Array.isArray(calls)) delta['tool_calls'] = calls.map((call, position) => this.#toolCall(call, position));
    else if (calls !== undefined) this.isHopeless = true;
    if (delta['function_call'] === null) delete delta['function_call'];
    else if (delta['function_call'] !== undefined) this.#call(delta, 'function_call', 'arguments');
    return delta;
  }

  #content(delta: Copy): void {
    const { content } = delta;
    if (isOptionalText(content)) return;
    const parts = contentOfParts(content);
    if (parts === undefined) {
      this.isHopeless = true;
      return;
    }
    this.#put(delta, 'content', parts.text);
    if (parts.thoughts !== '') delta['reasoning_content'] ??= parts.thoughts;
  }

  #role(delta: Copy): void {
    const { role } = delta;
    if (role === null) delete delta['role'];
    else if (role === '') this.#drop(delta, 'role');
    else if (role !== undefined && role !== 'assistant') this.#put(delta, 'role', 'assistant');
  }

  #toolCall(given: unknown, position: number): Copy {
    const call = this.#copyOf(given);
    if (!isIndex(call['index'])) this.#put(call, 'index', position);
    for (const name of ['id', 'type', 'function', 'custom']) if (call[name] === null) delete call[name];
    const { id, type } = call;
    if (typeof id === 'number') this.#put(call, 'id', String(id));
    else if (id !== undefined && typeof id !== 'string') this.#drop(call, 'id');
    if (type !== undefined && type !== 'function' && type !== 'custom') this.#drop(call, 'type');
    if (call['custom'] !== undefined && call['function'] === undefined) {
      this.#call(call, 'custom', 'input');
      return call;
    }
    if (call['custom'] !== undefined) this.#drop(call, 'custom');
    // The AI SDK refuses a call without it.
    if (call['function'] === undefined) this.#put(call, 'function', {});
    this.#call(call, 'function', 'arguments');
    return call;
  }

  /** What is called, and with what: `{name, arguments}`. */
  #call(on: Copy, field: string, text: 'arguments' | 'input'): void {
    const called = this.#copyOf(on[field]);
    on[field] = called;
    for (const name of ['name', text]) if (called[name] === null) delete called[name];
    if (called['name'] !== undefined && typeof called['name'] !== 'string') this.isHopeless = true;
    // Some parse the arguments for us.
    if (called[text] !== undefined && typeof called[text] !== 'string') {
      this.#put(called, text, JSON.stringify(called[text]));
    }
  }

  /** Counts that are missing are 0, and the total is their sum; without any there is nothing to report. */
  #usage(chunk: Copy, given: unknown): void {
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = isFields(given) ? given : {};
    if (!isFields(given) || ![prompt, completion, total].some(isCount)) {
      this.#drop(chunk, 'usage');
      return;
    }
    const counts = {
      prompt_tokens: isCount(prompt) ? prompt : 0,
      completion_tokens: isCount(completion) ? completion : 0,
    };
    const sum = counts.prompt_tokens + counts.completion_tokens;
    this.#put(chunk, 'usage', { ...given, ...counts, total_tokens: isCount(total) ? total : sum });
  }

  #copyOf(given: unknown): Copy {
    if (!isFields(given)) this.isHopeless = true;
    return isFields(given) ? { ...given } : {};
  }

  #put(on: Copy, name: string, value: unknown): void {
    on[name] = value;
    this.asItCame = false;
  }

  #drop(on: Copy, name: string): void {
    delete on[name];
    this.asItCame = false;
  }
}
