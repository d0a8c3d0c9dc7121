import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWaitQueue } from '../../src/limiter/wait-queue.js';
import type { Obstacles, WaitQueue, Waiter, Waiting } from '../../src/limiter/wait-queue.js';

let queue: WaitQueue<string>;
/** Places that are free, by key. */
let free: Map<string, number>;
/** Who was served, in order. */
let served: string[];
let attempts: number;

/** Waits for one place of any of `keys`; each attempt asks all of them, as the gate does. */
function waiterFor(name: string, keys: readonly string[], options: Partial<Waiter<string>> = {}): Waiter<string> {
  return {
    priority: 0,
    until: Date.now() + 2_000,
    obstacles: { keys },
    attempt(mayTake) {
      attempts += 1;
      for (const key of keys) {
        const places = free.get(key) ?? 0;
        if (places === 0 || !mayTake(key)) continue;
        free.set(key, places - 1);
        served.push(name);
        return true;
      }
      return { keys };
    },
    ...options,
  };
}

function wait(name: string, keys: readonly string[], options: Partial<Waiter<string>> = {}): Waiting {
  return queue.wait(waiterFor(name, keys, options));
}

function release(key: string, places = 1): void {
  free.set(key, (free.get(key) ?? 0) + places);
  queue.notify(key);
}

beforeEach(() => {
  vi.useFakeTimers();
  queue = createWaitQueue({ maximum: 10_000, now: Date.now });
  free = new Map();
  served = [];
  attempts = 0;
});

