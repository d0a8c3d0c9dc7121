import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cooldown } from '../../src/pool/cooldown.ts';
import { levelOf, ratioOf, shareOf, UpstreamQuota } from '../../src/quota/upstream-quota.ts';
import type { Usage } from '../../src/quota/usage.ts';

function left(remaining: number | undefined, limit?: number): Usage {
  return { remaining, limit, resetsAt: undefined };
}

function quota(): UpstreamQuota {
  return new UpstreamQuota({ interval: 60_000, warnBelow: 0.2 }, new Cooldown());
}

const ratios = fc.double({ min: 0, max: 1, noNaN: true });
const amounts = fc.double({ min: -1e9, max: 1e9, noNaN: true });

describe('the share of an upstream', () => {
  it.each([
    [1, 1],
    [0.2, 1],
    [0.1, 0.625],
    [0, 0.25],
  ])('at %d of its quota is %d', (ratio, share) => {
    expect(shareOf(ratio, 0.2)).toBeCloseTo(share, 10);
  });

  it('is between a quarter and all of it, never grows while the quota shrinks, and has no step', () => {
    fc.assert(
      fc.property(ratios, ratios, fc.double({ min: 0.01, max: 1, noNaN: true }), (one, other, warnBelow) => {
        const [less, more] = [shareOf(Math.min(one, other), warnBelow), shareOf(Math.max(one, other), warnBelow)];
        expect(less).toBeGreaterThanOrEqual(0.25);
        expect(more).toBeLessThanOrEqual(1);
        expect(less).toBeLessThanOrEqual(more);
        expect(more - less).toBeLessThanOrEqual((0.75 * Math.abs(one - other)) / warnBelow + 1e-9);
      }),
    );
  });

  it('stays whole when nobody wants to be warned', () => {
    fc.assert(
      fc.property(ratios, (ratio) => {
        expect(shareOf(ratio, 0)).toBe(1);
      }),
    );
  });
});

describe('the level of a quota', () => {
  it.each([
    [20, 100, 'ample'],
    [19.999, 100, 'low'],
    [0, 100, 'exhausted'],
    [-5, 100, 'exhausted'],
    [0, 0, 'exhausted'],
    [5, 0, 'ample'],
    [5, undefined, 'ample'],
    [0, undefined, 'exhausted'],
    [undefined, undefined, 'ample'],
    [500, 100, 'ample'],
  ])('with %s of %s left is %s', (remaining, limit, level) => {
    expect(levelOf(remaining, ratioOf(remaining, limit), 0.2)).toBe(level);
  });

  it('has a ratio from 0 to 1, which is 0 exactly when nothing is left', () => {
    fc.assert(
      fc.property(amounts, fc.double({ min: 1, max: 1e9, noNaN: true }), (remaining, limit) => {
        const ratio = ratioOf(remaining, limit) ?? Number.NaN;
        expect(ratio >= 0 && ratio <= 1).toBe(true);
        if (remaining <= 0) expect(ratio).toBe(0);
        else expect(levelOf(remaining, ratio, 0.2)).not.toBe('exhausted');
      }),
    );
  });
});

describe('what is known of a quota', () => {
  it('is nothing at first, and takes nothing away', () => {
    const unknown = quota();
    expect(unknown.share(0)).toBe(1);
    expect(unknown.snapshot(0)).toEqual({
      remaining: undefined,
      limit: undefined,
      ratio: undefined,
      resetsAt: undefined,
      age: undefined,
      stale: false,
      failures: 0,
      failing: undefined,
    });
  });

  it('takes the most that was ever left for the limit where none is told', () => {
    const balance = quota();
    expect(balance.learn(left(40), 0, undefined)).toEqual({ from: 'ample', to: 'ample' });
    expect(balance.learn(left(100), 1, undefined).to).toBe('ample');
    expect(balance.learn(left(15), 2, undefined).to).toBe('low');
    expect(balance.snapshot(2)).toMatchObject({ remaining: 15, limit: 100, ratio: 0.15 });
    expect(balance.share(2)).toBeCloseTo(0.8125, 10);
  });

  it('is not acted on when it is three intervals old', () => {
    const old = quota();
    old.learn(left(0, 100), 1_000, undefined);
    expect([old.share(180_999), old.isStale(180_999)]).toEqual([0.25, false]);
    expect([old.share(181_000), old.isStale(181_000)]).toEqual([1, true]);
    expect(old.snapshot(181_000)).toMatchObject({ remaining: 0, age: 180_000, stale: true });
  });

  it('is not acted on when its reset has come', () => {
    const reset = quota();
    reset.learn(left(0, 100), 0, 30_000);
    expect([reset.share(29_999), reset.share(30_000)]).toEqual([0.25, 1]);
  });

  it('is kept when it cannot be read, with the reason and the count', () => {
    const failing = quota();
    failing.learn(left(10, 100), 0, undefined);
    failing.fail('no answer');
    failing.fail('401 credential');
    expect(failing.snapshot(5)).toMatchObject({ remaining: 10, failures: 2, failing: '401 credential' });
    expect(failing.share(5)).toBeCloseTo(0.625, 10);
    failing.learn(left(10, 100), 10, undefined);
    expect(failing.snapshot(10)).toMatchObject({ failures: 2, failing: undefined });
  });

  it('forgets a limit that is gone', () => {
    const lifted = quota();
    lifted.learn(left(1, 100), 0, undefined);
    expect(lifted.learn(left(undefined), 1, undefined)).toEqual({ from: 'low', to: 'ample' });
    expect(lifted.snapshot(1)).toMatchObject({ remaining: undefined, limit: undefined, ratio: undefined });
    expect(lifted.share(1)).toBe(1);
  });

  it('moves from where it was to where it is, whatever is read', () => {
    const usages = fc.record({
      remaining: fc.option(amounts, { nil: undefined }),
      limit: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined }),
      resetsAt: fc.constant(undefined),
    });
    fc.assert(
      fc.property(fc.array(usages, { minLength: 1 }), (sequence) => {
        const one = quota();
        let level = 'ample';
        for (const [at, usage] of sequence.entries()) {
          const { from, to } = one.learn(usage, at, undefined);
          expect(from).toBe(level);
          level = to;
          const share = one.share(at);
          expect(share >= 0.25 && share <= 1).toBe(true);
          if (to === 'ample') expect(share).toBe(1);
          else expect(share).toBeLessThan(1);
        }
      }),
    );
  });
});
