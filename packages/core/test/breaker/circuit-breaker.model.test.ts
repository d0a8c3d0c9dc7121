/** The circuit against its model: thousands of random histories, compared after every step. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BreakerPass } from '../../src/breaker/breaker-pass.js';
import { createCircuitBreaker } from '../../src/breaker/circuit-breaker.js';
import type { CircuitBreaker, CircuitChange } from '../../src/breaker/circuit.js';
import type { BreakerSettings } from '../../src/config/settings.js';
import { CircuitModel, type ModelAttempt } from './circuit-model.js';

const RUNS = 3_000;

interface Real {
  readonly breaker: CircuitBreaker;
  readonly changes: CircuitChange[];
  readonly passes: BreakerPass[];
  /** `late` is how far the clock is ahead of the timers, after a busy event loop; punctual if not since the opening. */
  readonly clock: { late: number; punctual: boolean };
}

const clockOf = ({ clock }: Pick<Real, 'clock'>) => performance.now() + clock.late;

function compare(model: CircuitModel, real: Real): void {
  const now = clockOf(real);
  const { breaker } = real;
  expect(breaker.state).toBe(model.state);
  expect(breaker.forced).toBe(model.forced);
  expect(breaker.generation).toBe(model.generation);
  expect(breaker.admits()).toBe(model.admits());
  expect(breaker.admitsAt).toBe(model.admits() ? now : model.openUntil);
  expect(breaker.weight()).toBeCloseTo(model.weight(now), 9);
  const counts = model.counts(now);
  expect(breaker.degraded()).toBe(counts.degraded);
  expect(breaker.snapshot()).toMatchObject({
    state: model.state,
    consecutiveFailures: model.run(),
    completed: counts.judged,
    failed: counts.failed,
    slow: counts.slow,
    openFor: model.openUntil === undefined ? undefined : model.openUntil - now,
    trialsInFlight: model.trialsInFlight(),
    trialSuccesses: model.trialSuccesses(),
  });
  if (model.forced === undefined) expect(breaker.snapshot().openings).toBe(model.openings(now));
  compareAnnouncements(model, real);
}

/** Only the end of an open time may still be unannounced, when its timer is late and nobody has asked to be admitted. */
function compareAnnouncements(model: CircuitModel, { changes, clock }: Real): void {
  const announced = model.changes.length === changes.length;
  expect(changes).toEqual(announced ? model.changes : model.changes.slice(0, -1));
  if (!announced) expect([model.changes.at(-1)?.reason, clock.punctual]).toEqual(['open-time-over', false]);
  const waiting = model.openUntil !== undefined || !announced;
  expect(vi.getTimerCount()).toBe(waiting ? 1 : 0);
  if (!waiting) clock.punctual = true;
}

class Step implements fc.Command<CircuitModel, Real> {
  readonly name: string;
  readonly act: (model: CircuitModel, real: Real, now: number) => void;

  constructor(name: string, act: (model: CircuitModel, real: Real, now: number) => void) {
    this.name = name;
    this.act = act;
  }

  check(): boolean {
    return true;
  }

  run(model: CircuitModel, real: Real): void {
    this.act(model, real, clockOf(real));
    compare(model, real);
  }

  toString(): string {
    return this.name;
  }
}

type Ending = 'success' | 'slow success' | 'failure' | 'neutral' | 'slow';

function begin(model: CircuitModel, real: Real): [ModelAttempt, BreakerPass] | undefined {
  const pass = real.breaker.admit();
  expect(pass !== undefined).toBe(model.admits());
  if (pass === undefined) return undefined;
  expect(pass.trial).toBe(model.state === 'half-open');
  expect(pass.generation).toBe(model.generation);
  real.passes.push(pass);
  return [model.begin(), pass];
}

function end(pass: BreakerPass, ending: Ending): void {
  if (ending === 'failure') pass.failure();
  else if (ending === 'neutral') pass.neutral();
  else if (ending === 'slow') pass.neutral({ slow: true });
  else pass.success(ending === 'slow success' ? { slow: true } : undefined);
}

function endModel(model: CircuitModel, attempt: ModelAttempt, ending: Ending, now: number): void {
  const verdict = ending === 'slow success' ? 'success' : ending === 'slow' ? 'neutral' : ending;
  model.settle(attempt, verdict, ending.startsWith('slow'), now);
}

const ending = fc.constantFrom<Ending>('success', 'success', 'slow success', 'failure', 'failure', 'neutral', 'slow');
/** Counted from the newest attempt, because old ones seldom matter. */
const whichOne = fc.oneof(fc.nat(3), fc.nat(30));
const duration = fc.oneof(
  fc.constantFrom(0, 1, 3_000, 5_999, 6_000, 9_999, 10_000, 20_000, 54_000, 60_000, 300_000),
  fc.nat(70_000),
);

const beginOne = fc.constant(new Step('begin', (model, real) => void begin(model, real)));

const settleOne = fc.tuple(whichOne, ending).map(
  ([back, how]) =>
    new Step(`settle(${back}, ${how})`, (model, real, now) => {
      const index = model.attempts.length - 1 - back;
      const attempt = model.attempts[index];
      if (attempt === undefined) return;
      end(real.passes[index]!, how);
      endModel(model, attempt, how, now);
    }),
);

