import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuotaPlaces } from '../../src/config/settings.ts';
import { parsePointer } from '../../src/quota/json-pointer.ts';
import { checkUsage, readUsage, type UsageRead } from '../../src/quota/usage.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const HOUR = 3_600_000;

type Written = { readonly [Place in keyof QuotaPlaces]?: string | number };

function read(document: unknown, { used, limit, remaining, resetsAt }: Written): UsageRead {
  const pointer = (text: string | number | undefined) => (typeof text === 'string' ? parsePointer(text) : undefined);
  const places = {
    used: pointer(used),
    limit: typeof limit === 'number' ? limit : pointer(limit),
    remaining: pointer(remaining),
    resetsAt: pointer(resetsAt),
  };
  return readUsage(typeof document === 'string' ? document : JSON.stringify(document), places, NOW);
}

function usage(remaining: number | undefined, limit?: number, resetsAt?: number) {
  return { ok: true, usage: { remaining, limit, resetsAt } };
}

describe('a usage', () => {
  it('is read where OpenRouter says it', () => {
    const key = { data: { label: 'k', limit: 100, limit_remaining: 74.5, limit_reset: 'monthly', usage: 325.5 } };
    expect(read(key, { remaining: '/data/limit_remaining', limit: '/data/limit' })).toEqual(usage(74.5, 100));
    const unlimited = { data: { limit: null, limit_remaining: null, usage: 3 } };
    expect(read(unlimited, { remaining: '/data/limit_remaining', limit: '/data/limit' })).toEqual(usage(undefined));
    expect(read(unlimited, { used: '/data/usage', limit: '/data/limit' })).toEqual(usage(undefined));
  });

  it('is read where DeepSeek says it, in text and without a limit', () => {
    const balance = { is_available: true, balance_infos: [{ currency: 'CNY', total_balance: '12.50' }] };
    expect(read(balance, { remaining: '/balance_infos/0/total_balance' })).toEqual(usage(12.5));
    expect(read(balance, { remaining: '/balance_infos/0/total_balance', limit: 50 })).toEqual(usage(12.5, 50));
  });

  it('needs two of three amounts', () => {
    const all = { used: 30, limit: 100, remaining: 70 };
    expect(read(all, { used: '/used', limit: '/limit' })).toEqual(usage(70, 100));
    expect(read(all, { used: '/used', remaining: '/remaining' })).toEqual(usage(70, 100));
    expect(read(all, { limit: '/limit', remaining: '/remaining' })).toEqual(usage(70, 100));
  });

  it('may be a debt', () => {
    expect(read({ left: '-3.25' }, { remaining: '/left', limit: 10 })).toEqual(usage(-3.25, 10));
    expect(read({ used: 12, limit: 10 }, { used: '/used', limit: '/limit' })).toEqual(usage(-2, 10));
  });

  it.each([
    ['an RFC 3339 time', '2026-11-29T13:00:00Z', NOW + HOUR],
    ['one of another zone', '2026-11-29T14:00:00+01:00', NOW + HOUR],
    ['seconds since 1970', (NOW + HOUR) / 1000, NOW + HOUR],
    ['seconds since 1970 as text', String((NOW + HOUR) / 1000), NOW + HOUR],
    ['milliseconds since 1970', NOW + HOUR, NOW + HOUR],
    ['a time that is over', '2026-11-29T11:00:00Z', undefined],
    ['no time', 'monthly', undefined],
    ['nothing', null, undefined],
    ['an object', {}, undefined],
    ['a number beyond all time', 1e300, undefined],
  ])('knows when it is reset from %s', (_what, at, expected) => {
    expect(read({ left: 5, at }, { remaining: '/left', limit: 10, resetsAt: '/at' })).toEqual(usage(5, 10, expected));
  });

  it.each([
    'NaN',
    'Infinity',
    '1e5',
    '0x10',
    '',
    ' ',
    '12,50',
    '$5',
    '9'.repeat(400),
    true,
    false,
    [],
    [5],
    {},
    'null',
  ])('is not read from what is no number: %j', (left) => {
    const answer = read({ left }, { remaining: '/left', limit: 10 });
    expect(answer).toEqual({ ok: false, problem: 'there is no number at /left' });
  });

  it.each([
    ['no JSON', '<html>', 'the answer is not valid JSON'],
    ['an empty answer', '', 'the answer is not valid JSON'],
    ['a number too large to be one', '{"left":1e999}', 'there is no number at /left'],
    ['another document', '{"error":"no such route"}', 'there is no number at /left'],
    ['null', 'null', 'there is no number at /left'],
    ['a list', '[1,2]', 'there is no number at /left'],
    ['what is nested without end', '['.repeat(200_000), 'the answer is not valid JSON'],
    ['what is nested very deeply', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'there is no number at /left'],
  ])('is not read from %s', (_what, body, problem) => {
    expect(read(body, { remaining: '/left', limit: '/left' })).toEqual({ ok: false, problem });
  });

  it('is not read from amounts that are none: a negative limit, a negative use, sums without end', () => {
    const places = { used: '/used', limit: '/limit' };
    expect(read({ used: 1, limit: -1 }, places)).toEqual({ ok: false, problem: 'the limit is no amount' });
    expect(read({ used: -1, limit: 9 }, places)).toEqual({ ok: false, problem: 'what is used is no amount' });
    expect(read({ used: null, limit: 9 }, places)).toEqual({ ok: false, problem: 'what is used is no amount' });
    const huge = { used: 1.7e308, left: 1.7e308 };
    expect(read(huge, { used: '/used', remaining: '/left' })).toMatchObject({ ok: false });
  });

  it('quotes nothing of the answer in what it says about it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        const answer = read({ secret: document }, { remaining: '/secret', limit: 10 });
        const problem = answer.ok ? 'what is left is no amount' : answer.problem;
        expect(problem).toMatch(/^(?:there is no number at \/secret|what is left is no amount)$/u);
      }),
    );
  });

  it('has finite amounts, whatever the answer is', () => {
    const amount = fc.oneof(fc.double(), fc.integer(), fc.double().map(String), fc.jsonValue());
    fc.assert(
      fc.property(amount, amount, amount, (used, limit, remaining) => {
        for (const places of [
          { used: '/used', limit: '/limit' },
          { remaining: '/remaining', limit: '/limit' },
          { used: '/used', remaining: '/remaining' },
        ]) {
          const answer = read({ used, limit, remaining }, places);
          if (!answer.ok || answer.usage.remaining === undefined) continue;
          expect(Number.isFinite(answer.usage.remaining)).toBe(true);
          expect(Number.isFinite(answer.usage.limit) && (answer.usage.limit ?? -1) >= 0).toBe(true);
        }
      }),
    );
  });
});

