import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentValues } from '../../src/pool/recent-values.js';

describe('RecentValues', () => {
  it('has no percentile of nothing', () => {
    expect(new RecentValues(0.9).percentile()).toBeUndefined();
  });

  it('keeps nothing that is no duration and no count', () => {
    const recent = new RecentValues(0.9);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) recent.record(value);
    expect(recent.count).toBe(0);
  });

  it('takes the smallest value that the share of the last hundred does not exceed', () => {
    const values = fc.array(fc.nat({ max: 9_999 }), { minLength: 1, maxLength: 250 });
    const shares = fc.constantFrom(0.5, 0.9, 0.95, 1);
    fc.assert(
      fc.property(values, shares, (all, share) => {
        const recent = new RecentValues(share);
        for (const value of all) recent.record(value);
        const last = all.slice(-100);
        expect(recent.count).toBe(last.length);
        const percentile = recent.percentile() ?? -1;
        expect(last).toContain(percentile);
        expect(last.filter((value) => value <= percentile).length).toBeGreaterThanOrEqual(share * last.length);
        expect(last.filter((value) => value < percentile).length).toBeLessThan(share * last.length);
      }),
    );
  });

  it('sorts once in twenty values, however often it is asked', () => {
    const recent = new RecentValues(1);
    for (let value = 1; value <= 20; value += 1) recent.record(value);
    expect(recent.percentile()).toBe(20);
    for (let value = 21; value <= 39; value += 1) recent.record(value);
    expect(recent.percentile()).toBe(20);
    recent.record(40);
    expect(recent.percentile()).toBe(40);
  });
});
