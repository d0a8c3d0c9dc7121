/** Watches over a response that is written bit by bit, with one timer: nothing may be quiet for long, nor a reader stuck. */
import type { ServerResponse } from 'node:http';
import { now } from '../clock.js';
import { unsentBytes } from './unsent-bytes.js';

/** Milliseconds. Much longer, and proxies take the connection for dead. */
const QUIET = 10_000;
/** Milliseconds in which a reader has to take at least something of what waits for it. */
const STUCK = 60_000;

export interface ResponseAlarms {
  /** Nothing has been written for 10 seconds; called again after each 10 more. */
  onQuiet(): void;
  /** For 60 seconds and more the reader has taken nothing at all. Called once; the watch has ended. */
  onStuck(): void;
}

export class ResponseWatch {
  readonly #res: ServerResponse;
  readonly #alarms: ResponseAlarms;
  #timer: NodeJS.Timeout | undefined;
  #lastWrite = now();
  /** Since when the reader has taken nothing of what waits for it; undefined while nothing does. */
  #stuckSince: number | undefined;
  #unsent = 0;

  constructor(res: ServerResponse, alarms: ResponseAlarms) {
    this.#res = res;
    this.#alarms = alarms;
    this.#arm(QUIET);
  }

  /** Cheap enough for every write: the timer is not touched. */
  written(): void {
    this.#lastWrite = now();
  }

  /** From now on the reader has to take what waits for it; nothing is written meanwhile. */
  expectReading(): void {
    this.#stuckSince = now();
    this.#unsent = unsentBytes(this.#res);
  }

  /** It has. */
  hasRead(): void {
    this.#stuckSince = undefined;
    this.#lastWrite = now();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.ceil(milliseconds));
  }

  #look(): void {
    const at = now();
    const next = this.#stuckSince === undefined ? this.#lookForQuiet(at) : this.#lookForProgress(at, this.#stuckSince);
    // Whoever was told may have ended the watch.
    if (this.#timer !== undefined) this.#arm(next);
  }

  #lookForQuiet(at: number): number {
    const left = this.#lastWrite + QUIET - at;
    if (left > 0) return left;
    this.#lastWrite = at;
    this.#alarms.onQuiet();
    return QUIET;
  }

  #lookForProgress(at: number, since: number): number {
    const unsent = unsentBytes(this.#res);
    // One that waits behind another response of its connection has no socket yet.
    if (unsent !== this.#unsent || this.#res.socket === null) {
      this.#unsent = unsent;
      this.#stuckSince = at;
      return QUIET;
    }
    const left = since + STUCK - at;
    if (left > 0) return Math.min(left, QUIET);
    this.end();
    this.#alarms.onStuck();
    return 0;
  }
}