describe('what a function returns', () => {
  it.each([
    [{ remaining: 5 }, usage(5)],
    [{ remaining: 5, limit: 10 }, usage(5, 10)],
    [{ remaining: 5, limit: null }, usage(5)],
    [{ remaining: -1, limit: 10, resetsAt: undefined }, usage(-1, 10)],
    [{ remaining: Infinity }, usage(undefined)],
    [{ remaining: 5, resetsAt: new Date(NOW + HOUR) }, usage(5, undefined, NOW + HOUR)],
    [{ remaining: 5, resetsAt: new Date(Number.NaN) }, usage(5)],
    [{ remaining: 5, resetsAt: (NOW + HOUR) / 1000 }, usage(5, undefined, NOW + HOUR)],
  ])('is taken: %j', (value, expected) => {
    expect(checkUsage(value, NOW)).toEqual(expected);
  });

  it.each([undefined, null, 5, 'full', [], {}, { limit: 5 }, { remaining: '5' }, { remaining: Number.NaN }])(
    'is refused when it is no usage: %j',
    (value) => {
      expect(checkUsage(value, NOW)).toMatchObject({ ok: false });
    },
  );

  it.each([{ limit: '10' }, { limit: Number.NaN }, { limit: -1 }, { limit: Infinity }])(
    'is refused when its limit is none: %j',
    (value) => {
      expect(checkUsage({ remaining: 5, ...value }, NOW)).toMatchObject({ ok: false });
    },
  );
});
