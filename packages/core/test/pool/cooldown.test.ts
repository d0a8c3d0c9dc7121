import { beforeEach, describe, expect, it } from 'vitest';
import { Cooldown, type Offence } from '../../src/pool/cooldown.js';

let cooldown: Cooldown;

beforeEach(() => {
  cooldown = new Cooldown();
});

/** A credential's rest, unless said otherwise: 15 s, doubling with each in a row. */
function offend(at: number, more: Partial<Offence> = {}): number | undefined {
  return cooldown.offend({
    reason: 'credential',
    attemptStartedAt: at,
    at,
    hinted: false,
    duration: (run) => 15_000 * 2 ** (run - 1),
    ...more,
  });
}

describe('Cooldown', () => {
  it('does not rest at first', () => {
    expect(cooldown.until).toBeLessThan(0);
    expect(cooldown.reason).toBeUndefined();
  });

  it('rests longer with each failure in a row, until a success', () => {
    expect(offend(0)).toBe(15_000);
    expect(cooldown.until).toBe(15_000);
    expect(offend(20_000)).toBe(30_000);
    expect(cooldown.until).toBe(50_000);
    cooldown.recover();
    expect(offend(60_000)).toBe(15_000);
    expect(cooldown.until).toBe(75_000);
  });

  it('takes the failures of attempts from before the rest for its cause, not for more of them', () => {
    expect(offend(100, { attemptStartedAt: 0 })).toBe(15_000);
    for (let late = 0; late < 100; late += 1) expect(offend(200, { attemptStartedAt: 50 })).toBeUndefined();
    expect(cooldown.until).toBe(15_100);
    expect(offend(16_000)).toBe(30_000);
  });

  it('keeps a longer time that the upstream names later all the same, without telling of it again', () => {
    offend(100, { attemptStartedAt: 0, hinted: true, duration: () => 1_000 });
    const late = { attemptStartedAt: 50, hinted: true, duration: () => 60_000 };
    expect(offend(200, late)).toBeUndefined();
    expect(cooldown.until).toBe(60_200);
  });

  it('never shortens a rest', () => {
    offend(0, { hinted: true, duration: () => 60_000 });
    offend(1_000, { reason: 'rate-limited', duration: () => 1_000 });
    expect(cooldown.until).toBe(60_000);
    expect(cooldown.reason).toBe('credential');
  });

  it('begins a new run with another reason', () => {
    offend(0);
    offend(20_000);
    expect(offend(60_000, { reason: 'rate-limited', duration: (run) => run * 1_000 })).toBe(1_000);
    expect(cooldown.reason).toBe('rate-limited');
  });

  it('ends early when it is woken, and forgets the run', () => {
    offend(0);
    offend(20_000);
    expect(cooldown.wake(21_000)).toBe(true);
    expect(cooldown.until).toBeLessThan(21_000);
    expect(cooldown.wake(21_000)).toBe(false);
    expect(offend(22_000)).toBe(15_000);
  });

  it('does not wake what has rested already', () => {
    offend(0);
    expect(cooldown.wake(15_000)).toBe(false);
  });
});

describe('pardon', () => {
  it('takes back a rest and its run, as if there had been none', () => {
    offend(0);
    offend(20_000);
    cooldown.pardon('credential', 0);
    expect(cooldown.until).toBe(-Infinity);
    expect(cooldown.reason).toBeUndefined();
    expect(offend(30_000, { attemptStartedAt: 10_000 })).toBe(15_000);
  });

  it('leaves a rest that was earned by something else', () => {
    offend(0, { reason: 'by-hand', duration: () => 60_000 });
    cooldown.pardon('credential', 0);
    expect(cooldown.until).toBe(60_000);
  });
});
