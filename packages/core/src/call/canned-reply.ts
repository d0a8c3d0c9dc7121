/** The reply of last resort: what a user gets when nothing else is left. */
import { isRecord } from '../request/bad-request.js';
import type { ChatChoice, ChatCompletion, ChatReplyMessage, ChatRequest, ChatUsage } from '../request/chat-types.js';
import { bestLocale } from './locale.js';

/** What a `CannedReply` function is told. */
export interface CannedReplyContext {
  readonly request: ChatRequest;
  /** The caller's locales, best first, from `accept-language` or the call's options. */
  readonly locales: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Text; text per locale (`{ en: '…', 'pt-BR': '…' }`, the first entry being the default); or a function that returns text
 * or a whole completion, or `undefined` for none.
 */
export type CannedReply = string | Readonly<Record<string, string>> | CannedFunction;

type CannedFunction = (
  context: CannedReplyContext,
) => string | Partial<ChatCompletion> | undefined | Promise<string | Partial<ChatCompletion> | undefined>;

/** The call that is to be answered. */
export interface CannedCall extends CannedReplyContext {
  /** The model that the reply names. */
  readonly model: string;
  /** The caller parses the answer, so that a text would break it. */
  readonly wantsJson: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly id: string;
}

/**
 * A whole completion made of the canned reply, or `undefined` if it has none for this call: a text is not given to a
 * caller that asked for JSON, a function may answer it. Texts answer at once; a function's promise never rejects, what it
 * throws goes to `onError`. How long to wait for it is for the engine to say.
 */
export function cannedCompletion(
  canned: CannedReply,
  call: CannedCall,
  onError?: (error: unknown) => void,
): ChatCompletion | undefined | Promise<ChatCompletion | undefined> {
  if (typeof canned === 'function') return askFunction(canned, call, onError);
  const text = call.wantsJson ? undefined : textFor(canned, call.locales);
  return text === undefined ? undefined : completionFrom(text, call);
}

async function askFunction(
  canned: CannedFunction,
  call: CannedCall,
  onError: ((error: unknown) => void) | undefined,
): Promise<ChatCompletion | undefined> {
  try {
    const { request, locales, metadata } = call;
    const answer = await canned({ request, locales, metadata });
    return answer === undefined || answer === null ? undefined : completionFrom(answer, call);
  } catch (error) {
    onError?.(error);
    return undefined;
  }
}

function textFor(canned: string | Readonly<Record<string, string>>, locales: readonly string[]): string | undefined {
  if (typeof canned === 'string') return canned;
  const available = Object.keys(canned);
  const locale = bestLocale(locales, available) ?? available[0];
  return locale === undefined ? undefined : canned[locale];
}

const EXPECTED = 'cannedReply must return a text, a completion with at least one choice and its message, or undefined';

/**
 * Completes a text or a part of a completion with what OpenAI's replies always have. The answer is a copy, read as JSON, so
 * that no prototype, getter or later change of the original reaches a caller.
 *
 * @throws TypeError if there is neither a text nor a choice with a message
 */
function completionFrom(answer: string | Partial<ChatCompletion>, call: CannedCall): ChatCompletion {
  const given: Partial<ChatCompletion> =
    typeof answer === 'string' ? { choices: [textChoice(answer)] } : copied(answer);
  if (!Array.isArray(given.choices) || given.choices.length === 0) {
    throw new TypeError(EXPECTED);
  }
  return {
    ...given,
    id: given.id ?? call.id,
    object: 'chat.completion',
    created: given.created ?? Math.floor(call.now / 1000),
    model: given.model ?? call.model,
    choices: given.choices.map(completeChoice),
    usage: given.usage ?? noUsage(),
  };
}

/** A function may be plain JavaScript, so fields may be missing whatever their type says. */
function completeChoice(choice: Partial<ChatChoice>, index: number): ChatChoice {
  return {
    ...choice,
    index: choice.index ?? index,
    message: completeMessage(choice.message),
    logprobs: choice.logprobs ?? null,
    finish_reason: choice.finish_reason ?? 'stop',
  };
}

function completeMessage(message: Partial<ChatReplyMessage> | undefined): ChatReplyMessage {
  if (!isRecord(message)) throw new TypeError(EXPECTED);
  return { ...message, role: 'assistant', content: message.content ?? null, refusal: message.refusal ?? null };
}

function textChoice(content: string): ChatChoice {
  return {
    index: 0,
    message: { role: 'assistant', content, refusal: null },
    logprobs: null,
    finish_reason: 'stop',
  };
}

function noUsage(): ChatUsage {
  return { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
}

function copied(answer: object): Partial<ChatCompletion> {
  const text: string | undefined = JSON.stringify(answer);
  const copy: unknown = text === undefined ? undefined : JSON.parse(text, withoutPrototype);
  return typeof copy === 'object' && copy !== null && !Array.isArray(copy) ? copy : {};
}

function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
