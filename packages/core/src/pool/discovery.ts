/**
 * Finds out which models upstreams list. Of those whose models are to be discovered, or are served only as listed, the list is asked for
 * at start, and again from time to time; of all others it is read when a probe brings it. While it cannot be had, what was known stays.
 */
import { now } from '../clock.js';
import type { ListReader } from '../health/list-probe.js';
import { parseJson } from '../provider/json-reply.js';
import { askUpstream } from './ask-upstream.js';
import type { Pool, Upstream } from './pool.js';
import type { InquiryEnd, InquiryUnderWay } from '../transport/inquire.js';

/** Milliseconds. */
const TIMEOUT = 10_000;
const FIRST_RETRY = 1_000;
const LAST_RETRY = 60_000;
const JITTER = 0.1;

/** Each may become a deployment. */
const MOST_MODELS = 1_000;

export interface DiscoverySettings {
  readonly pool: Pool;
  /** Milliseconds between two lists of an upstream. */
  readonly interval: number;
  /** A number in [0, 1), so that many processes do not ask at once. */
  readonly random: () => number;
  readonly onListed: (upstream: Upstream, models: readonly string[]) => void;
}

export interface Discovery extends ListReader {
  /** The pool has changed: asks those who are new in it, and no more those who have gone. */
  begin(): void;
  /** No timer is left, and nothing is asked any more. */
  close(): void;
}

/** Of one upstream. */
interface Asking {
  readonly upstream: Upstream;
  timer: NodeJS.Timeout | undefined;
  underWay: InquiryUnderWay | undefined;
  failures: number;
}

export function createDiscovery({ pool, interval, random, onListed }: DiscoverySettings): Discovery {
  const askings = new Map<string, Asking>();
  /** When the list was last looked at. */
  const readAt = new WeakMap<Upstream, number>();

  function later(name: string, asking: Asking, delay: number): void {
    asking.timer = setTimeout(() => void ask(name, asking), delay);
    asking.timer.unref();
  }

  async function ask(name: string, asking: Asking): Promise<void> {
    const { upstream } = asking;
    if (!isDue(upstream)) {
      // A probe has brought it meanwhile.
      later(name, asking, interval);
      return;
    }
    const url = upstream.dialect.modelsUrl(upstream.settings);
    asking.underWay = askUpstream(upstream, { method: 'GET', url, timeout: TIMEOUT });
    const end = await asking.underWay.over;
    asking.underWay = undefined;
    if (askings.get(name) !== asking) return;
    const known = end.ok && read(upstream, end.body);
    asking.failures = known ? 0 : asking.failures + 1;
    const wait = known || !isPassing(end) ? interval : Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (asking.failures - 1));
    later(name, asking, wait * (1 - JITTER + 2 * JITTER * random()));
  }

  function isDue(upstream: Upstream): boolean {
    return now() - (readAt.get(upstream) ?? -Infinity) >= interval * (1 - JITTER);
  }

  /** Whether the list could be read. */
  function read(upstream: Upstream, body: string): boolean {
    // It may have become another one while its list was on its way.
    if (!pool.upstreams.includes(upstream)) return false;
    readAt.set(upstream, now());
    const models = upstream.dialect.listedModels?.(parseJson(body));
    // An empty list says less than none: nobody serves nothing.
    if (models === undefined || models.length === 0 || models.length > MOST_MODELS) return false;
    onListed(upstream, models);
    return true;
  }

  function forget(name: string, { timer, underWay }: Asking): void {
    clearTimeout(timer);
    askings.delete(name);
    underWay?.end();
  }

  return {
    begin() {
      const wanted = pool.upstreams.filter(isWanted);
      for (const [name, asking] of askings) if (!wanted.includes(asking.upstream)) forget(name, asking);
      for (const upstream of wanted) {
        const { name } = upstream.settings;
        if (askings.has(name)) continue;
        const asking: Asking = { upstream, timer: undefined, underWay: undefined, failures: 0 };
        askings.set(name, asking);
        later(name, asking, 0);
      }
    },
    wants: (upstream) => upstream.dialect.listedModels !== undefined && isDue(upstream),
    read,
    close() {
      for (const [name, asking] of askings) forget(name, asking);
    },
  };
}

function isWanted({ settings, dialect }: Upstream): boolean {
  return dialect.listedModels !== undefined && (settings.discovers || settings.strictModels);
}

/** It may be had soon. One that is refused or does not exist is asked for as seldom as one that is there. */
function isPassing(end: InquiryEnd): boolean {
  return !end.ok && (end.failure.kind !== 'status' || end.failure.status >= 500 || end.failure.status === 429);
}
