/** What we build on is not all in opossum's documentation; an upgrade that changes it should be noticed here. */
import { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const FAILED = new Error('failed');

let circuit: Opossum<[boolean], void>;
let options: Opossum.Options<[boolean]>;
let rotation: EventEmitter;

function build(more: Opossum.Options<[boolean]> = {}): void {
  rotation = new EventEmitter();
  options = {
    timeout: false,
    rollingCountTimeout: 60_000,
    rollingCountBuckets: 10,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    rotateBucketController: rotation,
    errorThresholdPercentage: 50,
    volumeThreshold: 4,
    resetTimeout: 1_000,
    ...more,
  };
  circuit = new Opossum((failed: boolean): Promise<void> => {
    if (failed) throw FAILED;
    return Promise.resolve();
  }, options);
}

function fail(): void {
  circuit.fire(true).catch(() => {});
}

function succeed(): void {
  void circuit.fire(false);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  build();
});

afterEach(() => {
  circuit.shutdown();
  vi.useRealTimers();
});

describe('opossum', () => {
  it('opens before fire returns when its action throws', () => {
    build({ volumeThreshold: 1 });
    fail();
    expect(circuit.opened).toBe(true);
  });

  it('counts a fire before fire returns, so that the ratio is right at the next failure', () => {
    succeed();
    fail();
    expect(circuit.stats).toMatchObject({ fires: 2, failures: 1 });
  });

  it('judges successes that were written into its newest bucket as it does fired ones', () => {
    const [newest] = circuit.status.window;
    for (let round = 0; round < 2; round += 1) {
      if (newest !== undefined) newest.fires += 1;
      if (newest !== undefined) newest.successes += 1;
      fail();
    }
    expect(circuit.stats).toMatchObject({ fires: 4, successes: 2, failures: 2 });
    expect(circuit.opened).toBe(false);
    fail();
    expect(circuit.opened).toBe(true);
  });

  it('opens above its percentage, not at it', () => {
    for (let round = 0; round < 2; round += 1) {
      succeed();
      fail();
    }
    expect(circuit.opened).toBe(false);
    build({ errorThresholdPercentage: 49.999 });
    for (let round = 0; round < 2; round += 1) {
      succeed();
      fail();
    }
    expect(circuit.opened).toBe(true);
  });

  it('does not look at the ratio when an attempt succeeds', () => {
    build({ errorThresholdPercentage: 49.999 });
    fail();
    fail();
    succeed();
    succeed();
    expect(circuit.opened).toBe(false);
  });

  it('keeps our options object and reads the percentage at each failure', () => {
    options.errorThresholdPercentage = Infinity;
    for (let index = 0; index < 10; index += 1) fail();
    expect(circuit.opened).toBe(false);
    options.errorThresholdPercentage = 49.999;
    fail();
    expect(circuit.opened).toBe(true);
  });

  it('reads resetTimeout when it opens', () => {
    const halfOpen = vi.fn<() => void>();
    circuit.on('halfOpen', halfOpen);
    options.resetTimeout = 5_000;
    circuit.open();
    options.resetTimeout = 1;
    vi.advanceTimersByTime(4_999);
    expect(halfOpen).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(halfOpen).toHaveBeenCalledOnce();
  });

  it('does nothing when it is opened a second time; closing it first starts a new timer and leaves one', () => {
    circuit.open();
    options.resetTimeout = 300;
    circuit.open();
    vi.advanceTimersByTime(300);
    expect(circuit.opened).toBe(true);
    circuit.close();
    circuit.open();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(300);
    expect(circuit.halfOpen).toBe(true);
  });

  it('can be closed by its own listener of halfOpen', () => {
    circuit.on('halfOpen', () => circuit.close());
    circuit.open();
    vi.advanceTimersByTime(1_000);
    expect(circuit.closed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('half-opens by itself when it was opened by hand', () => {
    circuit.open();
    vi.advanceTimersByTime(1_000);
    expect(circuit.halfOpen).toBe(true);
  });

  it('still has the old failures in its window after closing, until the window was rotated by each bucket', () => {
    for (let index = 0; index < 4; index += 1) fail();
    circuit.close();
    expect(circuit.stats.failures).toBe(4);
    for (let bucket = 0; bucket < 9; bucket += 1) rotation.emit('rotate');
    expect(circuit.stats.failures).toBe(4);
    rotation.emit('rotate');
    expect(circuit.stats).toMatchObject({ fires: 0, failures: 0 });
  });

  it('runs no interval when the buckets are rotated for it, and one without', () => {
    expect(vi.getTimerCount()).toBe(0);
    const alone = new Opossum(() => Promise.resolve(), { timeout: false, enableSnapshots: false });
    expect(vi.getTimerCount()).toBe(1);
    alone.shutdown();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not keep the process alive for its timer', () => {
    vi.useRealTimers();
    build({ resetTimeout: 60_000 });
    const armed = vi.spyOn(globalThis, 'setTimeout');
    circuit.open();
    const timer: unknown = armed.mock.results[0]?.value;
    armed.mockRestore();
    expect(timer).toMatchObject({ hasRef: expect.any(Function) });
    expect(timer instanceof Object && 'hasRef' in timer && typeof timer.hasRef === 'function' && timer.hasRef()).toBe(
      false,
    );
  });

  it('clears its timer and stops listening to the rotation when it is shut down', () => {
    circuit.open();
    circuit.shutdown();
    expect(vi.getTimerCount()).toBe(0);
    expect(rotation.listenerCount('rotate')).toBe(0);
  });

  it('starts no timer when it is opened after it was shut down', () => {
    circuit.shutdown();
    circuit.close();
    circuit.open();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps a duration for each verdict, in a bucket that can be reached', async () => {
    succeed();
    fail();
    await Promise.resolve();
    const [current] = circuit.status.window;
    expect(current?.latencyTimes).toHaveLength(2);
  });
});
