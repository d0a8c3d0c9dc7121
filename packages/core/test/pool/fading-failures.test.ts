import { describe, expect, it } from 'vitest';
import { FadingFailures } from '../../src/pool/fading-failures.js';

/** With a clock that is set by hand. */
function stage() {
  const clock = { at: 1_000 };
  return { clock, failures: new FadingFailures(() => clock.at) };
}

describe('Failures', () => {
  it('count as attempts under way', () => {
    const { failures } = stage();
    expect(failures.left).toBe(0);
    failures.fail(900);
    expect(failures.left).toBe(1);
  });

  it('fade to a third in ten seconds, and are forgotten for good', () => {
    const { clock, failures } = stage();
    failures.fail(900);
    clock.at += 10_000;
    expect(failures.left).toBeCloseTo(1 / Math.E);
    clock.at += 13_000;
    expect(failures.left).toBeGreaterThan(0);
    clock.at += 100;
    expect(failures.left).toBe(0);
  });

  it('double with each that begins after the last', () => {
    const { failures } = stage();
    for (const expected of [1, 3, 7, 15]) {
      failures.fail(1_000);
      expect(failures.left).toBe(expected);
    }
  });

  it('only add up where many have met the same trouble at once', () => {
    const { failures } = stage();
    for (let attempt = 0; attempt < 100; attempt += 1) failures.fail(900);
    expect(failures.left).toBe(100);
  });

  it('are made up for by answers', () => {
    const { failures } = stage();
    failures.fail(1_000);
    for (let answer = 0; answer < 5; answer += 1) failures.answer();
    expect(failures.left).toBeCloseTo(0.8 ** 5);
    for (let answer = 0; answer < 6; answer += 1) failures.answer();
    expect(failures.left).toBe(0);
  });

  it('hardly weigh for one that fails now and then, and more and more for one that fails often', () => {
    const weigh = (failsEvery: number): number => {
      const { clock, failures } = stage();
      let sum = 0;
      for (let attempt = 1; attempt <= 1_000; attempt += 1) {
        clock.at += 100;
        if (attempt % failsEvery === 0) failures.fail(clock.at - 50);
        else failures.answer();
        sum += failures.left;
      }
      return sum / 1_000;
    };
    expect(weigh(100)).toBeLessThan(0.1);
    expect(weigh(10)).toBeLessThan(1);
    expect(weigh(2)).toBeGreaterThan(1);
    expect(weigh(1)).toBeGreaterThan(1_000);
  });

  it('never keep a deployment away for more than minutes', () => {
    const { clock, failures } = stage();
    for (let attempt = 0; attempt < 5_000; attempt += 1) failures.fail(clock.at);
    expect(Number.isFinite(failures.left)).toBe(true);
    clock.at += 180_000;
    expect(failures.left).toBe(0);
  });
});
