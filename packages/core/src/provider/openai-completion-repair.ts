/** Puts whole replies of services that take OpenAI's format loosely into its form. */
import type { ChatCompletion } from '../request/chat-types.js';
import { writeJson } from './json-reply.js';
import {
  type Fields,
  isFields,
  isIndex,
  isOptionalNumber,
  isOptionalText,
  isOrdinaryCall,
  isOrdinaryLogprobs,
  isOrdinaryUsage,
} from './openai-chunk.js';
import { type Copy, Repair } from './openai-repair.js';

/** A reply with a list of choices, each with a message. */
export interface WholeReply extends Fields {
  readonly choices: readonly (Fields & { readonly message: Fields })[];
}

export interface RepairedCompletion {
  readonly completion: ChatCompletion;
  /** The bytes may be passed on. */
  readonly asItCame: boolean;
}

/**
 * The reply itself where nothing is odd, as nearly always; else a copy in which every field that anyone reads is as
 * `ChatCompletion` says, or missing. `undefined` if that cannot be told.
 */
export function repairCompletion(given: WholeReply): RepairedCompletion | undefined {
  // The checks are the whole contract; everything else passes through as it came.
  if (isOrdinary(given)) return { completion: given as unknown as ChatCompletion, asItCame: true };
  const repair = new CompletionRepair();
  const completion = repair.completion(given);
  const { isHopeless, asItCame } = repair;
  // Whoever writes it must not stumble over what passes through.
  if (isHopeless || (!asItCame && writeJson(completion) === undefined)) return undefined;
  return { completion: completion as unknown as ChatCompletion, asItCame };
}

function isOrdinary(given: WholeReply): boolean {
  return (
    given.choices.every(isOrdinaryChoice) &&
    isOptionalText(given['object']) &&
    isOptionalText(given['id']) &&
    isOptionalText(given['model']) &&
    isOptionalNumber(given['created']) &&
    isOrdinaryUsage(given['usage'])
  );
}

function isOrdinaryChoice(choice: WholeReply['choices'][number]): boolean {
  const { index, finish_reason: finish } = choice;
  return (
    (index === undefined || isIndex(index)) &&
    isOrdinaryMessage(choice.message) &&
    isOptionalText(finish) &&
    finish !== '' &&
    isOrdinaryLogprobs(choice['logprobs'])
  );
}

function isOrdinaryMessage(message: Fields): boolean {
  const { role, tool_calls: calls, function_call: called } = message;
  return (
    isOptionalText(message['content']) &&
    isOptionalText(message['refusal']) &&
    isOptionalText(message['reasoning_content']) &&
    isOptionalText(message['reasoning']) &&
    (role === undefined || role === null || role === 'assistant') &&
    (calls === undefined || calls === null || (Array.isArray(calls) && calls.every(isOrdinaryToolCall))) &&
    (called === undefined || called === null || isOrdinaryCall(called, 'arguments'))
  );
}

function isOrdinaryToolCall(call: unknown): boolean {
  if (!isFields(call)) return false;
  const { id, type, function: called, custom } = call;
  if (id !== undefined && typeof id !== 'string') return false;
  if (type !== undefined && type !== 'function' && type !== 'custom') return false;
  if (custom !== undefined) return called === undefined && isOrdinaryCall(custom, 'input');
  return called === undefined || isOrdinaryCall(called, 'arguments');
}

class CompletionRepair extends Repair {
  completion(given: WholeReply): Copy {
    const completion = this.envelope(given);
    completion['choices'] = given.choices.map((choice, position) => this.#choice(choice, position));
    if (!isOptionalText(given['object'])) this.put(completion, 'object', 'chat.completion');
    if (!isOrdinaryUsage(given['usage'])) this.usage(completion, given['usage']);
    return completion;
  }

  #choice(given: Fields, position: number): Copy {
    const choice = this.copyOf(given);
    const { index, finish_reason: finish } = choice;
    if (index !== undefined && !isIndex(index)) this.put(choice, 'index', position);
    const message = this.said(choice['message']);
    choice['message'] = message;
    // It came whole, so it has ended.
    if (finish === '') this.put(choice, 'finish_reason', callsTools(message) ? 'tool_calls' : 'stop');
    else if (!isOptionalText(finish)) this.isHopeless = true;
    if (!isOrdinaryLogprobs(choice['logprobs'])) this.put(choice, 'logprobs', null);
    return choice;
  }
}

function callsTools({ tool_calls: calls }: Copy): boolean {
  return Array.isArray(calls) && calls.length > 0;
}
