import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BreakerPass } from '../../src/breaker/breaker-pass.js';
import { createCircuitBreaker } from '../../src/breaker/circuit-breaker.js';
import type { CircuitBreaker, CircuitChange } from '../../src/breaker/circuit.js';
import type { BreakerSettings } from '../../src/config/settings.js';

const DEFAULTS: BreakerSettings = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minimumAttempts: 20,
  window: 60_000,
  openFor: 10_000,
  maxOpenFor: 300_000,
  trialCalls: 1,
  successesToClose: 2,
  ramp: 30_000,
  slowRatio: 0.5,
  minimumSlow: 10,
};

let breaker: CircuitBreaker;
let changes: CircuitChange[];
let random: number;
/** How far the clock is ahead of the timers. */
let stalled: number;

function build(settings: Partial<BreakerSettings> = {}): void {
  changes = [];
  random = 0.5;
  stalled = 0;
  breaker = createCircuitBreaker(
    { ...DEFAULTS, ...settings },
    {
      now: () => performance.now() + stalled,
      random: () => random,
      onChange: (change) => changes.push(change),
    },
  );
}

function begin(): BreakerPass {
  const pass = breaker.admit();
  if (pass === undefined) throw new Error('not admitted');
  return pass;
}

function fail(times = 1): void {
  for (let left = times; left > 0; left -= 1) begin().failure();
}

function succeed(times = 1): void {
  for (let left = times; left > 0; left -= 1) begin().success();
}

function beSlow(times: number): void {
  for (let left = times; left > 0; left -= 1) begin().neutral({ slow: true });
}

/** Opens it with failures, lets the open time pass and closes it again. */
function recover(): void {
  fail(5);
  vi.advanceTimersByTime(300_000);
  succeed(2);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
  build();
});

afterEach(() => {
  breaker.close();
  if (vi.getTimerCount() > 0) throw new Error('a timer is left');
  vi.useRealTimers();
});

describe('a closed circuit', () => {
  it('opens on five failures in a row, in the moment of the fifth verdict', () => {
    fail(4);
    expect(breaker.state).toBe('closed');
    fail();
    expect(breaker.state).toBe('open');
    expect(breaker.admits()).toBe(false);
    expect(breaker.admit()).toBeUndefined();
    expect(changes).toEqual([{ from: 'closed', to: 'open', reason: 'consecutive-failures', openFor: 10_000 }]);
  });

  it('is not opened by failures with successes between them, as long as they are few', () => {
    for (let round = 0; round < 4; round += 1) {
      fail(4);
      succeed();
    }
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot()).toMatchObject({ consecutiveFailures: 0, completed: 20, failed: 16 });
  });

  it('does not end a run of failures for a success that began before the run did', () => {
    const long = begin();
    fail(4);
    long.success();
    fail();
    expect(breaker.state).toBe('open');
  });

  it('ends a run of failures for a success that began after its first failure, though later ones came first', () => {
    fail();
    const next = begin();
    fail(3);
    next.success();
    fail(4);
    expect(breaker.state).toBe('closed');
  });

  it('is left as it is by neutral endings', () => {
    fail(4);
    for (let index = 0; index < 100; index += 1) begin().neutral();
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', consecutiveFailures: 4, completed: 4 });
    fail();
    expect(breaker.state).toBe('open');
  });

  it('opens when half of twenty completed attempts failed', () => {
    for (let round = 0; round < 9; round += 1) {
      succeed();
      fail();
    }
    succeed();
    expect(breaker.state).toBe('closed');
    fail();
    expect(breaker.state).toBe('open');
    expect(changes.map(({ reason }) => reason)).toEqual(['failure-ratio']);
  });

  it('says nothing about the ratio of fewer than twenty', () => {
    succeed();
    for (let round = 0; round < 6; round += 1) {
      fail(2);
      succeed();
    }
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', completed: 19, failed: 12 });
  });

  it('does not open below the ratio', () => {
    for (let round = 0; round < 50; round += 1) {
      succeed(2);
      fail();
    }
    expect(breaker.state).toBe('closed');
  });

  it('counts attempts that are still under way to no ratio', () => {
    const underWay = Array.from({ length: 1_000 }, begin);
    for (let round = 0; round < 10; round += 1) {
      succeed();
      fail();
    }
    expect(breaker.state).toBe('open');
    for (const pass of underWay) pass.neutral();
  });

  it('judges attempts that last longer than the window', () => {
    const long = Array.from({ length: 5 }, begin);
    vi.advanceTimersByTime(600_000);
    for (const pass of long) pass.failure();
    expect(breaker.state).toBe('open');
  });

  it('forgets verdicts after a minute, and not before 54 seconds', () => {
    build({ consecutiveFailures: 1_000 });
    fail(15);
    vi.advanceTimersByTime(54_000);
    expect(breaker.snapshot().failed).toBe(15);
    vi.advanceTimersByTime(6_000);
    expect(breaker.snapshot().failed).toBe(0);
    succeed(10);
    fail(9);
    expect(breaker.state).toBe('closed');
  });

  it('runs no timer, however long', () => {
    succeed(100);
    fail(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes the first verdict of a pass and ignores later ones', () => {
    const pass = begin();
    pass.failure();
    pass.failure();
    pass.success();
    pass.neutral({ slow: true });
    expect(breaker.snapshot()).toMatchObject({ consecutiveFailures: 1, completed: 1, failed: 1, slow: 0 });
  });
});

