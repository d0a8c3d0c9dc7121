import { describe, expect, it } from 'vitest';
import { Latency } from '../../src/pool/latency.js';
import { PeakAverage } from '../../src/pool/peak-average.js';

function createClock() {
  const clock = { at: 1_000, now: () => clock.at };
  return clock;
}

describe('A peak-sensitive average', () => {
  it('knows nothing at first, and begins with the first value', () => {
    const average = new PeakAverage(createClock().now);
    expect(average.value).toBeUndefined();
    average.record(300);
    expect(average.value).toBe(300);
  });

  it('goes half the way up to a larger value at once', () => {
    const average = new PeakAverage(createClock().now);
    average.record(100);
    for (const expected of [550, 775, 887.5]) {
      average.record(1_000);
      expect(average.value).toBe(expected);
    }
  });

  it('comes down over ten seconds, however many smaller values come', () => {
    for (const step of [10, 100, 1_000]) {
      const clock = createClock();
      const average = new PeakAverage(clock.now);
      average.record(1_000);
      for (let passed = 0; passed < 10_000; passed += step) {
        clock.at += step;
        average.record(0);
      }
      expect(average.value).toBeCloseTo(1_000 / Math.E);
    }
  });

  it('forgets what it knew after two minutes without a value', () => {
    const clock = createClock();
    const average = new PeakAverage(clock.now);
    average.record(30_000);
    clock.at += 120_000;
    expect(average.value).toBe(30_000);
    clock.at += 1;
    expect(average.value).toBeUndefined();
    average.record(200);
    expect(average.value).toBe(200);
  });

  it('takes a time that is only known from below where it is news', () => {
    const average = new PeakAverage(createClock().now);
    average.atLeast(500);
    expect(average.value).toBe(500);
    average.atLeast(100);
    expect(average.value).toBe(500);
    average.atLeast(1_500);
    expect(average.value).toBe(1_000);
  });

  it('passes over what is no duration', () => {
    const average = new PeakAverage(createClock().now);
    for (const value of [Number.NaN, Infinity, -1]) average.record(value);
    expect(average.value).toBeUndefined();
  });
});

describe('The latency of a deployment', () => {
  it('keeps streams and whole answers apart', () => {
    const latency = new Latency(createClock().now);
    latency.begun(400);
    expect(latency.expected(true)).toBe(400);
    expect(latency.expected(false)).toBeUndefined();
    latency.answered(4_000, 350);
    expect(latency.expected(false)).toBe(10);
    expect(latency.expected(true)).toBe(400);
  });

  it('is about the same for short and for long answers of one that is as fast', () => {
    const after = (tokens: number): number | undefined => {
      const latency = new Latency(createClock().now);
      latency.answered(500 + tokens * 10, tokens);
      return latency.expected(false);
    };
    expect(after(5)).toBe(10);
    expect(after(2_000)).toBe(10);
  });

  it('assumes a length where an upstream does not report it', () => {
    const latency = new Latency(createClock().now);
    latency.answered(3_000, undefined);
    expect(latency.expected(false)).toBe(10);
  });

  it('knows from a silence that it would have taken longer', () => {
    const latency = new Latency(createClock().now);
    latency.begun(500);
    latency.silentFor(100);
    expect(latency.expected(true)).toBe(500);
    latency.silentFor(10_500);
    expect(latency.expected(true)).toBe(5_500);
  });
});
