import { describe, expect, it } from 'vitest';
import { classify } from '../../src/judgement/classify.js';
import { readErrorBody } from '../../src/judgement/error-body.js';
import { MAX_HINT, readDuration, readHint, readReset, readRetryAfter } from '../../src/judgement/retry-after.js';
import { answer, gemini, type Headers, openai } from './failures.js';

/** Sunday, 6 November 1994, 08:49:37 GMT: the example of RFC 9110. */
const NOW = Date.UTC(1994, 10, 6, 8, 49, 37);
const DAY = 86_400_000;

function hint(headers: Headers, body: unknown = '', limited = true): number | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readHint({ headers, error: readErrorBody(text), limited }, NOW);
}

function retryInfo(retryDelay: unknown): object {
  return gemini(429, 'RESOURCE_EXHAUSTED', 'words', [
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
  ]);
}

function said(message: string): object {
  return openai('rate_limit_exceeded', message);
}

const HEADERS: readonly (readonly [what: string, headers: Headers, expected: number | undefined])[] = [
  ['whole seconds', { 'retry-after': '30' }, 30_000],
  ['seconds that Date.parse takes for a year', { 'retry-after': '120' }, 120_000],
  ['decimal seconds', { 'retry-after': '1.5' }, 1500],
  ['parts of a millisecond, rounded up', { 'retry-after': '0.0001' }, 1],
  ['white space', { 'retry-after': ' 2 ' }, 2000],
  ['nought', { 'retry-after': '0' }, 0],
  ['milliseconds before seconds', { 'retry-after-ms': '1200', 'retry-after': '2' }, 1200],
  ['milliseconds of Azure', { 'x-ms-retry-after-ms': '7' }, 7],
  ['seconds when the milliseconds are unreadable', { 'retry-after-ms': 'soon', 'retry-after': '2' }, 2000],
  ['the longest of an array', { 'retry-after': ['1', '3', 'x'] }, 3000],
  ['the longest of a joined list', { 'retry-after': '1, 3' }, 3000],
  ['IMF-fixdate', { 'retry-after': 'Sun, 06 Nov 1994 08:49:47 GMT' }, 10_000],
  ['RFC 850', { 'retry-after': 'Sunday, 06-Nov-94 08:49:47 GMT' }, 10_000],
  ['asctime, which means GMT', { 'retry-after': 'Sun Nov  6 08:49:47 1994' }, 10_000],
  ['ISO 8601, which parseFloat takes for 1994', { 'retry-after': '1994-11-06T08:49:47Z' }, 10_000],
  ['a date that is over', { 'retry-after': 'Sun, 06 Nov 1994 08:00:00 GMT' }, 0],
  ['a far date', { 'retry-after': 'Fri, 06 Nov 2099 08:00:00 GMT' }, MAX_HINT],
  ['what would overflow a timer', { 'retry-after-ms': String(2 ** 31) }, MAX_HINT],
  ['what is no longer a number', { 'retry-after': '9'.repeat(400) }, MAX_HINT],
  ['a negative', { 'retry-after': '-5' }, undefined],
  ['an exponent', { 'retry-after': '1e3' }, undefined],
  ['hexadecimal', { 'retry-after': '0x10' }, undefined],
  ['Infinity', { 'retry-after': 'Infinity' }, undefined],
  ['NaN', { 'retry-after': 'NaN' }, undefined],
  ['nothing', { 'retry-after': '' }, undefined],
  ['words', { 'retry-after': 'later' }, undefined],
  ['no such month', { 'retry-after': 'Sun, 06 Foo 1994 08:49:47 GMT' }, undefined],
  ['an empty array', { 'retry-after': [] }, undefined],

  ['requests used up', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
  ['tokens used up', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '20ms' }, 20],
  ['tokens left', { 'x-ratelimit-remaining-tokens': '12', 'x-ratelimit-reset-tokens': '20s' }, undefined],
  ['-1 of Azure', { 'x-ratelimit-remaining-tokens': '-1', 'x-ratelimit-reset-tokens': '20s' }, undefined],
  ['remaining not told', { 'x-ratelimit-reset-tokens': '20s' }, undefined],
  ['reset not told', { 'x-ratelimit-remaining-tokens': '0' }, undefined],
  [
    'the later of both',
    {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '1h2m3.5s',
    },
    3_723_500,
  ],
  ['retry-after before resets', { 'retry-after': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }, 1000],
  ['seconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }, 60_000],
  ['draft of the IETF', { 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }, 9000],
  [
    'RFC 3339 of Anthropic',
    {
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '1994-11-06T08:49:50Z',
      'anthropic-ratelimit-requests-remaining': '5',
      'anthropic-ratelimit-requests-reset': '1994-11-06T09:49:50Z',
    },
    13_000,
  ],
];

const BODIES: readonly (readonly [what: string, body: unknown, expected: number | undefined])[] = [
  ['RetryInfo', retryInfo('46s'), 46_000],
  ['RetryInfo with a fraction, rounded up', retryInfo('46.8371s'), 46_838],
  ['RetryInfo in an array', [retryInfo('46s')], 46_000],
  ['RetryInfo as an object', retryInfo({ seconds: 3, nanos: 500_000_000 }), 3500],
  ['RetryInfo below nought', retryInfo({ seconds: -3 }), undefined],
  ['RetryInfo that is none', retryInfo('soon'), undefined],
  ['error.retry_after', { error: { message: 'm', retry_after: 2.5 } }, 2500],
  ['retry_after at the top', { message: 'm', retry_after: '3' }, 3000],
  ['retry_after_ms', { error: { message: 'm', retry_after_ms: 20 } }, 20],
  ['metadata.retry_after_seconds', { error: { message: 'm', metadata: { retry_after_seconds: 4 } } }, 4000],
  ['a negative', { error: { message: 'm', retry_after: -1 } }, undefined],
  ['of OpenAI', said('Rate limit reached … Please try again in 1.5s. Visit …'), 1500],
  ['of OpenAI, short', said('Please try again in 20ms.'), 20],
  ['of OpenAI, long', said('Please try again in 6m0s.'), 360_000],
  ['of Groq', said('Please try again in 7m12.5s. Need more tokens?'), 432_500],
  ['of Azure', said('Please retry after 26 seconds. Please go here:'), 26_000],
  ['of Gemini', said('Please retry in 46.837s.'), 46_837],
  ['in words', said('try again in 1 hour, 2 minutes and 3 seconds'), 3_723_000],
  ['in plain text', 'Too many requests, please try again in 5 minutes', 300_000],
  ['of Anthropic', said('You will regain access on 1994-11-07 at 00:00 UTC.'), 54_623_000],
  ['in Chinese', said('请求过于频繁，请在30秒后重试'), 30_000],
  ['in Chinese minutes', said('请2分钟后再试'), 120_000],
  ['without a unit', said('Please try again in 20'), undefined],
  ['without a time', said('Please try again in a moment'), undefined],
  [
    'headers of OpenRouter',
    {
      error: {
        message: 'm',
        metadata: { headers: { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(NOW + 400) } },
      },
    },
    400,
  ],
  ['nothing', '', undefined],
];

describe('hints', () => {
  it.each(HEADERS)('of headers: %s', (_, headers, expected) => {
    expect(hint(headers)).toBe(expected);
  });

  it.each(BODIES)('of bodies: %s', (_, body, expected) => {
    expect(hint({}, body)).toBe(expected);
  });

  it('come from resets only when we were limited', () => {
    expect(hint({ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '9s' }, '', false)).toBeUndefined();
  });

  it('of a header are believed before those of the body', () => {
    expect(hint({ 'retry-after': '3' }, said('try again in 9s'))).toBe(3000);
  });

  it('of a two-digit year lie at most 50 years ahead', () => {
    const now = Date.UTC(2030, 0, 1);
    expect(readRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', now)).toBe(0);
    expect(readRetryAfter('Tuesday, 01-Jan-30 00:00:01 GMT', now)).toBe(1000);
  });

  it('do not depend on the zone of this machine', () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Shanghai';
    try {
      expect(readRetryAfter('Sun Nov  6 08:49:47 1994', NOW)).toBe(10_000);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it.each([400, 401, 403, 404])('are not given to a %d, which no waiting mends', (status) => {
    expect(classify(answer(status, openai(null), { 'retry-after': '5' }), undefined, NOW).hint).toBeUndefined();
  });

  it.each([402, 429, 500, 503, 529])('are given to a %d', (status) => {
    expect(classify(answer(status, '', { 'retry-after': '5' }), undefined, NOW).hint).toBe(5000);
  });

  it('of a reset are not given to a 503', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' };
    expect(classify(answer(503, '', headers), undefined, NOW).hint).toBeUndefined();
    expect(classify(answer(429, '', headers), undefined, NOW).hint).toBe(60_000);
  });
});

describe('durations', () => {
  it.each([
    ['6m0s', 360_000],
    ['20ms', 20],
    ['1h2m3.5s', 3_723_500],
    ['1d', DAY],
    ['26 seconds', 26_000],
    ['20', undefined],
    ['', undefined],
    ['5 sheep', undefined],
    ['1m later', undefined],
    ['-5s', undefined],
  ])('%s', (text, expected) => {
    expect(readDuration(text)).toBe(expected);
  });
});

describe('resets', () => {
  it.each([
    ['a time in seconds', String(1_800_000_010), 10_000],
    ['a time in milliseconds', String(1_800_000_000_250), 250],
    ['a time that is over', String(1_700_000_000), 0],
    ['seconds', '59', 59_000],
    ['junk', 'soon', undefined],
  ])('%s', (_, text, expected) => {
    expect(readReset(text, 1_800_000_000_000)).toBe(expected);
  });
});
