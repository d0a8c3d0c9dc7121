import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccountLimit, type AccountClass, type AccountFinding } from '../../src/pool/account-limit.js';

const CLASSES: readonly AccountClass[] = ['rate-limited', 'quota', 'credential'];

interface Told {
  readonly class?: AccountClass;
  readonly deployment?: string;
  readonly startedAt?: number;
  readonly hintedUntil?: number;
}

/** A key of an upstream fails; its attempt had begun a moment before. */
function fail(account: AccountLimit, key: number, at: number, told: Told = {}): AccountFinding | undefined {
  const { class: failed = 'rate-limited', deployment = 'm@P', startedAt = at - 1, hintedUntil } = told;
  return account.failed({ key, class: failed, deployment, attemptStartedAt: startedAt, at, hintedUntil });
}

function succeed(account: AccountLimit, key: number, at: number, deployment = 'm@P', startedAt = at - 1): void {
  account.succeeded({ key, deployment, attemptStartedAt: startedAt, at });
}

const keysOf = (finding: AccountFinding | undefined): readonly number[] =>
  finding?.kind === 'limit' ? finding.failures.map(({ key }) => key) : [];

describe('One limit of the account', () => {
  it.each([
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [20, 11],
  ])('of %i keys takes more than half: %i', (keys, needed) => {
    const account = new AccountLimit(keys);
    for (let key = 1; key < needed; key += 1) expect(fail(account, key, key)).toBeUndefined();
    expect(fail(account, needed, needed)).toMatchObject({ kind: 'limit', deployment: undefined });
  });

  it('is not found in the failures of a single key, however many', () => {
    const account = new AccountLimit(2);
    for (let at = 0; at < 100; at += 1) expect(fail(account, 1, at)).toBeUndefined();
  });

  it('takes failures of one class', () => {
    const account = new AccountLimit(3);
    for (const [index, failed] of CLASSES.entries()) {
      expect(fail(account, index + 1, 0, { class: failed })).toBeUndefined();
    }
  });

  it('takes them within ten seconds', () => {
    const account = new AccountLimit(3);
    fail(account, 1, 0);
    expect(fail(account, 2, 10_000)).toBeUndefined();
    expect(keysOf(fail(account, 3, 19_999))).toEqual([2, 3]);
  });

  it('takes what the keys met on any model', () => {
    const account = new AccountLimit(3);
    fail(account, 1, 0, { deployment: 'a@P' });
    expect(fail(account, 2, 1, { deployment: 'b@P' })).toMatchObject({ kind: 'limit', deployment: undefined });
  });

  it('names the failures it was found in, with their hints', () => {
    const account = new AccountLimit(3);
    fail(account, 1, 0, { hintedUntil: 9_000 });
    const finding = fail(account, 3, 1, { hintedUntil: 4_000 });
    expect(finding).toMatchObject({
      failures: [
        { key: 1, hintedUntil: 9_000 },
        { key: 3, hintedUntil: 4_000 },
      ],
    });
  });

  it('is not found while one of the other keys has just answered, until that one fails, too', () => {
    const account = new AccountLimit(3);
    succeed(account, 3, 0);
    fail(account, 1, 1, { class: 'credential' });
    expect(fail(account, 2, 2, { class: 'credential' })).toBeUndefined();
    expect(keysOf(fail(account, 3, 3, { class: 'credential' }))).toEqual([1, 2, 3]);
  });

  it('is found when the others have not answered for ten seconds', () => {
    const account = new AccountLimit(3);
    succeed(account, 3, 0);
    fail(account, 1, 10_000);
    expect(keysOf(fail(account, 2, 10_001))).toEqual([1, 2]);
  });

  it('does not count a key that has answered since it failed', () => {
    const account = new AccountLimit(4);
    for (const key of [1, 2]) fail(account, key, 0);
    succeed(account, 1, 5, 'm@P', 2);
    expect(fail(account, 3, 12_000)).toBeUndefined();
    const other = new AccountLimit(2);
    fail(other, 1, 0);
    succeed(other, 1, 5, 'm@P', -3);
    expect(keysOf(fail(other, 2, 6))).toEqual([1, 2]);
  });
});

describe('A limit on the rate', () => {
  it('is the model’s where another model has answered within ten seconds', () => {
    const account = new AccountLimit(3);
    succeed(account, 1, 0, 'b@P');
    fail(account, 1, 1, { deployment: 'a@P' });
    expect(fail(account, 2, 2, { deployment: 'a@P' })).toMatchObject({ kind: 'limit', deployment: 'a@P' });
    expect(fail(account, 3, 3, { deployment: 'b@P' })).toBeUndefined();
  });

  it('is the account’s again when the other model has been silent for longer', () => {
    const account = new AccountLimit(3);
    succeed(account, 1, 0, 'b@P');
    fail(account, 1, 9_999, { deployment: 'a@P' });
    expect(fail(account, 2, 10_000, { deployment: 'a@P' })).toMatchObject({ kind: 'limit', deployment: undefined });
  });

  it('is the model’s although keys answer for other models', () => {
    const account = new AccountLimit(3);
    for (const key of [1, 2, 3]) succeed(account, key, 0, 'b@P');
    fail(account, 1, 1, { deployment: 'a@P' });
    expect(fail(account, 2, 2, { deployment: 'a@P' })).toMatchObject({ kind: 'limit', deployment: 'a@P' });
  });

  it('only: quota and credentials are the account’s whatever other models do', () => {
    for (const failed of ['quota', 'credential'] as const) {
      const account = new AccountLimit(2);
      succeed(account, 1, 0, 'b@P');
      fail(account, 1, 1, { class: failed, deployment: 'a@P' });
      const finding = fail(account, 2, 2, { class: failed, deployment: 'a@P' });
      expect(finding).toMatchObject({ kind: 'limit', deployment: undefined });
    }
  });
});

