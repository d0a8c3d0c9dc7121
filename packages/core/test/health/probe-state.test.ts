import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterProbe, isUndecided, NOT_PROBED, type ProbeOutcome } from '../../src/health/probe-state.js';

const THRESHOLDS = { fall: 3, rise: 2 };

function after(outcomes: readonly ProbeOutcome[], thresholds = THRESHOLDS) {
  return outcomes.reduce((state, outcome) => afterProbe(state, outcome, thresholds), NOT_PROBED);
}

describe('the opinion of probes', () => {
  it.each<[ProbeOutcome[], string]>([
    [[], 'unknown'],
    [['ok'], 'up'],
    [['failed', 'failed'], 'unknown'],
    [['failed', 'failed', 'failed'], 'down'],
    [['ok', 'failed', 'failed'], 'up'],
    [['failed', 'failed', 'ok', 'failed', 'failed'], 'up'],
    [['failed', 'failed', 'failed', 'ok'], 'down'],
    [['failed', 'failed', 'failed', 'ok', 'failed', 'ok'], 'down'],
    [['failed', 'failed', 'failed', 'ok', 'ok'], 'up'],
    [['nothing', 'nothing', 'nothing'], 'unknown'],
    [['ok', 'nothing', 'nothing'], 'up'],
    [['ok', 'nothing', 'nothing', 'nothing'], 'unknown'],
    [['failed', 'failed', 'nothing', 'failed'], 'unknown'],
    [['failed', 'failed', 'failed', 'nothing', 'nothing'], 'unknown'],
  ])('after %j is %s', (outcomes, opinion) => {
    expect(after(outcomes).opinion).toBe(opinion);
  });

  it('is undecided while one more outcome may change it', () => {
    expect(isUndecided(after([]))).toBe(false);
    expect(isUndecided(after(['failed']))).toBe(true);
    expect(isUndecided(after(['failed', 'failed', 'failed']))).toBe(false);
    expect(isUndecided(after(['failed', 'failed', 'failed', 'ok']))).toBe(true);
    expect(isUndecided(after(['ok']))).toBe(false);
  });

  /** By looking at all outcomes again, where the machine keeps counts. */
  function opinionByRules(outcomes: readonly ProbeOutcome[], { fall, rise }: typeof THRESHOLDS): string {
    let opinion = 'unknown';
    for (let end = 1; end <= outcomes.length; end += 1) {
      const run = (which: readonly ProbeOutcome[]): number => {
        let length = 0;
        while (length < end && which.includes(outcomes[end - 1 - length] ?? 'ok')) length += 1;
        return length;
      };
      if (run(['failed']) >= fall) opinion = 'down';
      else if (opinion === 'down' && run(['ok']) >= rise) opinion = 'up';
      else if (opinion === 'down' && run(['ok', 'nothing']) >= rise) opinion = 'unknown';
      else if (opinion !== 'down' && run(['nothing']) >= fall) opinion = 'unknown';
      else if (opinion !== 'down' && outcomes[end - 1] === 'ok') opinion = 'up';
    }
    return opinion;
  }

  it('is what the rules say of the whole row', () => {
    const outcome = fc.constantFrom<ProbeOutcome>('ok', 'failed', 'nothing');
    const thresholds = fc.record({ fall: fc.integer({ min: 1, max: 5 }), rise: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), thresholds, (outcomes, given) => {
        expect(after(outcomes, given).opinion).toBe(opinionByRules(outcomes, given));
      }),
      { numRuns: 2_000 },
    );
  });

  it('goes down only by so many failures in a row, and comes back only by so many answers', () => {
    const outcome = fc.constantFrom<ProbeOutcome>('ok', 'failed', 'nothing');
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60 }), (outcomes) => {
        let state = NOT_PROBED;
        outcomes.forEach((one, index) => {
          const before = state.opinion;
          state = afterProbe(state, one, THRESHOLDS);
          const last = (count: number): ProbeOutcome[] => outcomes.slice(Math.max(0, index + 1 - count), index + 1);
          if (before !== 'down' && state.opinion === 'down') expect(last(3)).toEqual(['failed', 'failed', 'failed']);
          if (before === 'down' && state.opinion !== 'down') {
            expect(last(2)).toHaveLength(2);
            expect(last(2)).not.toContain('failed');
          }
        });
      }),
    );
  });
});
