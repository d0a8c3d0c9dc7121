/** The queue of calls that nothing can serve now: priority, deadline, abort, and a bound. Knows nothing of limits. */
import { LONGEST_TIMER } from '../clock.js';
import { WaitingLine, goesBefore } from './waiting-line.js';

/** How a wait ended: its attempt succeeded; its time was up; the queue had no place for it; it was called off. */
export type WaitOutcome = 'served' | 'time' | 'full' | 'aborted';

/** Why somebody has to wait. */
export interface Obstacles<Key> {
  /** What refused it, such as the limiter of one candidate and the cooldown of another. Only these hold it up. */
  readonly keys: Iterable<Key>;
  /** Clock time (ms) at which it tries without being notified, such as the end of a cooldown. @default never */
  readonly wakeAt?: number | undefined;
}

/** Whether nobody who is served earlier waits for `key`. Who takes from it all the same, makes those wait longer. */
export type MayTake<Key> = (key: Key) => boolean;

export interface Waiter<Key> {
  /** Higher is served first. */
  readonly priority: number;
  /** Clock time (ms) at which it gives up. */
  readonly until: number;
  /** What refuses it at first. Call `wait` in the same tick as the refusal, or a wake-up may be missed. */
  readonly obstacles: Obstacles<Key>;
  /** Asks again, synchronously. `true`: it was served and the wait is over; else what refuses it now. */
  attempt(mayTake: MayTake<Key>): true | Obstacles<Key>;
}

export interface Waiting {
  /** Rejects only with what `attempt` threw. */
  readonly done: Promise<WaitOutcome>;
  /** Ends the wait. Does nothing once it was served: what `attempt` took is then the waiter's to give back. */
  abort(): void;
}

export interface WaitQueue<Key> {
  /** How many wait. */
  readonly size: number;
  wait(waiter: Waiter<Key>): Waiting;
  /** `key` (each key, if none is named) may now serve somebody. */
  notify(key?: Key): void;
  /** `MayTake` for whoever has not waited yet: nobody of at least this priority waits for `key`. */
  mayTake(key: Key, priority: number): boolean;
  /** Aborts all. */
  close(): void;
}

export interface WaitQueueOptions {
  /** Waiters at most; further ones end with `full` at once. */
  readonly maximum: number;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Makes an empty queue. It runs one timer per waiter and no other. */
export function createWaitQueue<Key>(options: WaitQueueOptions): WaitQueue<Key> {
  return new KeyedWaitQueue(options);
}

interface Entry<Key> {
  readonly priority: number;
  readonly number: number;
  readonly waiter: Waiter<Key>;
  readonly settle: (outcome: WaitOutcome | Promise<never>) => void;
  keys: ReadonlySet<Key>;
  wakeAt: number;
  timer: NodeJS.Timeout | undefined;
  state: 'waiting' | 'aborted' | 'ended';
}

/**
 * One line of waiters per key; a waiter stands in the lines of all that refused it. When a key is notified, the first of
 * its line tries, and each who leaves the line lets the next one try, until one is refused by that key again. So a
 * place that becomes free costs two attempts however many wait, the order within a key is kept, and nobody is held up
 * by those who wait for something else.
 *
 * Whoever leaves the front of a line, for whatever reason, lets the next one there try: it may have been refused only
 * because the first one needs more.
 */
class KeyedWaitQueue<Key> implements WaitQueue<Key> {
  readonly #options: WaitQueueOptions;
  readonly #entries = new Set<Entry<Key>>();
  readonly #lines = new Map<Key, WaitingLine<Entry<Key>>>();
  /** Keys whose first waiter is to try. */
  readonly #notified = new Set<Key>();
  #serving = false;
  #trying: Entry<Key> | undefined;
  /** Keys that were notified from inside an attempt. */
  #raised: Key[] = [];
  #lastNumber = 0;