describe('an open circuit', () => {
  it('is half-open after ten seconds', () => {
    fail(5);
    const openedAt = performance.now();
    expect(breaker.admitsAt).toBe(openedAt + 10_000);
    vi.advanceTimersByTime(9_999);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(1);
    expect(breaker.state).toBe('half-open');
    expect(changes.at(-1)).toEqual({ from: 'open', to: 'half-open', reason: 'open-time-over' });
  });

  it('is half-open by the clock, even when its timer is late, and announces it once', () => {
    fail(5);
    stalled = 10_000;
    expect(breaker.state).toBe('half-open');
    expect(breaker.admits()).toBe(true);
    expect(changes).toHaveLength(1);
    expect(begin().trial).toBe(true);
    expect(changes).toHaveLength(2);
    vi.advanceTimersByTime(10_000);
    expect(changes).toHaveLength(2);
    expect(breaker.admits()).toBe(false);
  });

  it('ignores the verdicts of attempts from before: a hundred in flight open it once', () => {
    const inFlight = Array.from({ length: 100 }, begin);
    for (const pass of inFlight) pass.failure();
    expect(changes).toHaveLength(1);
    expect(breaker.snapshot().openings).toBe(1);
  });

  it('is neither closed nor opened again by verdicts from before it opened', () => {
    const [early, late, last] = [begin(), begin(), begin()];
    fail(5);
    early.success();
    vi.advanceTimersByTime(10_000);
    late.success();
    last.failure();
    expect(breaker.state).toBe('half-open');
    expect(breaker.snapshot().trialSuccesses).toBe(0);
  });

  it('takes nothing from the first content of a trial that has ended, or of an earlier half-open time', () => {
    fail(5);
    vi.advanceTimersByTime(10_000);
    const earlier = begin();
    earlier.neutral();
    earlier.firstContent();
    expect(breaker.snapshot()).toMatchObject({ trialSuccesses: 0, trialsInFlight: 0 });
    const overtaken = begin();
    breaker.forceOpen();
    breaker.reset();
    fail(5);
    vi.advanceTimersByTime(10_000);
    overtaken.firstContent();
    overtaken.failure();
    expect(breaker.snapshot()).toMatchObject({ state: 'half-open', trialSuccesses: 0, trialsInFlight: 0 });
  });

  it('is open for twice as long each time it opens again, at most five minutes', () => {
    fail(5);
    const times: (number | undefined)[] = [changes.at(-1)?.openFor];
    for (let round = 0; round < 7; round += 1) {
      vi.advanceTimersByTime(300_000);
      fail();
      times.push(changes.at(-1)?.openFor);
    }
    expect(times).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  });

  it.each([
    [0, 8_000],
    [0.25, 9_000],
    [0.9999, 12_000],
  ])('spreads its open time by a fifth: %d', (dice, openFor) => {
    random = dice;
    fail(5);
    expect(changes.at(-1)?.openFor).toBe(openFor);
    vi.advanceTimersByTime(openFor - 1);
    expect(breaker.state).toBe('open');
    vi.advanceTimersByTime(1);
    expect(breaker.state).toBe('half-open');
  });

  it('has its next open time halved by each healthy minute', () => {
    fail(5);
    for (let round = 0; round < 3; round += 1) {
      vi.advanceTimersByTime(300_000);
      fail();
    }
    vi.advanceTimersByTime(300_000);
    succeed(2);
    expect(breaker.snapshot().openings).toBe(4);
    vi.advanceTimersByTime(59_999);
    expect(breaker.snapshot().openings).toBe(4);
    vi.advanceTimersByTime(60_001);
    fail(5);
    expect(changes.at(-1)?.openFor).toBe(40_000);
  });

  it('can be open for a shorter time, counted from its opening', () => {
    fail(5);
    vi.advanceTimersByTime(10_000);
    fail();
    expect(changes.at(-1)?.openFor).toBe(20_000);
    vi.advanceTimersByTime(4_000);
    breaker.shortenOpen(10_000);
    expect(breaker.snapshot().openFor).toBe(6_000);
    vi.advanceTimersByTime(5_999);
    expect(changes).toHaveLength(3);
    vi.advanceTimersByTime(1);
    expect(changes.at(-1)?.reason).toBe('open-time-over');
  });

  it('is half-open at once when the shorter time is over, and is never open for longer', () => {
    fail(5);
    breaker.shortenOpen(50_000);
    expect(breaker.snapshot().openFor).toBe(10_000);
    vi.advanceTimersByTime(6_000);
    breaker.shortenOpen(5_000);
    expect(breaker.state).toBe('half-open');
    expect(changes).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets a probe end its open time, which closes nothing', () => {
    fail(5);
    breaker.allowTrial();
    expect(breaker.state).toBe('half-open');
    expect(changes.at(-1)?.reason).toBe('probe');
    expect(begin().trial).toBe(true);
  });

  it('can be restored with what is left of its time', () => {
    breaker.restoreOpen(3_000, 2);
    expect(changes).toEqual([{ from: 'closed', to: 'open', reason: 'restored', openFor: 3_000 }]);
    vi.advanceTimersByTime(3_000);
    fail();
    expect(changes.at(-1)).toMatchObject({ reason: 'trial-failed', openFor: 40_000 });
  });

  it('can be shortened from the listener that hears of the opening', () => {
    const heard: CircuitChange[] = [];
    const own = createCircuitBreaker(DEFAULTS, {
      now: () => performance.now(),
      random: () => 0.99,
      onChange: (change) => {
        heard.push(change);
        if (change.to === 'open') own.shortenOpen(10_000);
      },
    });
    for (let index = 0; index < 5; index += 1) own.admit()?.failure();
    vi.advanceTimersByTime(10_000);
    expect(heard.map(({ to }) => to)).toEqual(['open', 'half-open']);
    own.close();
  });
});

