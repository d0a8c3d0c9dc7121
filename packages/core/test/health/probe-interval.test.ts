import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextProbeIn, type ProbeMoment } from '../../src/health/probe-interval.js';

const INTERVALS = { interval: 10_000, busyInterval: 5_000, idleInterval: 60_000 };
const USUAL: ProbeMoment = {
  quietFor: 15_000,
  called: false,
  undecided: false,
  futile: false,
  hint: 0,
  random: 0.5,
};

const next = (moment: Partial<ProbeMoment>): number => nextProbeIn(INTERVALS, { ...USUAL, ...moment });

describe('the next probe', () => {
  it('comes sooner while others are called, and later the longer nobody is', () => {
    expect(next({ quietFor: 0 })).toBe(5_000);
    expect(next({ quietFor: 10_000 })).toBe(10_000);
    expect(next({ quietFor: 30_000 })).toBe(30_000);
    expect(next({ quietFor: 3_600_000 })).toBe(60_000);
    expect(next({ quietFor: Infinity })).toBe(60_000);
  });

  it('comes after the usual interval where calls succeed', () => {
    expect(next({ quietFor: 0, called: true })).toBe(10_000);
  });

  it('does not let an idle pool wait for a minute to find out whether one failure was chance', () => {
    expect(next({ quietFor: Infinity, undecided: true })).toBe(10_000);
  });

  it('comes seldom where it is answered in vain, and never before the time that the upstream named', () => {
    expect(next({ futile: true, quietFor: 0 })).toBe(300_000);
    expect(next({ hint: 90_000 })).toBe(90_000);
    expect(next({ hint: 1_000 })).toBe(15_000);
  });

  it('differs by a tenth at most, evenly around what it is meant to be', () => {
    expect(next({ quietFor: 0, random: 0 })).toBe(4_500);
    expect(next({ quietFor: 0, random: 1 })).toBeCloseTo(5_500);
  });

  it('is never shorter than the busy interval or longer than the idle one, but for hints and vain asking', () => {
    const moment = fc.record({
      quietFor: fc.oneof(fc.constant(Infinity), fc.nat(1_000_000)),
      called: fc.boolean(),
      undecided: fc.boolean(),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(moment, (one) => {
        const wait = next(one);
        expect(wait).toBeGreaterThanOrEqual(5_000 * 0.9);
        expect(wait).toBeLessThanOrEqual(60_000 * 1.1 + 1e-6);
      }),
    );
  });
});