  constructor(options: WaitQueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  wait(waiter: Waiter<Key>): Waiting {
    if (this.size >= this.#options.maximum) return { done: Promise.resolve('full'), abort: noop };
    let settle: Entry<Key>['settle'] = noop;
    const done = new Promise<WaitOutcome>((resolve) => {
      settle = resolve;
    });
    const number = (this.#lastNumber += 1);
    const { priority } = waiter;
    const nothing = { keys: new Set<Key>(), wakeAt: Infinity, timer: undefined };
    const entry: Entry<Key> = { priority, number, waiter, settle, ...nothing, state: 'waiting' };
    this.#entries.add(entry);
    this.#lineUp(entry, waiter.obstacles);
    return { done, abort: () => this.#abort(entry) };
  }

  notify(key?: Key): void {
    const keys = key === undefined ? this.#lines.keys() : [key];
    if (this.#trying === undefined) this.#serve(keys);
    else this.#raised.push(...keys);
  }

  mayTake(key: Key, priority: number): boolean {
    const first = this.#lines.get(key)?.first;
    return first === undefined || first.priority < priority;
  }

  close(): void {
    // All at once, or each one's leaving would let the next one try.
    for (const entry of this.#entries) entry.state = 'aborted';
    for (const entry of this.#entries) if (entry !== this.#trying) this.#end(entry, 'aborted');
  }

  /** Lets the first waiters of these keys try, then `woken`, if it has not been asked with them. */
  #serve(keys: Iterable<Key>, woken?: Entry<Key>): void {
    for (const key of keys) this.#notified.add(key);
    if (this.#serving) return;
    this.#serving = true;
    this.#serveLines();
    if (woken !== undefined && woken.state === 'waiting' && woken.wakeAt <= this.#options.now()) {
      this.#try(woken);
      this.#serveLines();
    }
    this.#serving = false;
  }

  #serveLines(): void {
    // Keys that are notified on the way are visited too.
    for (const key of this.#notified) this.#serveLine(key);
  }

  #serveLine(key: Key): void {
    for (;;) {
      this.#notified.delete(key);
      const first = this.#lines.get(key)?.first;
      if (first === undefined) return;
      this.#try(first);
      if (this.#lines.get(key)?.first === first) return;
    }
  }

  #try(entry: Entry<Key>): void {
    // Those whose time was up while the event loop stood still are not served late.
    if (entry.state === 'aborted') return this.#end(entry, 'aborted');
    if (entry.waiter.until <= this.#options.now()) return this.#end(entry, 'time');
    const answer = this.#ask(entry);
    // Whoever is refused gives back what it took on the way. That frees nothing, and trying again would never end.
    const raised = this.#raised.splice(0);
    if (answer !== true && !(answer instanceof Promise)) return this.#lineUp(entry, answer);
    this.#end(entry, answer === true ? 'served' : answer);
    this.#serve(raised);
  }

  /** A rejected promise if the attempt threw: that ends the wait, and no other. */
  #ask(entry: Entry<Key>): true | Obstacles<Key> | Promise<never> {
    this.#trying = entry;
    try {
      return entry.waiter.attempt((key) => this.#isNext(entry, key));
    } catch (error) {
      return Promise.reject(error);
    } finally {
      this.#trying = undefined;
    }
  }

  #isNext(entry: Entry<Key>, key: Key): boolean {
    const first = this.#lines.get(key)?.first;
    return first === undefined || !goesBefore(first, entry);
  }

  #abort(entry: Entry<Key>): void {
    if (entry.state !== 'waiting') return;
    entry.state = 'aborted';
    // Called from inside its own attempt: that decides, for it may have taken something.
    if (this.#trying !== entry) this.#end(entry, 'aborted');
  }

  /** Moves it from the lines of what refused it before to those of what refuses it now, without losing its place. */
  #lineUp(entry: Entry<Key>, { keys, wakeAt = Infinity }: Obstacles<Key>): void {
    if (entry.state === 'aborted') return this.#end(entry, 'aborted');
    const before = entry.keys;
    entry.keys = new Set(keys);
    for (const key of entry.keys) if (!before.has(key)) this.#lineOf(key).add(entry);
    this.#leave(entry, before, entry.keys);
    // The common case of one that is refused again: its timer for `until` stands.
    if (entry.timer !== undefined && entry.wakeAt === Infinity && wakeAt === Infinity) return;
    entry.wakeAt = wakeAt;
    this.#setTimer(entry);
  }

  #lineOf(key: Key): WaitingLine<Entry<Key>> {
    const line = this.#lines.get(key) ?? new WaitingLine<Entry<Key>>();
    this.#lines.set(key, line);
    return line;
  }

  /** Leaves the lines of `keys`, except those it `stays` in. */
  #leave(entry: Entry<Key>, keys: Iterable<Key>, stays: ReadonlySet<Key>): void {
    const freed: Key[] = [];
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (line === undefined || stays.has(key)) continue;
      if (line.first === entry) freed.push(key);
      line.remove(entry);
      if (line.first === undefined) this.#lines.delete(key);
    }
    this.#serve(freed);
  }

  #setTimer(entry: Entry<Key>): void {
    clearTimeout(entry.timer);
    const wait = Math.min(entry.waiter.until, entry.wakeAt) - this.#options.now();
    entry.timer = setTimeout(() => this.#onTimer(entry), Math.min(Math.ceil(wait), LONGEST_TIMER));
  }

  #onTimer(entry: Entry<Key>): void {
    const now = this.#options.now();
    if (entry.waiter.until <= now) this.#end(entry, 'time');
    // With its keys: those before it come first, although their timers may fire later in the same millisecond.
    else if (entry.wakeAt <= now) this.#serve(entry.keys, entry);
    else this.#setTimer(entry);
  }

  #end(entry: Entry<Key>, outcome: WaitOutcome | Promise<never>): void {
    if (entry.state === 'ended') return;
    entry.state = 'ended';
    clearTimeout(entry.timer);
    this.#entries.delete(entry);
    entry.settle(outcome);
    this.#leave(entry, entry.keys, new Set());
  }
}

function noop(): void {}