const burst = fc.array(ending, { minLength: 1, maxLength: 25 }).map(
  (endings) =>
    new Step(`burst(${endings.join(', ')})`, (model, real, now) => {
      for (const how of endings) {
        const begun = begin(model, real);
        if (begun === undefined) return;
        end(begun[1], how);
        endModel(model, begun[0], how, now);
      }
    }),
);

const firstContent = whichOne.map(
  (back) =>
    new Step(`firstContent(${back})`, (model, real, now) => {
      const index = model.attempts.length - 1 - back;
      const attempt = model.attempts[index];
      if (attempt === undefined) return;
      real.passes[index]!.firstContent();
      model.firstContent(attempt, now);
    }),
);

const advance = duration.map(
  (time) =>
    new Step(`advance(${time})`, (model, real) => {
      vi.advanceTimersByTime(time);
      model.arrive(clockOf(real));
    }),
);

/** The end of the open time, whenever that is. */
const sitOut = fc.constant(
  new Step('sitOut', (model, real, now) => {
    vi.advanceTimersByTime(model.openUntil === undefined ? 0 : model.openUntil - now);
    model.arrive(clockOf(real));
  }),
);

const stall = duration.map(
  (time) =>
    new Step(`stall(${time})`, (model, real) => {
      real.clock.late += time;
      if (model.openUntil !== undefined && time > 0) real.clock.punctual = false;
      model.arrive(clockOf(real));
    }),
);

const byHand = fc.constantFrom('open', 'closed', 'reset', 'reset', 'reset').map(
  (what) =>
    new Step(`byHand(${what})`, (model, real, now) => {
      if (what === 'reset') {
        real.breaker.reset();
        model.reset(now);
        return;
      }
      const state = what === 'open' ? 'open' : 'closed';
      if (state === 'open') real.breaker.forceOpen();
      else real.breaker.forceClosed();
      model.force(state, now);
    }),
);

const shorten = fc.constantFrom(0, 1_000, 5_000, 10_000, 10_001, 40_000).map(
  (longest) =>
    new Step(`shortenOpen(${longest})`, (model, real, now) => {
      real.breaker.shortenOpen(longest);
      model.shorten(longest, now);
    }),
);

const allowTrial = fc.constant(
  new Step('allowTrial', (model, real, now) => {
    real.breaker.allowTrial();
    model.allowTrial(now);
  }),
);

const restore = fc.tuple(fc.constantFrom(1, 7_000, 40_000), fc.nat(2)).map(
  ([openFor, openings]) =>
    new Step(`restoreOpen(${openFor}, ${openings})`, (model, real, now) => {
      real.breaker.restoreOpen(openFor, openings);
      model.restore(openFor, openings, now);
    }),
);

const common = [
  beginOne,
  beginOne,
  settleOne,
  settleOne,
  settleOne,
  burst,
  burst,
  firstContent,
  advance,
  sitOut,
  sitOut,
];
const history = fc.commands(
  [...common, ...common, ...common, ...common, stall, stall, shorten, shorten, allowTrial, restore, byHand],
  { maxCommands: 60, size: 'max' },
);

const settingsOf: fc.Arbitrary<BreakerSettings> = fc.record({
  consecutiveFailures: fc.constantFrom(1, 2, 3, 5, 50),
  failureRatio: fc.constantFrom(0.1, 1 / 3, 0.5, 0.5, 0.7, 1),
  minimumAttempts: fc.constantFrom(1, 4, 10, 20),
  window: fc.constantFrom(60_000, 60_000, 1_000, 12_345),
  openFor: fc.constantFrom(10_000, 10_000, 700),
  maxOpenFor: fc.constantFrom(300_000, 300_000, 40_000, 10_000),
  trialCalls: fc.constantFrom(1, 1, 2, 3),
  successesToClose: fc.constantFrom(1, 2, 2, 3),
  ramp: fc.constantFrom(30_000, 30_000, 0, 5_000),
  slowRatio: fc.constantFrom(0.5, 0.5, 0.25, 1),
  minimumSlow: fc.constantFrom(1, 4, 10),
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the circuit', () => {
  it(`does what its rules say in ${RUNS} random histories`, { timeout: 120_000 }, async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(history, settingsOf, fc.constantFrom(0, 0.5, 0.999), async (steps, settings, random) => {
        const clock = { late: 0, punctual: true };
        const changes: CircuitChange[] = [];
        const breaker = createCircuitBreaker(settings, {
          now: () => clockOf({ clock }),
          random: () => random,
          onChange: (change) => changes.push(change),
        });
        try {
          const model = new CircuitModel(settings, clockOf({ clock }), random);
          fc.modelRun(() => ({ model, real: { breaker, changes, passes: [], clock } }), steps);
        } finally {
          breaker.close();
        }
        expect(vi.getTimerCount()).toBe(0);
        for (const { reason } of changes) seen.set(reason, (seen.get(reason) ?? 0) + 1);
      }),
      { numRuns: RUNS },
    );
    // A model that never gets anywhere proves nothing.
    const often = [...seen].filter(([, times]) => times > RUNS / 40).map(([reason]) => reason);
    expect(often.toSorted()).toEqual([
      'consecutive-failures',
      'failure-ratio',
      'forced',
      'open-time-over',
      'probe',
      'reset',
      'restored',
      'trial-failed',
      'trials-succeeded',
    ]);
  });
});
