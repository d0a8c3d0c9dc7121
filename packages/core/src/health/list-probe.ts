/** Asks for an upstream's list of models, or for its head alone: it costs nothing and needs a connection and a key. */
import { now } from '../clock.js';
import type { Failure } from '../judgement/failure.js';
import { classify } from '../judgement/classify.js';
import { askUpstream } from '../pool/ask-upstream.js';
import type { Key } from '../pool/key.js';
import type { Upstream } from '../pool/pool.js';
import type { InquiryEnd, InquiryUnderWay } from '../transport/inquire.js';
import type { Check, ProbeResult } from './check.js';
import { judgeListed } from './judge-probe.js';

/** Whoever wants to see the list that a probe has been given, so that nobody asks for it twice. */
export interface ListReader {
  /** Whether it wants the whole of the next one. */
  wants(upstream: Upstream): boolean;
  /** `body` is what the upstream sent. */
  read(upstream: Upstream, body: string): void;
}

/** Of a list that nobody reads, enough to see that it is one. */
const ENOUGH = 16 * 1024;
/** Of one that is read; a longer one is left unread, which is no fault of the upstream's. */
const LONGEST_READ = 1024 * 1024;

/** Undefined when it was not judged: ended by us, or refused by ourselves. */
export async function probeList(check: Check, reader: ListReader | undefined): Promise<ProbeResult | undefined> {
  const { upstream, settings } = check.subject;
  const isWanted = settings.probe === 'models' && reader?.wants(upstream) === true;
  const end = await ask(check, isWanted ? LONGEST_READ : ENOUGH);
  const problem = end.ok ? unlikeAList(end, settings.probe === 'head') : undefined;
  const failure: Failure | undefined = end.ok ? problem : end.failure;
  if (end.ok && failure === undefined) {
    check.refusals = 0;
    if (isWanted) reader.read(upstream, end.body);
    return { verdict: undefined, latency: end.duration };
  }
  if (failure === undefined) return undefined;
  const isRefused = failure.kind === 'status' && failure.status === 401;
  check.refusals = isRefused ? check.refusals + 1 : 0;
  // What has to be signed is signed for calls alone.
  const answered = check.answered && !(isRefused && upstream.settings.sign !== undefined);
  const keysRefused = check.refusals >= usable(upstream).length;
  const verdict = judgeListed(failure, { answered, keysRefused });
  return verdict && { verdict, latency: end.duration };
}

/** Once more where an idle connection was closed under it, which says nothing. */
async function ask(check: Check, enough: number): Promise<InquiryEnd> {
  const first = await begin(check, enough).over;
  if (first.ok || classify(first.failure).class !== 'stale-socket') return first;
  return begin(check, enough).over;
}

function begin(check: Check, enough: number): InquiryUnderWay {
  const { upstream, settings } = check.subject;
  const method = settings.probe === 'head' ? 'HEAD' : 'GET';
  const url = upstream.dialect.modelsUrl(upstream.settings);
  const keys = usable(upstream);
  const key = keys[check.refusals % keys.length];
  const inquiry = askUpstream(upstream, { method, url, timeout: settings.timeout, enough }, key);
  check.end = () => inquiry.end();
  return inquiry;
}

/** Keys that do not rest, else all of them. */
function usable({ keys }: Upstream): readonly Key[] {
  const at = now();
  const free = keys.filter(({ cooldown }) => cooldown.until <= at);
  return free.length > 0 ? free : keys;
}

/** A page for people in place of a list comes from whatever stands in front of the upstream. */
function unlikeAList({ headers }: InquiryEnd & { ok: true }, headOnly: boolean): Failure | undefined {
  const type = headers['content-type'];
  const isPage = /^\s*text\/html\b/i.test((Array.isArray(type) ? type[0] : type) ?? '');
  return isPage && !headOnly ? { kind: 'protocol', problem: 'a web page in place of a list of models' } : undefined;
}