describe('What comes after it was found', () => {
  function found(): AccountLimit {
    const account = new AccountLimit(3);
    fail(account, 1, 10);
    expect(fail(account, 2, 10)).toMatchObject({ kind: 'limit' });
    return account;
  }

  it('belongs to it, if the attempt was under way', () => {
    const account = found();
    expect(fail(account, 3, 5_000, { startedAt: 10 })).toEqual({ kind: 'known', deployment: undefined });
    expect(fail(account, 1, 5_000, { startedAt: 9 })).toEqual({ kind: 'known', deployment: undefined });
    expect(fail(account, 3, 5_000, { startedAt: 9, class: 'quota' })).toBeUndefined();
  });

  it('is a new one, if the attempt began later', () => {
    const account = found();
    expect(fail(account, 3, 5_000, { startedAt: 11 })).toBeUndefined();
    expect(keysOf(fail(account, 2, 5_001, { startedAt: 12 }))).toEqual([3, 2]);
  });

  it('does not belong to a limit of another model', () => {
    const account = new AccountLimit(2);
    succeed(account, 1, 0, 'b@P');
    for (const key of [1, 2]) fail(account, key, 1, { deployment: 'a@P' });
    expect(fail(account, 1, 2, { deployment: 'b@P', startedAt: 0 })).toBeUndefined();
    expect(fail(account, 1, 2, { deployment: 'a@P', startedAt: 0 })).toEqual({ kind: 'known', deployment: 'a@P' });
  });

  it('takes all keys next time, if only another key answers after the rest', () => {
    const account = found();
    succeed(account, 3, 20_000);
    fail(account, 1, 40_000);
    expect(fail(account, 2, 40_001)).toBeUndefined();
    expect(keysOf(fail(account, 3, 40_002))).toEqual([1, 2, 3]);
  });

  it('takes most keys again, once a key that had failed answers', () => {
    const account = found();
    succeed(account, 3, 20_000);
    succeed(account, 1, 20_001);
    succeed(account, 3, 20_002);
    fail(account, 1, 40_000);
    expect(keysOf(fail(account, 2, 40_001))).toEqual([1, 2]);
  });

  it('learns nothing from answers to attempts of before', () => {
    const account = found();
    succeed(account, 3, 11, 'm@P', 5);
    fail(account, 1, 40_000);
    expect(keysOf(fail(account, 2, 40_001))).toEqual([1, 2]);
  });
});

describe('Whatever happens', () => {
  const step = fc.record({
    fails: fc.boolean(),
    key: fc.integer({ min: 1, max: 5 }),
    class: fc.constantFrom(...CLASSES),
    deployment: fc.constantFrom('a@P', 'b@P'),
    after: fc.integer({ min: 0, max: 6_000 }),
    lasted: fc.integer({ min: 0, max: 12_000 }),
  });

  it('a limit is found only in failures of one class, of several and most keys, within ten seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.array(step, { maxLength: 60 }), (keys, steps) => {
        const account = new AccountLimit(keys);
        let at = 0;
        for (const { fails, key: any, class: failed, deployment, after, lasted } of steps) {
          at += after;
          const key = ((any - 1) % keys) + 1;
          if (!fails) {
            succeed(account, key, at, deployment, at - lasted);
            continue;
          }
          const finding = fail(account, key, at, { class: failed, deployment, startedAt: at - lasted });
          if (finding?.kind !== 'limit') continue;
          const found = finding.failures;
          const distinct = new Set(found.map((one) => one.key));
          expect(distinct.size).toBeGreaterThanOrEqual(2);
          expect(distinct.size * 2).toBeGreaterThan(keys);
          expect(new Set(found.map((one) => one.class))).toEqual(new Set([failed]));
          expect(found.every((one) => at - one.at < 10_000)).toBe(true);
          if (finding.deployment === undefined) continue;
          expect(failed).toBe('rate-limited');
          expect(found.every((one) => one.deployment === finding.deployment)).toBe(true);
        }
      }),
    );
  });

  it('all keys failing alike within ten seconds are always one limit, and their attempts under way are part of it', () => {
    const beginning = fc.array(step, { maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), beginning, fc.constantFrom(...CLASSES), (keys, steps, failed) => {
        const account = new AccountLimit(keys);
        let at = 0;
        for (const { fails, key: any, class: one, deployment, after } of steps) {
          at += after;
          const key = ((any - 1) % keys) + 1;
          if (fails) fail(account, key, at, { class: one, deployment, startedAt: at });
          else succeed(account, key, at, deployment, at);
        }
        at += 60_000;
        const findings = Array.from({ length: keys }, (_, index) =>
          fail(account, index + 1, at + index, { class: failed, startedAt: at - 1 }),
        );
        expect(findings.filter((one) => one?.kind === 'limit')).toHaveLength(1);
        expect(findings.at(-1)).toBeDefined();
        const late = fail(account, 1, at + 100, { class: failed, startedAt: at });
        expect(late).toMatchObject({ kind: 'known' });
      }),
    );
  });
});