describe('a half-open circuit', () => {
  beforeEach(() => {
    fail(5);
    vi.advanceTimersByTime(10_000);
  });

  it('admits one trial at a time', () => {
    const trial = begin();
    expect(trial.trial).toBe(true);
    expect(breaker.admits()).toBe(false);
    expect(breaker.admitsAt).toBeUndefined();
    trial.success();
    expect(breaker.admits()).toBe(true);
    expect(breaker.admitsAt).toBe(performance.now());
  });

  it('closes after two successful trials and has forgotten what went before', () => {
    succeed(2);
    expect(changes.at(-1)).toEqual({ from: 'half-open', to: 'closed', reason: 'trials-succeeded' });
    expect(breaker.snapshot()).toMatchObject({ completed: 0, failed: 0, consecutiveFailures: 0 });
    fail();
    expect(breaker.state).toBe('closed');
    fail(3);
    expect(breaker.state).toBe('closed');
  });

  it('opens for twice as long when a trial fails, also after one that succeeded', () => {
    succeed();
    fail();
    expect(changes.at(-1)).toEqual({ from: 'half-open', to: 'open', reason: 'trial-failed', openFor: 20_000 });
    vi.advanceTimersByTime(20_000);
    succeed();
    expect(breaker.state).toBe('half-open');
  });

  it('gets its slot back from a neutral trial, and has learned nothing', () => {
    begin().neutral();
    begin().neutral({ slow: true });
    succeed();
    expect(breaker.state).toBe('half-open');
    succeed();
    expect(breaker.state).toBe('closed');
  });

  it('counts the first content of a stream as the success of the trial, once', () => {
    const stream = begin();
    stream.firstContent();
    stream.firstContent();
    expect(breaker.snapshot()).toMatchObject({ trialSuccesses: 1, trialsInFlight: 0 });
    stream.success();
    expect(breaker.state).toBe('half-open');
    begin().firstContent();
    expect(breaker.state).toBe('closed');
  });

  it('gets the slot of a stream back once, at its first content', () => {
    const stream = begin();
    stream.firstContent();
    begin();
    stream.neutral();
    expect(breaker.admits()).toBe(false);
  });

  it('counts a stream that is cut after its circuit closed as one failure of the new window', () => {
    const first = begin();
    first.firstContent();
    const second = begin();
    second.firstContent();
    vi.advanceTimersByTime(119_000);
    first.failure();
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', completed: 1, failed: 1, consecutiveFailures: 1 });
    second.success();
    expect(breaker.snapshot().completed).toBe(1);
  });

  it('opens again when a stream is cut whose first content had counted, before the others have closed it', () => {
    const stream = begin();
    stream.firstContent();
    stream.failure();
    expect(changes.at(-1)?.reason).toBe('trial-failed');
  });

  it('is not touched by the cut of a trial of an earlier half-open time', () => {
    const stream = begin();
    stream.firstContent();
    fail();
    vi.advanceTimersByTime(20_000);
    stream.failure();
    expect(breaker.state).toBe('half-open');
  });

  it('does not give back the slot of an earlier trial', () => {
    build({ trialCalls: 2 });
    fail(5);
    vi.advanceTimersByTime(10_000);
    const earlier = begin();
    fail();
    vi.advanceTimersByTime(20_000);
    begin();
    begin();
    earlier.neutral();
    expect(breaker.admits()).toBe(false);
  });
});

