/** Asks once how much of a quota is left: at a path of the upstream, or by a function of the application. */
import type { QuotaSettings } from '../config/settings.js';
import { askUpstream } from '../pool/ask-upstream.js';
import type { Upstream } from '../pool/pool.js';
import { failedInquiry } from '../polling/failed-inquiry.js';
import { checkUsage, readUsage, type UsageRead } from './usage.js';

export type UsageAnswer = UsageRead & {
  /** Milliseconds that the upstream asked us to wait. */
  readonly hint?: number | undefined;
  /** What a function of the application threw. */
  readonly thrown?: unknown;
};

/** A usage is a few hundred bytes. */
const MAX_BYTES = 256 * 1024;

/** Never rejects. */
export function askUsage(upstream: Upstream, settings: QuotaSettings, signal: AbortSignal): Promise<UsageAnswer> {
  return settings.source.kind === 'function'
    ? askFunction(settings.source.read, settings.timeout, signal)
    : askPath(upstream, settings, signal);
}

async function askPath(
  upstream: Upstream,
  { source, timeout }: QuotaSettings,
  signal: AbortSignal,
): Promise<UsageAnswer> {
  if (source.kind !== 'path') return { ok: false, problem: 'there is nothing to ask' };
  // Always the same key: another one may belong to another account.
  const [key] = upstream.keys;
  const inquiry = askUpstream(upstream, { method: 'GET', url: source.url, timeout, maxBytes: MAX_BYTES }, key);
  const end = (): void => inquiry.end();
  signal.addEventListener('abort', end, { once: true });
  const answer = await inquiry.over;
  signal.removeEventListener('abort', end);
  if (answer.ok) return readUsage(answer.body, source.places, Date.now());
  return { ok: false, ...failedInquiry(answer.failure) };
}

type Read = Extract<QuotaSettings['source'], { kind: 'function' }>['read'];

/** One that neither answers nor listens to its signal is left to itself after its time. */
async function askFunction(read: Read, timeout: number, signal: AbortSignal): Promise<UsageAnswer> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  signal.addEventListener('abort', end, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<UsageAnswer>((resolve) => {
    const giveUp = (problem: string): void => resolve({ ok: false, problem });
    ending.signal.addEventListener('abort', () => giveUp('given up'), { once: true });
    timer = setTimeout(() => {
      giveUp(`the function has not answered within ${timeout} ms`);
      ending.abort();
    }, timeout);
    timer.unref();
  });
  try {
    return await Promise.race([call(read, ending.signal), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

async function call(read: Read, signal: AbortSignal): Promise<UsageAnswer> {
  try {
    return checkUsage(await read({ signal }), Date.now());
  } catch (error) {
    return signal.aborted
      ? { ok: false, problem: 'given up' }
      : { ok: false, problem: 'the function threw an error', thrown: error };
  }
}
