import { describe, expect, it } from 'vitest';
import { afterHealth, boundedOpenings, openTime } from '../../src/breaker/open-time.js';

const settings = { openFor: 10_000, maxOpenFor: 300_000 };

describe('the open time', () => {
  it('doubles with each opening in a row, up to its maximum', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((openings) => openTime(settings, openings, 0.5))).toEqual([
      10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
    ]);
  });

  it('is spread by a fifth to either side, and never above its maximum', () => {
    expect(openTime(settings, 0, 0)).toBe(8_000);
    expect(openTime(settings, 0, 0.999_99)).toBe(12_000);
    expect(openTime(settings, 5, 0)).toBe(256_000);
    expect(openTime(settings, 5, 0.999_99)).toBe(300_000);
  });

  it('is a whole number of milliseconds, as timers are', () => {
    expect(openTime({ openFor: 1_001, maxOpenFor: 5_000 }, 0, 0.3)).toBe(921);
  });

  it('is its maximum when the first open time is longer', () => {
    expect(openTime({ openFor: 10_000, maxOpenFor: 5_000 }, 0, 0.5)).toBe(5_000);
  });
});

describe('openings in a row', () => {
  it('are counted as far as they make a difference', () => {
    expect([0, 1, 4, 5, 6, 100].map((openings) => boundedOpenings(settings, openings))).toEqual([0, 1, 4, 5, 5, 5]);
    expect(boundedOpenings({ openFor: 10_000, maxOpenFor: 10_000 }, 1)).toBe(0);
    expect(boundedOpenings({ openFor: 10_000, maxOpenFor: 5_000 }, 1)).toBe(0);
  });

  it('are forgotten one by one, each for a whole healthy minute', () => {
    expect(afterHealth(3, 59_999)).toBe(3);
    expect(afterHealth(3, 60_000)).toBe(2);
    expect(afterHealth(3, 179_999)).toBe(1);
    expect(afterHealth(3, 3_600_000)).toBe(0);
  });
});
