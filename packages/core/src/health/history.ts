/** The last hundred probes of one upstream or deployment. Plain data goes in and comes out, so that it can outlive a process. */
import type { ProbeOutcome } from './probe-state.js';

export interface ProbeRecord {
  /** Milliseconds since 1970: it may be read by another process. */
  readonly at: number;
  readonly outcome: ProbeOutcome;
  /** Milliseconds. */
  readonly latency: number;
  /** The class of a failure, or the status of what said nothing. */
  readonly error?: string;
}

export interface HistorySummary {
  readonly checks: number;
  readonly ok: number;
  readonly failed: number;
  /** Of those that said something, 0 to 1; undefined while none did. */
  readonly successRate: number | undefined;
  /** Of those that succeeded, in milliseconds. */
  readonly averageLatency: number | undefined;
  readonly last: ProbeRecord | undefined;
}

export interface HistorySnapshot {
  /** The oldest first. */
  readonly results: readonly ProbeRecord[];
}

export const KEPT = 100;
const OUTCOMES: ReadonlySet<unknown> = new Set<ProbeOutcome>(['ok', 'failed', 'nothing']);
const LONGEST_ERROR = 40;

export class History {
  /** A ring. */
  readonly #results: ProbeRecord[] = [];
  #next = 0;

  add(result: ProbeRecord): void {
    this.#results[this.#next] = result;
    this.#next = (this.#next + 1) % KEPT;
  }

  summary(): HistorySummary {
    const ok = this.#results.filter(({ outcome }) => outcome === 'ok');
    const failed = this.#results.filter(({ outcome }) => outcome === 'failed').length;
    const said = ok.length + failed;
    return {
      checks: this.#results.length,
      ok: ok.length,
      failed,
      successRate: said === 0 ? undefined : ok.length / said,
      averageLatency: ok.length === 0 ? undefined : ok.reduce((sum, { latency }) => sum + latency, 0) / ok.length,
      last: this.#results[(this.#next + KEPT - 1) % KEPT],
    };
  }

  toSnapshot(): HistorySnapshot {
    return { results: [...this.#results.slice(this.#next), ...this.#results.slice(0, this.#next)] };
  }

  /** Of a file, say, so anything may stand there: what is no result is left out. */
  static fromSnapshot(snapshot: unknown): History {
    const history = new History();
    const results = typeof snapshot === 'object' && snapshot !== null ? Reflect.get(snapshot, 'results') : undefined;
    if (!Array.isArray(results)) return history;
    for (const result of results.slice(-KEPT).map(recordOf)) if (result !== undefined) history.add(result);
    return history;
  }
}

function recordOf(value: unknown): ProbeRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, outcome, latency, error } = value as Readonly<Record<string, unknown>>;
  if (typeof at !== 'number' || !Number.isFinite(at)) return undefined;
  if (typeof latency !== 'number' || !(latency >= 0 && latency < Infinity)) return undefined;
  if (!isOutcome(outcome)) return undefined;
  const shown = typeof error === 'string' ? { error: error.slice(0, LONGEST_ERROR) } : {};
  return { at, outcome, latency, ...shown };
}

function isOutcome(value: unknown): value is ProbeOutcome {
  return OUTCOMES.has(value);
}
