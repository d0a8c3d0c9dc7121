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

  it('listens once, however many calls follow the signal', () => {
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');
    for (let call = 0; call < 1_000; call += 1) followSignal(signal, () => {})();
    for (let call = 0; call < 1_000; call += 1) followSignal(signal, () => {});
    expect(listen).toHaveBeenCalledOnce();
  });

  it('keeps the signals apart', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const call = vi.fn<() => void>();
    followSignal(one.signal, call);
    other.abort();
    expect(call).not.toHaveBeenCalled();
  });
});
