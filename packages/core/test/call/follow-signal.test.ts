import { describe, expect, it, vi } from 'vitest';
import { followSignal } from '../../src/call/follow-signal.js';

describe('followSignal', () => {
  it('tells every call once, and those no more that have ended', () => {
    const controller = new AbortController();
    const calls = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()] as const;
    const [, stop] = calls.map((call) => followSignal(controller.signal, call));
    stop?.();
    controller.abort();
    controller.abort();
    expect(calls.map((call) => call.mock.calls.length)).toEqual([1, 0, 1]);
  });

  it('tells a call at once that comes after the abort', () => {
    const call = vi.fn<() => void>();
    followSignal(AbortSignal.abort(), call)();
    expect(call).toHaveBeenCalledOnce();
  });

  it('listens once, however many calls follow the signal at a time, and no more when none does', () => {
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');
    const stopListening = vi.spyOn(signal, 'removeEventListener');
    const stops = Array.from({ length: 1_000 }, () => followSignal(signal, () => {}));
    expect([listen.mock.calls.length, stopListening.mock.calls.length]).toEqual([1, 0]);
    for (const stop of stops) stop();
    expect([listen.mock.calls.length, stopListening.mock.calls.length]).toEqual([1, 1]);
    followSignal(signal, () => {})();
    expect([listen.mock.calls.length, stopListening.mock.calls.length]).toEqual([2, 2]);
  });

  it('keeps the signals apart', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const call = vi.fn<() => void>();
    followSignal(one.signal, call);
    other.abort();
    expect(call).not.toHaveBeenCalled();
  });
});
