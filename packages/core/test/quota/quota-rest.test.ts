import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cooldown } from '../../src/pool/cooldown.ts';
import { QuotaRest } from '../../src/quota/quota-rest.ts';

function byHand(cooldown: Cooldown, at: number, duration: number): void {
  cooldown.offend({ reason: 'by-hand', attemptStartedAt: at, at, hinted: true, duration: () => duration });
}

describe('the rest of an upstream with nothing left', () => {
  it('begins once and is then set anew, longer or shorter', () => {
    const cooldown = new Cooldown();
    const rest = new QuotaRest(cooldown);
    expect(rest.keep(0, 1_000)).toBe(1_000);
    expect(cooldown).toMatchObject({ until: 1_000, reason: 'quota' });
    expect(rest.keep(500, 3_000)).toBeUndefined();
    expect(cooldown.until).toBe(3_500);
    expect(rest.keep(600, 100)).toBeUndefined();
    expect(cooldown.until).toBe(700);
    expect(rest.keep(700, 100)).toBe(100);
  });

  it('lasts an hour at most', () => {
    const cooldown = new Cooldown();
    expect(new QuotaRest(cooldown).keep(0, Infinity)).toBe(3_600_000);
    expect(cooldown.until).toBe(3_600_000);
  });

  it('ends early, and what rested before it goes on', () => {
    const cooldown = new Cooldown();
    byHand(cooldown, 0, 500);
    const rest = new QuotaRest(cooldown);
    rest.keep(0, 1_000);
    expect(rest.end(100)).toBe(true);
    expect(cooldown).toMatchObject({ until: 500, reason: 'by-hand' });
    expect(rest.end(100)).toBe(false);
  });

  it('leaves a longer rest of another kind alone', () => {
    const cooldown = new Cooldown();
    const rest = new QuotaRest(cooldown);
    byHand(cooldown, 0, 5_000);
    expect(rest.keep(0, 1_000)).toBeUndefined();
    expect(rest.end(1)).toBe(false);
    expect(cooldown).toMatchObject({ until: 5_000, reason: 'by-hand' });
  });

  it('leaves alone what somebody has made longer since', () => {
    const cooldown = new Cooldown();
    const rest = new QuotaRest(cooldown);
    rest.keep(0, 1_000);
    byHand(cooldown, 10, 5_000);
    expect(rest.end(20)).toBe(false);
    expect(cooldown.until).toBe(5_010);
  });

  it('is over when somebody ends it by hand, and begins again with the next answer', () => {
    const cooldown = new Cooldown();
    const rest = new QuotaRest(cooldown);
    rest.keep(0, 1_000);
    cooldown.wake(10);
    expect(rest.end(20)).toBe(false);
    expect(rest.keep(30, 1_000)).toBe(1_000);
  });

  it('is not taken for ended when it has run out', () => {
    const rest = new QuotaRest(new Cooldown());
    rest.keep(0, 1_000);
    expect(rest.end(1_000)).toBe(false);
  });

  it('never shortens a rest of another kind', () => {
    const step = fc.record({ wait: fc.nat(100), keep: fc.nat(300), end: fc.boolean() });
    fc.assert(
      fc.property(fc.nat(500), fc.array(step), (hand, steps) => {
        const cooldown = new Cooldown();
        byHand(cooldown, 0, hand);
        const rest = new QuotaRest(cooldown);
        let at = 0;
        for (const { wait, keep, end } of steps) {
          at += wait;
          if (end) rest.end(at);
          else rest.keep(at, keep);
          expect(at >= hand || cooldown.until >= hand).toBe(true);
        }
      }),
    );
  });
});
