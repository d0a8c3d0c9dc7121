/**
 * Each provider's failures as its documentation tells them, and what they mean: the class, what rests for how long, and whether another
 * model with a larger window may do. Sources:
 *
 * - OpenAI: https://platform.openai.com/docs/guides/error-codes, https://platform.openai.com/docs/guides/rate-limits
 * - Anthropic: https://platform.claude.com/docs/en/api/errors, https://platform.claude.com/docs/en/api/rate-limits
 * - Gemini: https://ai.google.dev/gemini-api/docs/troubleshooting, https://ai.google.dev/gemini-api/docs/rate-limits
 * - DeepSeek: https://api-docs.deepseek.com/quick_start/error_codes
 * - Azure: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota, …/concepts/content-filter
 */
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/judgement/classify.js';
import type { Failure, FailureClass } from '../../src/judgement/failure.js';
import { restFor } from '../../src/judgement/rests.js';
import { answer, anthropic, gemini, inside200, openai } from './failures.js';

interface Row {
  readonly what: string;
  readonly failure: Failure;
  readonly is: FailureClass;
  /** What rests, for how many milliseconds; nothing where it is missing. */
  readonly rests?: readonly ['key' | 'lane' | 'deployment', number];
  readonly tooLong?: true;
}

const MINUTE = 60_000;
/** What rests without a hint. */
const KEY_OF_QUOTA = ['key', 15 * MINUTE] as const;
const KEY_OF_CREDENTIAL = ['key', 15_000] as const;
const MODEL = ['deployment', 5 * MINUTE] as const;
const MISCONFIGURED = ['deployment', MINUTE] as const;
const LANE = ['lane', 1_000] as const;