describe('after closing', () => {
  it('gets a tenth of its weight, and all of it after thirty seconds', () => {
    expect(breaker.weight()).toBe(1);
    recover();
    expect(breaker.weight()).toBeCloseTo(0.1);
    vi.advanceTimersByTime(15_000);
    expect(breaker.weight()).toBeCloseTo(0.55);
    vi.advanceTimersByTime(15_000);
    expect(breaker.weight()).toBe(1);
  });

  it('has its whole weight at once when there is no ramp', () => {
    build({ ramp: 0 });
    recover();
    expect(breaker.weight()).toBe(1);
  });
});

describe('the slow rate', () => {
  it('makes it degraded when half of ten are slow, and opens nothing', () => {
    succeed(5);
    beSlow(4);
    expect(breaker.degraded()).toBe(false);
    begin().success({ slow: true });
    expect(breaker.degraded()).toBe(true);
    expect(breaker.state).toBe('closed');
  });

  it('counts failures as attempts that were not slow, and neutral endings not at all', () => {
    beSlow(6);
    fail(3);
    for (let index = 0; index < 9; index += 1) begin().neutral();
    expect(breaker.degraded()).toBe(false);
    succeed();
    expect(breaker.degraded()).toBe(true);
    succeed(3);
    expect(breaker.degraded()).toBe(false);
  });

  it('is forgotten after a minute, with no verdict in between, and by closing', () => {
    beSlow(10);
    vi.advanceTimersByTime(54_000);
    expect(breaker.degraded()).toBe(true);
    vi.advanceTimersByTime(6_000);
    expect(breaker.degraded()).toBe(false);
    beSlow(10);
    fail(5);
    vi.advanceTimersByTime(10_000);
    expect(breaker.degraded()).toBe(true);
    succeed(2);
    expect(breaker.degraded()).toBe(false);
  });
});

