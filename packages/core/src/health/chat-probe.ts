/** Asks a model for one token, as a call would, within the limits of calls and the day's allowance. */
import { now } from '../clock.js';
import { wireRequest } from '../call/wire-request.js';
import { classify } from '../judgement/classify.js';
import type { Failure } from '../judgement/failure.js';
import type { Limiter } from '../limiter/limiter.js';
import type { Permit } from '../limiter/permit.js';
import { restsUntil, type Deployment, type Lane } from '../pool/pool.js';
import { checkRequest, type CheckedRequest } from '../request/check-request.js';
import type { ChatUsage } from '../request/chat-types.js';
import { inquire, type InquiryEnd, type InquiryUnderWay } from '../transport/inquire.js';
import type { WireRequest } from '../transport/transport.js';
import type { Check, ProbeResult } from './check.js';
import { judgeChat } from './judge-probe.js';

/** Whether nobody waits for this limiter: a probe never goes before a call. */
export type MayTake = (limiter: Limiter) => boolean;

interface Place {
  readonly lane: Lane;
  readonly permit: Permit | undefined;
}

/** `'held'` when it may not be sent now, undefined when it was not judged. It takes no trial of a half-open circuit. */
export async function probeByChat(
  check: Check,
  deployment: Deployment,
  mayTake: MayTake,
): Promise<ProbeResult | 'held' | undefined> {
  const checked = requestFor(deployment, check.attempt);
  const least = priceOf(deployment, { prompt_tokens: PROMPT_TOKENS, completion_tokens: limitOf(checked) });
  const dollars = Math.max(least, check.dearest);
  const place = check.affords(dollars, now()) ? takePlace(deployment, checked, mayTake) : undefined;
  if (place === undefined) return 'held';
  check.spend(dollars, now());
  let ended = false;
  check.end = () => (ended = true);
  const wire = await written(place.lane, checked, check.subject.settings.timeout);
  if (ended || wire === undefined) {
    place.permit?.release();
    check.settle(0, dollars, now());
    return undefined;
  }
  place.permit?.markWritten();
  const end = await ask(check, place.lane, wire);
  const answer = readAnswer(deployment, end);
  // An upstream that answers with an error has generated nothing; what another failure has cost is not known.
  const isFree = answer.failure?.kind === 'status';
  const cost = answer.usage === undefined ? least : priceOf(deployment, answer.usage);
  check.settle(isFree ? 0 : cost, dollars, now());
  place.permit?.release(isFree ? 0 : answer.usage?.total_tokens);
  if (answer.failure === undefined) return { verdict: undefined, latency: end.duration };
  const verdict = judgeChat(answer.failure);
  // It does not like how it was asked; there are other ways.
  if (verdict?.error === 'request') check.attempt += 1;
  return verdict && { verdict, latency: end.duration };
}

/** The first lane that does not rest and has room. Circuits are not asked: whether one may close is what is to be found out. */
function takePlace(deployment: Deployment, checked: CheckedRequest, mayTake: MayTake): Place | undefined {
  if (deployment.byHand.draining) return undefined;
  const at = now();
  const tokens = PROMPT_TOKENS + limitOf(checked);
  for (const lane of deployment.lanes) {
    const { limiter } = lane;
    if (restsUntil(lane) > at) continue;
    if (limiter === undefined) return { lane, permit: undefined };
    // Refused, it would be told of each place that is free.
    if (!mayTake(limiter) || limiter.check(tokens) !== undefined) continue;
    const permit = limiter.tryAcquire(tokens);
    if (permit.granted) return { lane, permit };
  }
  return undefined;
}

/** Undefined where the application's `sign` or its key function fails, or takes too long. */
async function written(lane: Lane, checked: CheckedRequest, timeout: number): Promise<WireRequest | undefined> {
  const timeouts = { connect: timeout, pool: timeout, write: timeout };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.ceil(timeout));
    timer.unref();
  });
  try {
    return await Promise.race([composed(lane, checked, timeouts), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function composed(
  lane: Lane,
  checked: CheckedRequest,
  timeouts: WireRequest['timeouts'],
): Promise<WireRequest | undefined> {
  const { credential } = lane.key;
  const headers = credential.headers() ?? (await credential.obtain());
  return headers && wireRequest(lane, checked, undefined, { headers, fresh: false, timeouts });
}

/** Once more where an idle connection was closed under it. */
async function ask(check: Check, lane: Lane, wire: WireRequest): Promise<InquiryEnd> {
  const begin = (): InquiryUnderWay => {
    const { method, url, headers, body } = wire;
    const { timeout } = check.subject.settings;
    const inquiry = inquire(lane.deployment.upstream.transport, { method, url, headers, body, timeout });
    check.end = () => inquiry.end();
    return inquiry;
  };
  const first = await begin().over;
  return first.ok || classify(first.failure).class !== 'stale-socket' ? first : begin().over;
}

function readAnswer({ upstream }: Deployment, end: InquiryEnd): { failure?: Failure; usage?: ChatUsage | undefined } {
  if (!end.ok) return { failure: end.failure };
  const decoded = upstream.dialect.decode(end.headers, Buffer.from(end.body));
  return decoded.ok ? { usage: decoded.completion.usage } : { failure: decoded.failure };
}

// --- the request

const MESSAGES = [{ role: 'user', content: 'Hi' }];
/** Of the message, with what services put around it. */
const PROMPT_TOKENS = 10;

/** The `attempt` counts how often it was refused: services differ in the name of the limit, and in the least they take. */
function requestFor({ settings }: Deployment, attempt: number): CheckedRequest {
  const isOpenAI = settings.upstream.provider === 'openai' || settings.upstream.provider === 'azure';
  const ways = isOpenAI ? (settings.reasoning ? OF_THINKERS : USUAL) : TRANSLATED;
  return checkRequest({ messages: MESSAGES, ...ways[attempt % ways.length] }, { defaults: {} });
}

const USUAL = [{ max_tokens: 1 }, { max_completion_tokens: 16 }, { max_tokens: 16 }];
const OF_THINKERS = [{ max_completion_tokens: 16, reasoning_effort: 'low' }, { max_completion_tokens: 16 }, ...USUAL];
/** Effort and names are put into the provider's own form; only the least may be refused. */
const TRANSLATED = [
  { max_tokens: 1, reasoning_effort: 'none' },
  { max_tokens: 16, reasoning_effort: 'none' },
];

function limitOf({ maxOutputTokens = 1 }: CheckedRequest): number {
  return maxOutputTokens;
}

/** Dollars; 0 where no price is known. */
function priceOf(
  { settings: { price } }: Deployment,
  usage: Pick<ChatUsage, 'prompt_tokens' | 'completion_tokens'>,
): number {
  if (price === undefined) return 0;
  return (usage.prompt_tokens * price.input + usage.completion_tokens * price.output) / 1_000_000;
}
