/** Before an upstream that counts as it says, nothing is sent that it would refuse. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LearnedLimits } from '../../src/limiter/learned-limits.js';
import { amountsOf, type Sent } from '../../src/limiter/sent.js';

interface Model {
  left(at: number): number;
  take(amount: number, at: number): void;
  resetIn(at: number): number;
}

const PERIOD = 60_000;

function bucketOf(limit: number): Model {
  let level = limit;
  let last = 0;
  const left = (at: number): number => {
    level = Math.min(limit, level + ((at - last) * limit) / PERIOD);
    last = at;
    return level;
  };
  return {
    left,
    take: (amount, at) => void (level = left(at) - amount),
    resetIn: (at) => Math.ceil(((limit - left(at)) * PERIOD) / limit),
  };
}

function windowOf(limit: number, phase: number): Model {
  let window = 0;
  let level = limit;
  const left = (at: number): number => {
    const current = Math.floor((at + phase) / PERIOD);
    if (current !== window) level = limit;
    window = current;
    return level;
  };
  return {
    left,
    take: (amount, at) => void (level = left(at) - amount),
    resetIn: (at) => PERIOD - ((at + phase) % PERIOD),
  };
}

const world = fc.record({
  limit: fc.integer({ min: 200, max: 20_000 }),
  phase: fc.integer({ min: 0, max: PERIOD - 1 }),
  refills: fc.boolean(),
  /** Whether the upstream looks when the request comes or when the answer goes. */
  readsLate: fc.boolean(),
  steps: fc.array(
    fc.record({
      pass: fc.integer({ min: 1, max: 1_500 }),
      share: fc.double({ min: 0.001, max: 0.06, noNaN: true }),
      latency: fc.integer({ min: 1, max: 3_000 }),
    }),
    { minLength: 100, maxLength: 400 },
  ),
});

it('admits no more than the upstream would', () => {
  fc.assert(
    fc.property(world, ({ limit, phase, refills, readsLate, steps }) => {
      const model = refills ? bucketOf(limit) : windowOf(limit, phase);
      const learned = new LearnedLimits(() => {});
      const answers: { at: number; sent: Sent; remaining: number; resetIn: number }[] = [];
      let at = 0;

      function read(sent: Sent, remaining: number, resetIn: number, when: number): void {
        learned.observe([{ kind: 'tokens', limit, remaining: Math.floor(remaining), resetIn }], sent, when);
      }

      function send(cost: number, latency: number): void {
        const sent = learned.spend(amountsOf(cost, cost), at);
        expect(model.left(at)).toBeGreaterThanOrEqual(cost);
        model.take(cost, at);
        answers.push({ at: at + latency, sent, remaining: model.left(at), resetIn: model.resetIn(at) });
        answers.sort((a, b) => a.at - b.at);
      }

      send(1, 1);
      for (const { pass, share, latency } of steps) {
        at += pass;
        while (answers[0] !== undefined && answers[0].at <= at) {
          const [answer] = answers.splice(0, 1);
          if (answer === undefined) break;
          const { sent, remaining, resetIn, at: when } = answer;
          if (readsLate) read(sent, model.left(when), model.resetIn(when), when);
          else read(sent, remaining, resetIn, when);
        }
        const cost = Math.max(1, Math.ceil(share * limit));
        if (learned.refusal(amountsOf(cost, cost), at) === undefined) send(cost, latency);
      }
    }),
    { numRuns: 300 },
  );
});
