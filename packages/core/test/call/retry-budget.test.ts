import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../src/call/retry-budget.js';

function budget(callsInFlight: () => number) {
  return new RetryBudget({ budgetRatio: 0.2, budgetMinimum: 3 }, callsInFlight);
}

function take(from: RetryBudget, times: number): number {
  return Array.from({ length: times }, () => from.take()).filter(Boolean).length;
}

describe('RetryBudget', () => {
  it('allows its minimum however few calls there are', () => {
    const one = budget(() => 1);
    expect(take(one, 10)).toBe(3);
    expect([one.inUse, one.limit]).toEqual([3, 3]);
  });

  it('allows its share of the calls in flight, rounded down', () => {
    expect(
      take(
        budget(() => 99),
        100,
      ),
    ).toBe(19);
    expect(
      take(
        budget(() => 100),
        100,
      ),
    ).toBe(20);
  });

  it('grows and shrinks with the calls in flight', () => {
    let calls = 100;
    const one = budget(() => calls);
    expect(take(one, 100)).toBe(20);
    calls = 10;
    expect(one.take()).toBe(false);
    for (let back = 0; back < 17; back += 1) one.giveBack();
    expect([one.inUse, one.limit, one.take()]).toEqual([3, 3, false]);
    one.giveBack();
    expect(one.take()).toBe(true);
  });

  it('may be nothing at all', () => {
    const none = new RetryBudget({ budgetRatio: 0, budgetMinimum: 0 }, () => 1_000);
    expect(none.take()).toBe(false);
  });
});
