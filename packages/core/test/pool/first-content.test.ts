import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FirstContent } from '../../src/pool/first-content.js';

/** After these times to first content. */
function known(...times: readonly number[]): FirstContent {
  const firstContent = new FirstContent();
  for (const time of times) firstContent.record(time);
  return firstContent;
}

function repeated(time: number, count: number): number[] {
  return Array.from({ length: count }, () => time);
}

describe('The silence after which an attempt is raced', () => {
  it('is 10 s, and 45 s for models that think, until twenty times are known', () => {
    const few = known(...repeated(4_000, 19));
    expect([few.raceAfter(false), few.raceAfter(true)]).toEqual([10_000, 45_000]);
    few.record(4_000);
    expect([few.raceAfter(false), few.raceAfter(true)]).toEqual([6_000, 6_000]);
  });

  it('is half as long again as nearly all take', () => {
    expect(known(...repeated(4_000, 95), ...repeated(90_000, 5)).raceAfter(false)).toBe(6_000);
    expect(known(...repeated(4_000, 94), ...repeated(20_000, 6)).raceAfter(false)).toBe(30_000);
  });

  it('follows a deployment that becomes slower, and forgets what was more than a hundred attempts ago', () => {
    const firstContent = known(...repeated(2_000, 100));
    expect(firstContent.raceAfter(false)).toBe(3_000);
    for (const time of repeated(8_000, 20)) firstContent.record(time);
    expect(firstContent.raceAfter(false)).toBe(12_000);
    for (const time of repeated(2_000, 100)) firstContent.record(time);
    expect(firstContent.raceAfter(false)).toBe(3_000);
  });

  it('is never under 3 s nor over 45 s, whatever came', () => {
    const times = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 400_000 })), { maxLength: 250 });
    fc.assert(
      fc.property(times, fc.boolean(), (all, reasoning) => {
        const firstContent = new FirstContent();
        for (const [overtaken, time] of all) {
          if (overtaken) firstContent.atLeast(time);
          else firstContent.record(time);
          expect(firstContent.raceAfter(reasoning)).toBeGreaterThanOrEqual(3_000);
          expect(firstContent.raceAfter(reasoning)).toBeLessThanOrEqual(45_000);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('An attempt that was overtaken', () => {
  it('counts as one that took at least so long: who is always overtaken is given more time', () => {
    const firstContent = known(...repeated(4_000, 100));
    const races: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const after = firstContent.raceAfter(false);
      races.push(after);
      for (let call = 0; call < 20; call += 1) firstContent.atLeast(after);
    }
    expect(races).toEqual([6_000, 9_000, 13_500, 20_250, 30_375, 45_000, 45_000, 45_000]);
  });

  it('says nothing where it was overtaken before most would have spoken', () => {
    const firstContent = known(...repeated(8_000, 20));
    for (let call = 0; call < 200; call += 1) firstContent.atLeast(1_000);
    expect(firstContent.raceAfter(false)).toBe(12_000);
  });

  it('is one of the twenty', () => {
    const firstContent = new FirstContent();
    for (let call = 0; call < 20; call += 1) firstContent.atLeast(10_000);
    expect(firstContent.raceAfter(false)).toBe(15_000);
  });
});
