/** What a reply says beside its content, in OpenAI's words: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
import type { Failure } from '../../judgement/failure.js';
import type { ChatFinishReason, ChatLogprobs, ChatTokenLogprob, ChatUsage } from '../../request/chat-types.js';
import type { WireHeaders } from '../../transport/transport.js';
import { fieldsOf, listOf, textOf } from './loose-json.js';

/** Ends that somebody else than the model has chosen, because of what it said or was about to say. */
const FILTERS: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

/** Ends that tell of nothing but an end. What was said before them is not whole; alone they are no answer. */
const UNEXPLAINED: ReadonlySet<string> = new Set(['OTHER', 'NO_IMAGE', 'IMAGE_OTHER']);

/** Ends with which no answer can be used, in our words. Another try, or another model, may do better. */
const FAULTS: ReadonlyMap<string, string> = new Map([
  ['MALFORMED_FUNCTION_CALL', 'the model wrote a tool call that cannot be read'],
  ['MALFORMED_RESPONSE', 'the model wrote an answer that cannot be read'],
  ['UNEXPECTED_TOOL_CALL', 'the model called a tool that it was not given'],
  ['TOO_MANY_TOOL_CALLS', 'the model called too many tools'],
  ['MISSING_THOUGHT_SIGNATURE', 'the model misses the signature of a thought'],
]);

/** What the candidate has brought so far. */
export interface Said {
  readonly anything: boolean;
  readonly calls: boolean;
}

/** @returns the reason; a failure where the candidate is of no use; undefined while it goes on */
export function endOf(reason: string, { anything, calls }: Said): ChatFinishReason | Failure | undefined {
  if (reason === '' || reason === 'FINISH_REASON_UNSPECIFIED') return undefined;
  if (reason === 'MAX_TOKENS') return 'length';
  if (FILTERS.has(reason)) return 'content_filter';
  if (UNEXPLAINED.has(reason))
    return anything ? 'content_filter' : { kind: 'protocol', problem: 'the answer is empty' };
  const problem = FAULTS.get(reason);
  if (problem !== undefined) return { kind: 'protocol', problem };
  // `STOP`, and what is added to the API in time.
  return calls ? 'tool_calls' : 'stop';
}

/** Why it was stopped, in Google's words. */
export function refusalIn(candidate: unknown, end: ChatFinishReason | null): string | undefined {
  const message = textOf(fieldsOf(candidate)['finishMessage']);
  return end === 'content_filter' && message !== '' ? message : undefined;
}

const REASON = /^[A-Z_]{1,40}$/;

/** A prompt that was not let through to the model has no candidates. To us it is a request that was refused. */
export function blockOf(feedback: unknown, headers: WireHeaders): Failure | undefined {
  const reason = textOf(fieldsOf(feedback)['blockReason']);
  if (reason === '' || reason === 'BLOCK_REASON_UNSPECIFIED') return undefined;
  const shown = REASON.test(reason) ? ` (${reason})` : '';
  const error = { code: 'content_filter', message: `The prompt was blocked by a filter of the provider's${shown}.` };
  return { kind: 'error-body', headers, body: JSON.stringify({ error }) };
}

const COUNTS = [
  'promptTokenCount',
  'toolUsePromptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
] as const;

type Count = (typeof COUNTS)[number];

/** The counts of a reply. In a stream each event may bring them, cumulative: the larger ones hold. */
export class UsageCounts {
  readonly #counts = new Map<Count, number>();

  add(usage: unknown): void {
    const fields = fieldsOf(usage);
    for (const name of COUNTS) {
      const value = fields[name];
      if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) continue;
      this.#counts.set(name, Math.max(this.#count(name), value));
    }
  }

  /** `undefined` where nothing is known. Thoughts are counted apart from the answer, and paid like it. */
  whole(): ChatUsage | undefined {
    if (this.#counts.size === 0) return undefined;
    const prompt = this.#count('promptTokenCount') + this.#count('toolUsePromptTokenCount');
    const thoughts = this.#count('thoughtsTokenCount');
    const completion = this.#count('candidatesTokenCount') + thoughts;
    return {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: this.#count('cachedContentTokenCount') },
      completion_tokens_details: { reasoning_tokens: thoughts },
    };
  }

  #count(name: Count): number {
    return this.#counts.get(name) ?? 0;
  }
}

/** `logprobsResult`: the tokens that were chosen, and for each step those that could have been. */
export function logprobsOf(result: unknown): ChatLogprobs | null {
  const { chosenCandidates, topCandidates } = fieldsOf(result);
  const steps = listOf(topCandidates).map((step) => listOf(fieldsOf(step)['candidates']).map(tokenOf));
  const content = listOf(chosenCandidates).map((chosen, step) => stepOf(chosen, steps[step] ?? []));
  return content.length === 0 ? null : { content, refusal: null };
}

type Token = Omit<ChatTokenLogprob, 'top_logprobs'>;

function stepOf(chosen: unknown, top: Token[]): ChatTokenLogprob {
  return { ...tokenOf(chosen), top_logprobs: top };
}

function tokenOf(candidate: unknown): Token {
  const { token, logProbability } = fieldsOf(candidate);
  return { token: textOf(token), logprob: typeof logProbability === 'number' ? logProbability : 0, bytes: null };
}
