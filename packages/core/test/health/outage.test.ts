import { describe, expect, it } from 'vitest';
import { Outage } from '../../src/health/outage.js';

const SAME = { same: true, rise: 2, openFor: 10_000 };
const OTHER = { ...SAME, same: false };

describe('trials before their time', () => {
  it('are let through by so many successes in a row of a probe that asks what failed', () => {
    const outage = new Outage(0);
    expect(outage.probeSucceeded(1_000, SAME)).toBe(false);
    outage.probeFailed();
    expect(outage.probeSucceeded(2_000, SAME)).toBe(false);
    expect(outage.probeSucceeded(3_000, SAME)).toBe(true);
  });

  it('are not let through by a probe that has not noticed the outage at all', () => {
    const outage = new Outage(0);
    for (let at = 1_000; at < 100_000; at += 1_000) expect(outage.probeSucceeded(at, OTHER)).toBe(false);
  });

  it('wait for the first open time where a probe asks something else than what failed', () => {
    const outage = new Outage(0);
    outage.probeFailed();
    expect(outage.probeSucceeded(4_000, OTHER)).toBe(false);
    expect(outage.probeSucceeded(9_999, OTHER)).toBe(false);
    expect(outage.probeSucceeded(10_000, OTHER)).toBe(true);
  });

  it('want new successes when one has failed', () => {
    const outage = new Outage(0);
    outage.probeSucceeded(1_000, SAME);
    expect(outage.probeSucceeded(2_000, SAME)).toBe(true);
    outage.openedAgain(3_000);
    expect(outage.probeSucceeded(4_000, SAME)).toBe(false);
    expect(outage.probeSucceeded(5_000, SAME)).toBe(true);
  });
});
