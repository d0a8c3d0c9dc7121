import Opossum from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpossumCircuit } from '../../src/breaker/opossum-circuit.js';

const settings = { window: 60_000, failureRatio: 0.5, minimumAttempts: 20 };

let openTimeOver: () => void;
let circuit: OpossumCircuit;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
  openTimeOver = vi.fn<() => void>();
  circuit = new OpossumCircuit(settings, 0, openTimeOver);
});

afterEach(() => {
  circuit.shutdown();
  if (vi.getTimerCount() > 0) throw new Error('a timer is left');
  vi.useRealTimers();
});

describe('opossum, given verdicts', () => {
  it('announces the end of an open time once, and not one that was cut short by closing', () => {
    circuit.open(500);
    circuit.clear();
    circuit.open(1_000);
    circuit.hold();
    circuit.open(2_000);
    vi.advanceTimersByTime(1_999);
    expect(openTimeOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(openTimeOver).toHaveBeenCalledOnce();
  });

  it('does not end an open time at once because it is longer than timers can be', () => {
    circuit.open(1e12);
    vi.advanceTimersByTime(86_400_000);
    expect(openTimeOver).not.toHaveBeenCalled();
  });

  it('is not ahead of a clock that counts fractions', () => {
    circuit.open(0.4);
    vi.advanceTimersByTime(0);
    expect(openTimeOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(openTimeOver).toHaveBeenCalledOnce();
  });

  it.each([1, 0.7, 1 / 3, 0.29, 0.07])('opens when a ratio of %d is just reached, and not before', (failureRatio) => {
    const failures = Math.ceil(failureRatio * 300 - 1e-9);
    const exact = new OpossumCircuit({ ...settings, failureRatio, minimumAttempts: 300 }, 0, () => {});
    for (let index = failures; index < 300; index += 1) exact.succeed(0);
    for (let index = 1; index < failures; index += 1) expect(exact.fail(0, 1)).toBe(false);
    expect(exact.fail(0, 1)).toBe(true);
    exact.shutdown();
  });

  it('keeps no durations, neither at first nor when the window has moved', async () => {
    const fire = vi.spyOn(Opossum.prototype, 'fire');
    circuit.succeed(0);
    circuit.fail(0, 1_000);
    await Promise.resolve();
    circuit.succeed(6_000);
    circuit.fail(6_000, 1_000);
    await Promise.resolve();
    const inside = fire.mock.contexts[0];
    fire.mockRestore();
    if (!(inside instanceof Opossum)) throw new Error('opossum was not asked');
    expect(inside.stats).toMatchObject({ fires: 4, successes: 2, failures: 2 });
    expect(inside.status.window.map(({ latencyTimes }) => latencyTimes.length)).toEqual(Array(10).fill(0));
  });
});
