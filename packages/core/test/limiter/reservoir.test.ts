import Bottleneck from 'bottleneck';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReservoir } from '../../src/limiter/reservoir.js';

// What bucket.ts relies on. An upgrade of bottleneck that changes it must be noticed.
describe('createReservoir', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('delivers what was put in just before within 5 ms', async () => {
    const reservoir = createReservoir();
    reservoir.add(7);
    const bought = vi.fn<(bought: boolean) => void>();
    void reservoir.buy(7).then(bought);
    await vi.advanceTimersByTimeAsync(5);
    expect(bought).toHaveBeenCalledWith(true);
    await vi.runAllTimersAsync();
  });

  it('sells nothing that is not there, and sells it once it is', async () => {
    const reservoir = createReservoir();
    const bought = vi.fn<(bought: boolean) => void>();
    reservoir.add(2);
    void reservoir.buy(3).then(bought);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bought).not.toHaveBeenCalled();
    reservoir.add(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(bought).toHaveBeenCalledWith(true);
  });

  it('holds a debt below zero that has to be repaid first', async () => {
    const reservoir = createReservoir();
    const bought = vi.fn<(bought: boolean) => void>();
    reservoir.add(-10);
    reservoir.add(10);
    void reservoir.buy(1).then(bought);
    await vi.advanceTimersByTimeAsync(50);
    expect(bought).not.toHaveBeenCalled();
    reservoir.add(1);
    await vi.advanceTimersByTimeAsync(50);
    expect(bought).toHaveBeenCalledWith(true);
  });

  it('starts no timer before it is used', () => {
    createReservoir();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells a purchase that closing dropped', async () => {
    const reservoir = createReservoir();
    const waiting = reservoir.buy(5);
    await vi.advanceTimersByTimeAsync(10);
    const closed = reservoir.close();
    await vi.runAllTimersAsync();
    await closed;
    await expect(waiting).resolves.toBe(false);
    await expect(reservoir.buy(1)).resolves.toBe(false);
  });

  it('closes in the middle of a purchase and leaves no timer', async () => {
    for (let after = 0; after <= 6; after += 1) {
      const reservoir = createReservoir();
      reservoir.add(5);
      const buying = reservoir.buy(5);
      await vi.advanceTimersByTimeAsync(after);
      const closed = reservoir.close();
      await vi.advanceTimersByTimeAsync(20);
      await closed;
      await buying;
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it('is closed only when what was put in has landed', async () => {
    const reservoir = createReservoir();
    reservoir.add(-5);
    const timersLeft = reservoir.close().then(() => vi.getTimerCount());
    await vi.advanceTimersByTimeAsync(20);
    await expect(timersLeft).resolves.toBe(0);
  });

  it('closes at once when nothing is under way, and twice', async () => {
    const reservoir = createReservoir();
    await reservoir.close();
    await expect(reservoir.close()).resolves.toBeUndefined();
    reservoir.add(1);
  });

  it('uses the version whose source was read', () => {
    expect(new Bottleneck()).toHaveProperty('version', '2.19.5');
  });
});
