import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearnedPace } from '../../src/limiter/learned-pace.js';
import { amountsOf, type Sent } from '../../src/limiter/sent.js';

/** Sends one request after another, as fast as the pace allows and somebody asks. */
function senderOf(pace: LearnedPace) {
  let number = 0;
  return {
    send(at: number): Sent | undefined {
      if (pace.freeAt(1, at) > at) return undefined;
      number += 1;
      const cost = amountsOf(1, 1);
      const sent = { number, at, cost, through: cost };
      pace.spend(sent, 1);
      return sent;
    },
    refuse(sent: Sent | undefined, at: number): boolean {
      return pace.refuse({ at, number: sent?.number ?? 0, latest: number, cost: 1, usualCost: 1 });
    },
  };
}

/** Asks a bucket of this many a minute every 50 ms; returns when it refused. */
function askBucket(pace: LearnedPace, perMinute: number, minutes: number): { refused: number[]; admitted: number } {
  const sender = senderOf(pace);
  const refused: number[] = [];
  let level = 0;
  let admitted = 0;
  let restsUntil = 0;
  sender.refuse(undefined, 0);
  for (let at = 50; at < minutes * 60_000; at += 50) {
    level = Math.min(perMinute / 6, level + (perMinute * 50) / 60_000);
    if (at < restsUntil) continue;
    const sent = sender.send(at);
    if (sent === undefined) continue;
    if (level >= 1) {
      level -= 1;
      admitted += 1;
    } else {
      refused.push(at);
      sender.refuse(sent, at);
      restsUntil = at + 1_000;
    }
  }
  return { refused, admitted };
}

describe('the pace of an upstream that tells nothing', () => {
  it.each([60, 300, 600])('finds out %d a minute of a bucket by few refusals, and wastes little', (perMinute) => {
    const pace = new LearnedPace();
    const { refused, admitted } = askBucket(pace, perMinute, 10);
    expect(pace.perMinute).toBeGreaterThan(0.9 * perMinute);
    expect(pace.perMinute).toBeLessThan(1.1 * perMinute);
    expect(admitted).toBeGreaterThan(0.95 * 10 * perMinute);
    expect(refused.length).toBeLessThan(15);
  });

  it('takes a window by what it admitted in its minute', () => {
    const pace = new LearnedPace();
    const sender = senderOf(pace);
    sender.refuse(undefined, 0);
    let restsUntil = 20_000;
    let left = 100;
    for (let at = 20_000; at < 80_000; at += 50) {
      if (at < restsUntil) continue;
      const sent = sender.send(at);
      if (sent === undefined) continue;
      if (at > 21_500) pace.accepted(sent);
      left -= 1;
      if (left >= 0) continue;
      sender.refuse(sent, at);
      restsUntil = 80_000;
    }
    expect(pace.perMinute).toBeCloseTo(100, -1);
  });

  it('lets one request find out whether it would be admitted again', () => {
    const pace = new LearnedPace();
    const sender = senderOf(pace);
    sender.refuse(undefined, 0);
    const trial = sender.send(1_000);
    expect(trial).toBeDefined();
    expect(sender.send(1_000)).toBeUndefined();
    expect(pace.freeAt(1, 1_000)).toBe(2_000);
    if (trial !== undefined) pace.accepted(trial);
    expect(pace.freeAt(1, 2_000)).toBe(2_000);
  });

  /** How many are let through in each second after the one that found out that they are. */
  function after(before: number, seconds: number): number[] {
    const pace = new LearnedPace();
    const sender = senderOf(pace);
    pace.refuse({ at: 0, number: 0, latest: 0, cost: 1, usualCost: 1, before });
    const trial = sender.send(1_000);
    if (trial !== undefined) pace.accepted(trial);
    const counts = Array.from({ length: seconds }, () => 0);
    for (let at = 1_000; at < 1_000 + seconds * 1_000; at += 5) {
      const second = Math.floor(at / 1_000) - 1;
      while (sender.send(at) !== undefined) counts[second] = (counts[second] ?? 0) + 1;
    }
    return counts;
  }

  it('begins again with one a second where nothing had been admitted, and doubles', () => {
    const [first = 0, second = 0, third = 0] = after(0, 3);
    expect(first).toBeLessThanOrEqual(3);
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(1.5 * second);
  });

  it('begins again with half of what had been admitted: one stray refusal must not stop a busy upstream', () => {
    const [first = 0, second = 0] = after(100, 2);
    expect(first).toBeGreaterThanOrEqual(50);
    expect(first).toBeLessThanOrEqual(130);
    expect(second).toBeGreaterThan(100);
  });

  it('lets another find it out when that one was not sent', () => {
    const pace = new LearnedPace();
    const sender = senderOf(pace);
    sender.refuse(undefined, 0);
    const trial = sender.send(1_000);
    if (trial !== undefined) pace.giveBack(trial, 1);
    expect(sender.send(1_000)).toBeDefined();
  });

  it('counts those that were under way at a refusal as a part of it', () => {
    const pace = new LearnedPace();
    const { refused } = askBucket(pace, 300, 5);
    const before = pace.perMinute;
    const last = refused.at(-1) ?? 0;
    expect(pace.refuse({ at: last + 100, number: 1, latest: 10_000, cost: 1, usualCost: 1 })).toBe(false);
    expect(pace.perMinute).toBe(before);
  });

  it('is forgotten ten minutes after the last refusal', () => {
    const pace = new LearnedPace();
    askBucket(pace, 60, 3);
    expect(pace.known(180_000)).toBe(true);
    expect(pace.known(780_000)).toBe(false);
    expect(pace.freeAt(1_000_000, 780_000)).toBeLessThanOrEqual(780_000);
    expect(pace.share(780_000)).toBe(1);
  });

  it('always admits again, at the time that it names', () => {
    const step = fc.record({ pass: fc.integer({ min: 0, max: 20_000 }), refused: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pace = new LearnedPace();
        const sender = senderOf(pace);
        let at = 0;
        sender.refuse(undefined, at);
        for (const { pass, refused } of steps) {
          at += pass;
          const sent = sender.send(at);
          if (refused && sent !== undefined) sender.refuse(sent, at + 50);
        }
        const freeAt = pace.freeAt(1, at + 50);
        expect(freeAt).toBeLessThanOrEqual(at + 600_050);
        expect(pace.freeAt(1, freeAt + 1)).toBeLessThanOrEqual(freeAt + 1);
      }),
    );
  });
});