describe('by hand', () => {
  it('stays open until reset, without any timer', () => {
    breaker.forceOpen();
    expect(changes).toEqual([{ from: 'closed', to: 'open', reason: 'forced' }]);
    vi.advanceTimersByTime(86_400_000);
    expect(breaker.admit()).toBeUndefined();
    expect(breaker.admitsAt).toBeUndefined();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', forced: 'open', openFor: undefined });
    breaker.shortenOpen(1);
    breaker.allowTrial();
    expect(breaker.state).toBe('open');
    breaker.reset();
    expect(breaker.state).toBe('closed');
    expect(breaker.forced).toBeUndefined();
    expect(changes.at(-1)).toEqual({ from: 'open', to: 'closed', reason: 'reset' });
  });

  it('stays open when it was open already and its time is over', () => {
    fail(5);
    breaker.forceOpen();
    expect(changes).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(20_000);
    expect(breaker.state).toBe('open');
  });

  it('stays closed whatever fails, counts it, and after a reset opens as ever', () => {
    breaker.forceClosed();
    fail(100);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', forced: 'closed', failed: 100 });
    expect(changes).toEqual([]);
    breaker.reset();
    expect(breaker.snapshot()).toMatchObject({ failed: 0, consecutiveFailures: 0 });
    for (let round = 0; round < 9; round += 1) {
      succeed();
      fail();
    }
    succeed();
    fail();
    expect(changes.at(-1)?.reason).toBe('failure-ratio');
  });

  it('closes an open circuit and holds it', () => {
    fail(5);
    breaker.forceClosed();
    expect(changes.at(-1)).toEqual({ from: 'open', to: 'closed', reason: 'forced' });
    fail(5);
    expect(breaker.state).toBe('closed');
  });

  it('ignores verdicts on their way when it is reset while closed', () => {
    const before = begin();
    breaker.reset();
    before.failure();
    expect(breaker.snapshot()).toMatchObject({ consecutiveFailures: 0, completed: 0 });
  });

  it('forgets openings in a row and verdicts on their way when it is reset', () => {
    const before = begin();
    fail(5);
    vi.advanceTimersByTime(10_000);
    fail();
    breaker.reset();
    before.failure();
    fail(4);
    expect(breaker.state).toBe('closed');
    fail();
    expect(changes.at(-1)?.openFor).toBe(10_000);
  });
});

describe('a circuit that was shut down', () => {
  it('starts no timer for a shorter open time', () => {
    fail(5);
    vi.advanceTimersByTime(10_000);
    fail();
    breaker.close();
    breaker.shortenOpen(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer, starts none and ignores verdicts', () => {
    const pass = begin();
    fail(5);
    breaker.close();
    expect(vi.getTimerCount()).toBe(0);
    pass.success();
    breaker.shortenOpen(5_000);
    breaker.reset();
    const late = Array.from({ length: 6 }, begin);
    for (const each of late) each.failure();
    breaker.restoreOpen(1_000, 0);
    expect(vi.getTimerCount()).toBe(0);
    expect(breaker.state).toBe('closed');
  });
});
