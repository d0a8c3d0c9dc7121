/**
 * Finds out which models upstreams list: those of whom the options want to know. A list is asked for at start, and again from
 * time to time; while it cannot be had, what was known stays.
 */
import { parseJson } from '../provider/json-reply.js';
import { askUpstream } from './ask-upstream.js';
import type { Pool, Upstream } from './pool.js';
import type { InquiryEnd, InquiryUnderWay } from '../transport/inquire.js';

/** Milliseconds. */
const TIMEOUT = 10_000;
const FIRST_RETRY = 1_000;
const LAST_RETRY = 60_000;

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

export interface Discovery {
  /** The pool has changed: asks those who are new in it, and no more those who have gone. */
  begin(): void;
  /** Somebody else has asked for the list and got this. */
  read(upstream: Upstream, body: string): void;
  /** No timer is left, and nothing is asked any more. */
  close(): void;
}

/** Of one upstream. */
interface Asking {
  timer: NodeJS.Timeout | undefined;
  underWay: InquiryUnderWay | undefined;
  failures: number;
}

export function createDiscovery({ pool, interval, random, onListed }: DiscoverySettings): Discovery {
  const askings = new Map<string, Asking>();

  function later(name: string, asking: Asking, delay: number): void {
    asking.timer = setTimeout(() => void ask(name, asking), delay);
    asking.timer.unref();
  }

  async function ask(name: string, asking: Asking): Promise<void> {
    const upstream = pool.upstreams.find((one) => one.settings.name === name);
    if (upstream === undefined) return;
    const url = upstream.dialect.modelsUrl(upstream.settings);
    asking.underWay = askUpstream(upstream, { method: 'GET', url, timeout: TIMEOUT });
    const end = await asking.underWay.over;
    asking.underWay = undefined;
    if (askings.get(name) !== asking) return;
    const known = end.ok && read(upstream, end.body);
    asking.failures = known ? 0 : asking.failures + 1;
    const wait = known || !isPassing(end) ? interval : Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (asking.failures - 1));
    later(name, asking, wait * (0.9 + 0.2 * random()));
  }

  /** Whether the list could be read. */
  function read(upstream: Upstream, body: string): boolean {
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
      const wanted = new Set(pool.upstreams.filter(isWanted).map(({ settings }) => settings.name));
      for (const [name, asking] of askings) if (!wanted.has(name)) forget(name, asking);
      for (const name of wanted) {
        if (askings.has(name)) continue;
        const asking: Asking = { timer: undefined, underWay: undefined, failures: 0 };
        askings.set(name, asking);
        later(name, asking, 0);
      }
    },
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