const retryInfo = (retryDelay: string) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });
const quota = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaMetric: 'generativelanguage.googleapis.com/requests', quotaId }],
});
const EXCEEDED = 'You exceeded your current quota, please check your plan and billing details.';
const PER_MINUTE = 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier';
const PER_DAY = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';
const exhausted = (...details: readonly object[]) => gemini(429, 'RESOURCE_EXHAUSTED', EXCEEDED, details);

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  OpenAI: [
    {
      what: 'a rate limit that says when in its text',
      failure: answer(429, openai('rate_limit_exceeded', 'Rate limit reached for gpt-4.1 … Please try again in 1.5s.')),
      is: 'rate-limited',
      rests: ['lane', 1_500],
    },
    {
      what: 'a rate limit that says when in its headers',
      failure: answer(429, openai('rate_limit_exceeded', 'Rate limit reached'), {
        'retry-after-ms': '1200',
        'retry-after': '2',
      }),
      is: 'rate-limited',
      rests: ['lane', 1_200],
    },
    {
      what: 'a rate limit of tokens alone',
      failure: answer(429, openai('rate_limit_exceeded', 'Rate limit reached'), {
        'x-ratelimit-remaining-requests': '99',
        'x-ratelimit-reset-requests': '20ms',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '6m0s',
      }),
      is: 'rate-limited',
      rests: ['lane', 6 * MINUTE],
    },
    { what: 'a steep ramp', failure: answer(429, openai('slow_down')), is: 'rate-limited', rests: LANE },
    { what: 'overload', failure: answer(503, openai('server_is_overloaded')), is: 'overloaded' },
    {
      what: 'overload with a wait',
      failure: answer(503, openai('slow_down'), { 'retry-after': '7' }),
      is: 'overloaded',
      rests: ['deployment', 7_000],
    },
    { what: 'a fault', failure: answer(500, openai(null, 'The server had an error', 'server_error')), is: 'server' },
    {
      what: 'no quota',
      failure: answer(429, openai('insufficient_quota', EXCEEDED, 'insufficient_quota')),
      is: 'quota',
      rests: KEY_OF_QUOTA,
    },
    {
      what: 'no credit',
      failure: answer(429, openai('credit_balance_exhausted', 'words', 'insufficient_quota')),
      is: 'quota',
      rests: KEY_OF_QUOTA,
    },
    {
      what: 'a spend limit',
      failure: answer(400, openai('billing_hard_limit_reached', 'Billing hard limit has been reached')),
      is: 'quota',
      rests: KEY_OF_QUOTA,
    },
    {
      what: 'a prompt that is too long',
      failure: answer(
        400,
        openai('context_length_exceeded', "This model's maximum context length is 128000 tokens. However, …"),
      ),
      is: 'request',
      tooLong: true,
    },
    { what: 'a filter', failure: answer(400, openai('content_policy_violation')), is: 'request' },
    {
      what: 'a wrong key',
      failure: answer(401, openai('invalid_api_key')),
      is: 'credential',
      rests: KEY_OF_CREDENTIAL,
    },
    { what: 'an unknown model', failure: answer(404, openai('model_not_found')), is: 'model', rests: MODEL },
    {
      what: 'a country',
      failure: answer(
        403,
        openai('unsupported_country_region_territory', 'Country, region, or territory not supported'),
      ),
      is: 'misconfigured',
      rests: MISCONFIGURED,
    },
    {
      what: 'no quota inside a 200',
      failure: inside200(openai('insufficient_quota', EXCEEDED, 'insufficient_quota')),
      is: 'quota',
      rests: KEY_OF_QUOTA,
    },
  ],
  Anthropic: [
    {
      what: 'a rate limit',
      failure: answer(429, anthropic('rate_limit_error'), { 'retry-after': '23' }),
      is: 'rate-limited',
      rests: ['lane', 23_000],
    },
    {
      what: 'a rate limit of output tokens that names its end',
      failure: answer(429, anthropic('rate_limit_error'), {
        'anthropic-ratelimit-requests-remaining': '49',
        'anthropic-ratelimit-requests-reset': '1970-01-01T00:59:00Z',
        'anthropic-ratelimit-output-tokens-remaining': '0',
        'anthropic-ratelimit-output-tokens-reset': '1970-01-01T00:00:30Z',
      }),
      is: 'rate-limited',
      rests: ['lane', 30_000],
    },
    { what: 'overload', failure: answer(529, anthropic('overloaded_error')), is: 'overloaded' },
    { what: 'overload inside a 200', failure: inside200(anthropic('overloaded_error')), is: 'overloaded' },
    { what: 'a fault', failure: answer(500, anthropic('api_error')), is: 'server' },
    { what: 'a time-out', failure: answer(504, anthropic('timeout_error')), is: 'server' },
    { what: 'a bill', failure: answer(402, anthropic('billing_error')), is: 'quota', rests: KEY_OF_QUOTA },
    {
      what: 'a spend limit',
      failure: answer(429, anthropic('rate_limit_error', 'words', { error_code: 'enforced_spend_limit_reached' })),
      is: 'quota',
      rests: KEY_OF_QUOTA,
    },
    {
      what: 'a usage limit that names its end',
      failure: answer(
        400,
        anthropic(
          'invalid_request_error',
          'You have reached your specified API usage limits. You will regain access on 1970-01-01 at 00:20 UTC.',
        ),
      ),
      is: 'quota',
      rests: ['key', 20 * MINUTE],
    },
    {
      what: 'a prompt that is too long',
      failure: answer(400, anthropic('invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum')),
      is: 'request',
      tooLong: true,
    },
    {
      what: 'prompt and answer that are too long together',
      failure: answer(
        400,
        anthropic(
          'invalid_request_error',
          'input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length or `max_tokens` and try again',
        ),
      ),
      is: 'request',
      tooLong: true,
    },
    { what: 'a body that is too large', failure: answer(413, anthropic('request_too_large')), is: 'request' },
    {
      what: 'a wrong key',
      failure: answer(401, anthropic('authentication_error', 'invalid x-api-key')),
      is: 'credential',
      rests: KEY_OF_CREDENTIAL,
    },
    {
      what: 'a key that may not',
      failure: answer(403, anthropic('permission_error')),
      is: 'credential',
      rests: KEY_OF_CREDENTIAL,
    },
    {
      what: 'an unknown model',
      failure: answer(404, anthropic('not_found_error', 'model: claude-9')),
      is: 'model',
      rests: MODEL,
    },
  ],
  Gemini: [
    {
      what: 'a limit per minute',
      failure: answer(429, exhausted(quota(PER_MINUTE), retryInfo('46s'))),
      is: 'rate-limited',
      rests: ['lane', 46_000],
    },
    { what: 'a limit of nothing in particular', failure: answer(429, exhausted()), is: 'rate-limited', rests: LANE },
    { what: 'a limit per day', failure: answer(429, exhausted(quota(PER_DAY))), is: 'quota', rests: KEY_OF_QUOTA },
    {
      what: 'a limit per day with a wait',
      failure: answer(429, exhausted(quota(PER_DAY), retryInfo('46.837s'))),
      is: 'quota',
      rests: ['key', 46_837],
    },
    {
      what: 'no free tier',
      failure: answer(429, gemini(429, 'RESOURCE_EXHAUSTED', `${EXCEEDED} limit: 0, model: gemini-2.5-pro`)),
      is: 'quota',
      rests: KEY_OF_QUOTA,
    },
    { what: 'a bill', failure: answer(402, gemini(402, 'FAILED_PRECONDITION')), is: 'quota', rests: KEY_OF_QUOTA },
    { what: 'overload', failure: answer(503, gemini(503, 'UNAVAILABLE')), is: 'overloaded' },
    { what: 'overload inside a 200', failure: inside200([gemini(503, 'UNAVAILABLE')]), is: 'overloaded' },
    { what: 'a fault', failure: answer(500, gemini(500, 'INTERNAL')), is: 'server' },
    { what: 'a time-out', failure: answer(504, gemini(504, 'DEADLINE_EXCEEDED')), is: 'server' },
    {
      what: 'a prompt that is too long',
      failure: answer(
        400,
        gemini(
          400,
          'INVALID_ARGUMENT',
          'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
        ),
      ),
      is: 'request',
      tooLong: true,
    },
    { what: 'a wrong field', failure: answer(400, gemini(400, 'INVALID_ARGUMENT', 'Unknown name "x"')), is: 'request' },
    {
      what: 'a wrong key',
      failure: answer(
        400,
        gemini(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
        ]),
      ),
      is: 'credential',
      rests: KEY_OF_CREDENTIAL,
    },
    {
      what: 'a key that may not',
      failure: answer(403, gemini(403, 'PERMISSION_DENIED')),
      is: 'credential',
      rests: KEY_OF_CREDENTIAL,
    },
    {
      what: 'an unknown model',
      failure: answer(404, gemini(404, 'NOT_FOUND', 'models/x is not found for API version v1beta')),
      is: 'model',
      rests: MODEL,
    },
    {
      what: 'a country',
      failure: answer(400, gemini(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')),
      is: 'misconfigured',
      rests: MISCONFIGURED,
    },
    {
      what: 'a project without billing in a country without a free tier',
      failure: answer(
        400,
        gemini(
          400,
          'FAILED_PRECONDITION',
          'Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.',
        ),
      ),
      is: 'misconfigured',
      rests: MISCONFIGURED,
    },
  ],
  DeepSeek: [
    { what: 'a rate limit', failure: answer(429, openai(null, 'Rate Limit Reached')), is: 'rate-limited', rests: LANE },
    { what: 'a fault', failure: answer(500, openai(null, 'Server Error')), is: 'server' },
    { what: 'overload', failure: answer(503, openai(null, 'Server Overloaded')), is: 'overloaded' },
    {
      what: 'no balance',
      failure: answer(402, openai('invalid_request_error', 'Insufficient Balance', 'unknown_error')),
      is: 'quota',
      rests: KEY_OF_QUOTA,
    },
    {
      what: 'a wrong key',
      failure: answer(401, openai('invalid_request_error', 'Authentication Fails', 'authentication_error')),
      is: 'credential',
      rests: KEY_OF_CREDENTIAL,
    },
    {
      what: 'an unknown model',
      failure: answer(400, openai('invalid_request_error', 'Model Not Exist')),
      is: 'model',
      rests: MODEL,
    },
    {
      what: 'a wrong value',
      failure: answer(422, openai('invalid_request_error', 'Invalid Parameters')),
      is: 'request',
    },
    {
      what: 'a prompt that is too long',
      failure: answer(
        400,
        openai(
          'invalid_request_error',
          "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens",
        ),
      ),
      is: 'request',
      tooLong: true,
    },
  ],
  Azure: [
    {
      what: 'a rate limit with its wait in the text, and headers that say nothing',
      failure: answer(
        429,
        { error: { code: '429', message: 'Requests have exceeded token rate limit. Please retry after 26 seconds.' } },
        {
          'x-ratelimit-remaining-tokens': '-1',
          'x-ratelimit-remaining-requests': '-1',
          'x-ratelimit-reset-requests': '0',
        },
      ),
      is: 'rate-limited',
      rests: ['lane', 26_000],
    },
    {
      what: 'a rate limit with its wait in a header',
      failure: answer(429, { error: { code: 'RateLimitReached', message: 'words' } }, { 'retry-after-ms': '1500' }),
      is: 'rate-limited',
      rests: ['lane', 1_500],
    },
    {
      what: 'a filter of the prompt',
      failure: answer(400, {
        error: {
          message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          type: null,
          param: 'prompt',
          code: 'content_filter',
          status: 400,
          innererror: {
            code: 'ResponsibleAIPolicyViolation',
            content_filter_result: { hate: { filtered: true, severity: 'high' } },
          },
        },
      }),
      is: 'request',
    },
    {
      what: 'an unknown deployment',
      failure: answer(404, {
        error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
      }),
      is: 'model',
      rests: MODEL,
    },
    {
      what: 'an unknown route',
      failure: answer(404, { error: { code: '404', message: 'Resource not found' } }),
      is: 'misconfigured',
      rests: MISCONFIGURED,
    },
    {
      what: 'a wrong key',
      failure: answer(401, {
        error: {
          code: '401',
          message: 'Access denied due to invalid subscription key or wrong API endpoint.',
        },
      }),
      is: 'credential',
      rests: KEY_OF_CREDENTIAL,
    },
    {
      what: 'overload',
      failure: answer(503, { error: { code: 'ServiceUnavailable', message: 'words' } }),
      is: 'overloaded',
    },
    {
      what: 'a fault',
      failure: answer(500, { error: { code: 'InternalServerError', message: 'words' } }),
      is: 'server',
    },
  ],
};

describe.each(Object.entries(TABLE))('%s', (_provider, rows) => {
  it.each(rows)('$what: $is', ({ failure, is, rests, tooLong }) => {
    const verdict = classify(failure, undefined, 0);
    expect(verdict.class).toBe(is);
    const rest = restFor(verdict, { consecutive: 1, onlyLane: false });
    expect(rest && [rest.scope, rest.duration]).toEqual(rests);
    expect(verdict.contextLength ?? false).toBe(tooLong ?? false);
  });
});
