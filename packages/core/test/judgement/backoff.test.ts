import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff, hintWait } from '../../src/judgement/backoff.js';

const RETRY = { baseDelay: 250, overloadedBaseDelay: 1000, maxDelay: 8000, maxHintWait: 10_000 };
const HALF = (): number => 0.5;

describe('backoff', () => {
  it('is drawn from twice the range each time, up to the ceiling', () => {
    const delays = [0, 1, 2, 5, 6, 5000].map((n) => backoff({ retry: RETRY, n, overloaded: false, random: HALF }));
    expect(delays).toEqual([125, 250, 500, 4000, 4000, 4000]);
  });

  it('starts from the longer base after 429 and 529', () => {
    expect(backoff({ retry: RETRY, n: 0, overloaded: true, random: HALF })).toBe(500);
  });

  it('may be nothing at all', () => {
    expect(backoff({ retry: RETRY, n: 3, overloaded: false, random: () => 0 })).toBe(0);
    expect(backoff({ retry: { ...RETRY, baseDelay: 0 }, n: 5000, overloaded: false, random: HALF })).toBe(0);
  });
});

describe('the wait for a hint', () => {
  it('is the hint and up to a tenth of it', () => {
    expect(hintWait(2000, HALF)).toBe(2100);
  });

  it('has at most a second of jitter', () => {
    expect(hintWait(60_000, HALF)).toBe(60_500);
  });

  it('is never shorter than the hint', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(604_800_000), random, (hint, drawn) => {
        const wait = hintWait(hint, () => drawn);
        expect(wait).toBeGreaterThanOrEqual(hint);
        expect(wait).toBeLessThanOrEqual(hint + Math.min(Math.ceil(hint / 10), 1000));
      }),
    );
  });
});