afterEach(() => {
  queue.close();
  expect(queue.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('the order', () => {
  it('is first come, first served within a priority', () => {
    for (const name of ['a', 'b', 'c', 'd']) wait(name, ['lane']);
    release('lane', 3);
    expect(served).toEqual(['a', 'b', 'c']);
  });

  it('puts a higher priority first', () => {
    wait('a', ['lane']);
    wait('b', ['lane'], { priority: 5 });
    wait('c', ['lane'], { priority: -1 });
    wait('d', ['lane'], { priority: 5 });
    release('lane', 4);
    expect(served).toEqual(['b', 'd', 'a', 'c']);
  });

  it('is kept for one who needs more than the next', () => {
    let tokens = 5;
    const needs = (cost: number, name: string): Waiter<string> =>
      waiterFor(name, ['lane'], {
        attempt: () => {
          if (cost > tokens) return { keys: ['lane'] };
          tokens -= cost;
          served.push(name);
          return true;
        },
      });
    queue.wait(needs(8, 'large'));
    queue.wait(needs(2, 'small'));
    queue.notify('lane');
    expect(served).toEqual([]);
    tokens = 9;
    queue.notify('lane');
    expect(served).toEqual(['large']);
    tokens = 2;
    queue.notify('lane');
    expect(served).toEqual(['large', 'small']);
  });

  it('lets nobody be held up by those who wait for another key', () => {
    wait('a', ['one']);
    wait('b', ['two']);
    release('two');
    expect(served).toEqual(['b']);
  });

  it('tells newcomers that somebody is before them, unless they are more important', () => {
    expect(queue.mayTake('lane', 0)).toBe(true);
    wait('a', ['lane'], { priority: 1 });
    expect(queue.mayTake('lane', 0)).toBe(false);
    expect(queue.mayTake('lane', 1)).toBe(false);
    expect(queue.mayTake('lane', 2)).toBe(true);
    expect(queue.mayTake('other', 0)).toBe(true);
  });

  it('is kept when one who tries for its own key could take from another', () => {
    wait('a', ['two']);
    wait('b', ['one', 'two']);
    free.set('two', 1);
    queue.notify('one');
    expect(served).toEqual([]);
    queue.notify('two');
    expect(served).toEqual(['a']);
  });

  it('keeps the place of one that is refused by something else now', () => {
    let obstacle = 'cooldown';
    wait('a', [], {
      obstacles: { keys: ['cooldown'] },
      attempt: (mayTake) => {
        if (obstacle === 'cooldown' || (free.get('lane') ?? 0) === 0 || !mayTake('lane')) return { keys: [obstacle] };
        served.push('a');
        free.set('lane', 0);
        return true;
      },
    });
    wait('b', ['lane']);
    obstacle = 'lane';
    queue.notify('cooldown');
    release('lane');
    expect(served).toEqual(['a']);
    release('lane');
    expect(served).toEqual(['a', 'b']);
  });
});

describe('a wake-up', () => {
  it('costs two attempts for one free place, however many wait', () => {
    for (let count = 0; count < 5_000; count += 1) wait(`${count}`, ['lane']);
    expect(attempts).toBe(0);
    release('lane');
    expect(served).toEqual(['0']);
    expect(attempts).toBe(2);
  });

  it('is free when nobody waits for the key', () => {
    wait('a', ['one']);
    queue.notify('two');
    expect(attempts).toBe(0);
  });

  it('reaches all keys when none is named', () => {
    wait('a', ['one']);
    wait('b', ['two']);
    free = new Map([
      ['one', 1],
      ['two', 1],
    ]);
    queue.notify();
    expect(served).toEqual(['a', 'b']);
  });

  it.each(['is aborted', 'runs out of time', 'throws', 'is served by another key'])(
    'is passed on when the first one %s, which needed more than the next',
    async (how) => {
      const first = wait('first', ['lane', 'other'], {
        until: Date.now() + 100,
        attempt: () => {
          if (how === 'throws') throw new Error('broken');
          return how === 'is served by another key' ? true : { keys: ['lane', 'other'] };
        },
      });
      first.done.catch(() => {});
      wait('next', ['lane']);
      free.set('lane', 1);
      if (how === 'is aborted') first.abort();
      else if (how === 'runs out of time') await vi.advanceTimersByTimeAsync(100);
      else queue.notify('other');
      expect(served).toEqual(['next']);
    },
  );

  it('is passed on when the first one is refused by something else now', () => {
    wait('first', [], { obstacles: { keys: ['cooldown'] }, attempt: () => ({ keys: ['lane'] }) });
    wait('next', ['cooldown']);
    free.set('cooldown', 1);
    queue.notify('cooldown');
    expect(served).toEqual(['next']);
  });

  it('from inside an attempt that is refused changes nothing, or it would never end', () => {
    for (const [key, other] of [
      ['one', 'two'],
      ['two', 'one'],
    ] as const) {
      wait(key, [], {
        obstacles: { keys: [key] },
        attempt: () => {
          attempts += 1;
          queue.notify(other);
          return { keys: [key] };
        },
      });
    }
    queue.notify('one');
    expect(attempts).toBe(1);
  });

  it('from inside an attempt that is served reaches the others', () => {
    wait('a', ['one'], {
      attempt: () => {
        release('two');
        return true;
      },
    });
    wait('b', ['two']);
    queue.notify('one');
    expect(served).toEqual(['b']);
  });

  it('comes at the time that the waiter named, in order, although timers fire out of order', async () => {
    const at = Date.now() + 100;
    const lane = { keys: ['lane'], wakeAt: at };
    wait('a', ['lane'], { obstacles: { keys: ['lane'], wakeAt: at + 50 } });
    wait('b', ['lane'], { obstacles: lane });
    wait('c', ['lane'], { obstacles: lane });
    free.set('lane', 2);
    await vi.advanceTimersByTimeAsync(99);
    expect(served).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(served).toEqual(['a', 'b']);
  });

  it('comes at the next time that an attempt named', async () => {
    const times: number[] = [];
    const start = Date.now();
    const waiting = wait('a', [], {
      obstacles: { keys: [], wakeAt: start + 100 },
      attempt: () => {
        times.push(Date.now() - start);
        return times.length === 3 ? true : { keys: [], wakeAt: Date.now() + 200 };
      },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(times).toEqual([100, 300, 500]);
    await expect(waiting.done).resolves.toBe('served');
  });
});

describe('a wait', () => {
  it('ends with served once its attempt succeeds', async () => {
    const { done } = wait('a', ['lane']);
    release('lane');
    await expect(done).resolves.toBe('served');
  });

  it('ends when its time is up', async () => {
    const { done } = wait('a', ['lane']);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(queue.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(queue.size).toBe(0);
    await expect(done).resolves.toBe('time');
  });

  it('ends at once when its time is already up', async () => {
    const { done } = wait('a', ['lane'], { until: Date.now() - 5 });
    await vi.advanceTimersByTimeAsync(1);
    await expect(done).resolves.toBe('time');
  });

  it('is not served after its time, even if its timer is late', async () => {
    let now = 0;
    queue = createWaitQueue({ maximum: 10, now: () => now });
    const { done } = wait('late', ['lane'], { until: 100 });
    wait('next', ['lane'], { until: 5_000 });
    now = 200;
    release('lane');
    expect(served).toEqual(['next']);
    await expect(done).resolves.toBe('time');
  });

  it('lasts longer than a timer can', async () => {
    const { done } = wait('a', ['lane'], { until: Infinity });
    await vi.advanceTimersByTimeAsync(2 ** 31);
    expect(queue.size).toBe(1);
    release('lane');
    await expect(done).resolves.toBe('served');
  });

  it('ends when it is aborted, and is not tried any more', async () => {
    const { done, abort } = wait('a', ['lane']);
    abort();
    abort();
    release('lane');
    expect(served).toEqual([]);
    await expect(done).resolves.toBe('aborted');
  });

  it('stays served when it is aborted afterwards or from inside its attempt, for it has taken something', async () => {
    const { done, abort } = wait('a', ['lane']);
    release('lane');
    abort();
    await expect(done).resolves.toBe('served');
    const inside: Waiting = wait('b', ['lane'], {
      attempt: () => {
        inside.abort();
        return true;
      },
    });
    queue.notify('lane');
    await expect(inside.done).resolves.toBe('served');
  });

  it('ends when it is aborted from inside an attempt that is refused', async () => {
    const inside: Waiting = wait('a', ['lane'], {
      attempt: (): Obstacles<string> => {
        inside.abort();
        return { keys: ['lane'] };
      },
    });
    queue.notify('lane');
    await expect(inside.done).resolves.toBe('aborted');
  });

  it('rejects with what its attempt threw, and only that one', async () => {
    const broken = wait('a', ['lane'], {
      attempt: () => {
        throw new Error('broken');
      },
    });
    const sound = wait('b', ['lane']);
    release('lane');
    await expect(broken.done).rejects.toThrow('broken');
    await expect(sound.done).resolves.toBe('served');
  });
});

describe('the queue', () => {
  it('is bounded: whoever comes too late is told at once', async () => {
    queue = createWaitQueue({ maximum: 2, now: Date.now });
    const first = wait('a', ['lane']);
    wait('b', ['lane']);
    const third = wait('c', ['lane']);
    await expect(third.done).resolves.toBe('full');
    third.abort();
    expect(queue.size).toBe(2);
    first.abort();
    wait('d', ['lane']);
    expect(queue.size).toBe(2);
  });

  it('aborts all when it is closed, without trying anybody', async () => {
    const waits = ['a', 'b', 'c'].map((name) => wait(name, ['lane']).done);
    free.set('lane', 3);
    queue.close();
    await expect(Promise.all(waits)).resolves.toEqual(['aborted', 'aborted', 'aborted']);
    expect(attempts).toBe(0);
  });

  it('serves by priority, then in order, whoever comes and goes; loses no wake-up and forgets nobody', async () => {
    const lanes = ['one', 'two', 'three'];
    const action = fc.oneof(
      fc.record({
        kind: fc.constant('wait'),
        keys: fc.uniqueArray(fc.constantFrom(...lanes), { minLength: 1 }),
        priority: fc.integer({ min: 0, max: 2 }),
        time: fc.integer({ min: 1, max: 500 }),
      }),
      fc.record({ kind: fc.constant('free'), key: fc.constantFrom(...lanes), places: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant('abort'), which: fc.nat() }),
      fc.record({ kind: fc.constant('pass'), time: fc.integer({ min: 1, max: 200 }) }),
    );
    interface Known {
      readonly name: string;
      readonly keys: readonly string[];
      readonly priority: number;
      readonly waiting: Waiting;
      outcome: string | undefined;
    }
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        queue = createWaitQueue({ maximum: 10_000, now: Date.now });
        free = new Map();
        served = [];
        const all: Known[] = [];
        for (const step of actions) {
          if ('priority' in step) {
            const name = `${all.length}`;
            // As a call does: first the gate, behind those who wait, then the queue.
            const key = step.keys.find((one) => (free.get(one) ?? 0) > 0 && queue.mayTake(one, step.priority));
            if (key !== undefined) free.set(key, (free.get(key) ?? 0) - 1);
            else {
              const { keys, priority } = step;
              const waiting = wait(name, keys, { priority, until: Date.now() + step.time });
              const known: Known = { name, keys, priority, waiting, outcome: undefined };
              void waiting.done.then((outcome) => (known.outcome = outcome));
              all.push(known);
            }
          } else if ('places' in step) {
            const before = all.filter((one) => one.outcome === undefined);
            const from = served.length;
            release(step.key, step.places);
            const expected = before
              .filter((one) => one.keys.includes(step.key))
              .toSorted((one, other) => other.priority - one.priority)
              .map((one) => one.name)
              .slice(0, step.places);
            expect(served.slice(from)).toEqual(expected);
          } else if ('which' in step) all[step.which % Math.max(1, all.length)]?.waiting.abort();
          else await vi.advanceTimersByTimeAsync(step.time);
          await Promise.resolve();
          // Nobody waits beside a free place.
          const open = all.filter((one) => one.outcome === undefined);
          expect(queue.size).toBe(open.length);
          for (const one of open) for (const key of one.keys) expect(free.get(key) ?? 0).toBe(0);
        }
        await vi.advanceTimersByTimeAsync(500);
        expect(all.every((one) => one.outcome !== undefined)).toBe(true);
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
