/** Puts into OpenAI's form what services say loosely, alike in chunks and in whole replies. */
import { contentOfParts } from './content-of-parts.js';
import { writeJson } from './json-reply.js';
import { type Fields, isCount, isFields, isOptionalNumber, isOptionalText } from './openai-chunk.js';

/** A spread defines a `__proto__` of the other side as a property like any other; assigning it would not. */
export type Copy = Record<string, unknown>;

/** Works on copies. Nothing but `null` where OpenAI leaves a field out is no change: every client takes it for that. */
export abstract class Repair {
  asItCame = true;
  isHopeless = false;

  /** A copy without what is no text or no number where only that is meant. */
  protected envelope(given: Fields): Copy {
    const copy: Copy = { ...given };
    for (const name of ['id', 'model']) if (!isOptionalText(given[name])) this.drop(copy, name);
    if (!isOptionalNumber(given['created'])) this.drop(copy, 'created');
    return copy;
  }

  /** What a message says, or what a delta adds to it. */
  protected said(given: unknown): Copy {
    const said = this.copyOf(given);
    this.#content(said);
    for (const name of ['refusal', 'reasoning_content', 'reasoning']) {
      if (!isOptionalText(said[name])) this.drop(said, name);
    }
    this.#role(said);
    const { tool_calls: calls } = said;
    if (calls === null) delete said['tool_calls'];
    else if (Array.isArray(calls)) said['tool_calls'] = calls.map((call, position) => this.toolCall(call, position));
    else if (calls !== undefined) this.isHopeless = true;
    if (said['function_call'] === null) delete said['function_call'];
    else if (said['function_call'] !== undefined) this.#called(said, 'function_call', 'arguments');
    return said;
  }

  protected toolCall(given: unknown, _position: number): Copy {
    const call = this.copyOf(given);
    for (const name of ['id', 'type', 'function', 'custom']) if (call[name] === null) delete call[name];
    const { id, type } = call;
    if (typeof id === 'number') this.put(call, 'id', String(id));
    else if (id !== undefined && typeof id !== 'string') this.drop(call, 'id');
    if (type !== undefined && type !== 'function' && type !== 'custom') this.drop(call, 'type');
    if (call['custom'] !== undefined && call['function'] === undefined) {
      this.#called(call, 'custom', 'input');
      return call;
    }
    if (call['custom'] !== undefined) this.drop(call, 'custom');
    if (call['function'] !== undefined) this.#called(call, 'function', 'arguments');
    return call;
  }

  /** Counts that are missing are 0, and the total is their sum; without any there is nothing to report. */
  protected usage(on: Copy, given: unknown): void {
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = isFields(given) ? given : {};
    if (!isFields(given) || ![prompt, completion, total].some(isCount)) {
      this.drop(on, 'usage');
      return;
    }
    const counts = {
      prompt_tokens: isCount(prompt) ? prompt : 0,
      completion_tokens: isCount(completion) ? completion : 0,
    };
    const sum = counts.prompt_tokens + counts.completion_tokens;
    this.put(on, 'usage', { ...given, ...counts, total_tokens: isCount(total) ? total : sum });
  }

  protected copyOf(given: unknown): Copy {
    if (!isFields(given)) this.isHopeless = true;
    return isFields(given) ? { ...given } : {};
  }

  protected put(on: Copy, name: string, value: unknown): void {
    on[name] = value;
    this.asItCame = false;
  }

  protected drop(on: Copy, name: string): void {
    delete on[name];
    this.asItCame = false;
  }

  #content(said: Copy): void {
    const { content } = said;
    if (isOptionalText(content)) return;
    const parts = contentOfParts(content);
    if (parts === undefined) {
      this.isHopeless = true;
      return;
    }
    this.put(said, 'content', parts.text);
    if (parts.thoughts !== '') said['reasoning_content'] ??= parts.thoughts;
    // The form in which services put pictures beside a text.
    if (parts.images.length > 0) said['images'] ??= parts.images;
  }

  #role(said: Copy): void {
    const { role } = said;
    if (role === null) delete said['role'];
    else if (role === '') this.drop(said, 'role');
    else if (role !== undefined && role !== 'assistant') this.put(said, 'role', 'assistant');
  }

  /** What is called, and with what: `{name, arguments}`. */
  #called(on: Copy, field: string, text: 'arguments' | 'input'): void {
    const called = this.copyOf(on[field]);
    on[field] = called;
    for (const name of ['name', text]) if (called[name] === null) delete called[name];
    if (called['name'] !== undefined && typeof called['name'] !== 'string') this.isHopeless = true;
    if (called[text] === undefined || typeof called[text] === 'string') return;
    // Some parse the arguments for us.
    const written = writeJson(called[text]);
    if (written === undefined) this.isHopeless = true;
    else this.put(called, text, written);
  }
}
