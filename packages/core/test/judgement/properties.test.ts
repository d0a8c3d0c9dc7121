import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/judgement/classify.js';
import type { Failure } from '../../src/judgement/failure.js';
import { readHint } from '../../src/judgement/retry-after.js';
import { readErrorBody } from '../../src/judgement/error-body.js';
import { restFor } from '../../src/judgement/rests.js';
import { isFailureClass } from '../../src/judgement/table.js';
import { anthropic, answer, gemini, inside200, openai } from './failures.js';

const NAMES = [
  'content-type',
  'location',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
  'anthropic-ratelimit-requests-remaining',
  'anthropic-ratelimit-requests-reset',
  '__proto__',
];

const bytes = fc.uint8Array({ maxLength: 400 }).map((data) => Buffer.from(data).toString('utf8'));
const headerText = fc.oneof(
  bytes,
  fc.integer().map(String),
  fc.double().map(String),
  fc.date({ noInvalidDate: true }).map(String),
);
const headers = fc.dictionary(fc.constantFrom(...NAMES), fc.oneof(headerText, fc.array(headerText, { maxLength: 3 })));

const errorKeys = fc.constantFrom(
  'error',
  'message',
  'code',
  'type',
  'status',
  'details',
  'detail',
  'errors',
  'retryDelay',
  'retry_after',
  'metadata',
  'headers',
  'violations',
  'quotaId',
  'loc',
  'msg',
  'base_resp',
  'innererror',
  '__proto__',
  'constructor',
);
const bodies = fc.oneof(
  bytes,
  fc.json(),
  fc.object({ key: errorKeys, maxDepth: 5 }).map((body) => JSON.stringify(body)),
  fc.array(fc.object({ key: errorKeys, maxDepth: 4 }), { maxLength: 2 }).map((body) => JSON.stringify(body)),
);
const statuses = fc.oneof(fc.integer({ min: 300, max: 599 }), fc.integer(), fc.double());

const failures: fc.Arbitrary<Failure> = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), status: statuses, headers, body: bodies }),
  fc.record({ kind: fc.constant('error-body' as const), headers, body: bodies }),
);

describe('any answer whatever', () => {
  it('is judged without throwing, as a class of the table', () => {
    fc.assert(
      fc.property(failures, fc.integer({ min: 0, max: 4e12 }), (failure, now) => {
        const verdict = classify(failure, undefined, now);
        expect(isFailureClass(verdict.class)).toBe(true);
        expect(verdict.message).toMatch(/^[^\p{Cc}\u2028\u2029]{1,400}$/u);
        const rest = restFor(verdict, { consecutive: 1, onlyLane: false });
        expect(rest?.duration ?? 1).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });

  it('names a wait that is a whole number between nothing and a week, or none', () => {
    fc.assert(
      fc.property(headers, bodies, fc.integer({ min: 0, max: 4e12 }), (given, body, now) => {
        const hint = readHint({ headers: given, error: readErrorBody(body), limited: true }, now);
        expect(hint === undefined || (Number.isInteger(hint) && hint >= 0 && hint <= 604_800_000)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('is never asked again sooner than it said', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 600_000, noNaN: true }), fc.boolean(), (seconds, dated) => {
        const text = seconds.toFixed(3);
        const at = new Date(Math.ceil(seconds) * 1000);
        const failure = answer(429, '', { 'retry-after': dated ? at.toUTCString() : text });
        const verdict = classify(failure, undefined, 0);
        expect(verdict.hint).toBeGreaterThanOrEqual(Number(text) * 1000);
        expect(restFor(verdict, { consecutive: 1, onlyLane: true })?.duration).toBeGreaterThanOrEqual(
          Number(text) * 1000,
        );
      }),
    );
  });
});

const HEX = '0123456789abcdef'.split('');
const hex = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...HEX), { minLength: length, maxLength: length }).map((digits) => `a1${digits.join('')}`);
const keys = fc.oneof(
  hex(30).map((tail) => `sk-${tail}`),
  hex(40).map((tail) => `sk-proj-${tail}`),
  hex(33).map((tail) => `AIza${tail}`),
  fc.tuple(hex(30), hex(14)).map(([id, secret]) => `${id}.${secret}`),
  fc.uuid(),
);
const prompts = fc.constantFrom('my card number is 4111 1111', '我的密码是 hunter2', 'tell me: a secret\nplease');

function answersWith(marker: string): fc.Arbitrary<Failure> {
  const body = fc.constantFrom<unknown>(
    marker,
    `<html>${marker}</html>`,
    { error: marker },
    { message: marker, code: marker },
    { detail: [{ loc: [marker], msg: marker, input: marker }] },
    openai(marker, marker, marker),
    anthropic(marker, marker, { error_code: marker }),
    [gemini(429, marker, marker, [{ reason: marker, retryDelay: marker }])],
    { error: { message: 'm', status: marker, innererror: { code: marker } } },
  );
  const location = fc.constantFrom(
    marker,
    `https://${marker}@x.example/`,
    `https://x.example/${marker}`,
    `https://x.example/?key=${marker}`,
    `/${marker}`,
  );
  const given = fc.record({
    location,
    'retry-after': fc.constant(marker),
    'x-should-retry': fc.constant(marker),
    'content-type': fc.constant(marker),
  });
  const answered = fc.tuple(fc.constantFrom(302, 400, 401, 403, 404, 422, 429, 500, 503), body, given);
  return fc.oneof(
    answered.map(([status, sent, sentHeaders]) => answer(status, sent, sentHeaders)),
    body.map((sent) => inside200(sent)),
  );
}

describe('the line for people', () => {
  it('never holds a key or a prompt, wherever the upstream puts it', () => {
    const cases = fc.oneof(keys, prompts).chain((marker) => fc.tuple(fc.constant(marker), answersWith(marker)));
    fc.assert(
      fc.property(cases, ([marker, failure]) => {
        const { message, code } = classify(failure, undefined, 0);
        expect(`${message} ${code}`.toLowerCase()).not.toContain(marker.toLowerCase());
        expect(`${message} ${code}`.toLowerCase()).not.toContain(encodeURI(marker).toLowerCase());
      }),
      { numRuns: 3000 },
    );
  });
});
