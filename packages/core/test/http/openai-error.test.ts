import { describe, expect, it } from 'vitest';
import { AttemptError, CallError, ConfigError, type CallErrorDetails } from '../../src/errors.js';
import { errorEvent, openAIError } from '../../src/http/openai-error.js';
import { Refusal } from '../../src/http/refusal.js';

function callError(details: Partial<CallErrorDetails> = {}): CallError {
  return new CallError({ kind: 'exhausted', message: 'Sorry.', ...details });
}

describe('openAIError', () => {
  it.each([
    ['bad-request', 400, 'invalid_request_error', null],
    ['rate-limited', 429, 'rate_limit_error', 'rate_limit_exceeded'],
    ['exhausted', 502, 'server_error', 'AIF_EXHAUSTED'],
    ['interrupted', 502, 'server_error', 'AIF_INTERRUPTED'],
    ['unavailable', 503, 'server_error', 'AIF_UNAVAILABLE'],
    ['closed', 503, 'server_error', 'AIF_CLOSED'],
    ['deadline', 504, 'server_error', 'AIF_DEADLINE'],
  ] as const)('tells %s as %i %s %s', (kind, status, type, code) => {
    const answer = openAIError(callError({ kind }));
    expect(answer).toEqual({
      status,
      headers: { 'x-should-retry': 'false' },
      body: { error: { message: 'Sorry.', type, param: null, code } },
    });
  });

  it("tells the field that is wrong, and the provider's own code", () => {
    const error = callError({
      kind: 'bad-request',
      param: 'messages[1].role',
      providerCode: 'context_length_exceeded',
    });
    expect(openAIError(error).body.error).toMatchObject({
      type: 'invalid_request_error',
      param: 'messages[1].role',
      code: 'context_length_exceeded',
    });
  });

  it('tells an unknown model as OpenAI does', () => {
    const { status, body } = openAIError(callError({ kind: 'bad-request', param: 'model' }));
    expect([status, body.error.type, body.error.code]).toEqual([404, 'invalid_request_error', 'model_not_found']);
  });

  it('tells when to come back', () => {
    const { headers } = openAIError(callError({ kind: 'rate-limited', retryAfter: 1_200 }));
    expect(headers).toEqual({ 'x-should-retry': 'false', 'retry-after': '2' });
  });

  it('knows the errors of another copy of this package', () => {
    const fields = { code: 'AIF_DEADLINE', kind: 'deadline', status: 504, headers: { 'x-should-retry': 'false' } };
    const foreign = Object.assign(new Error('Sorry.'), fields);
    expect(openAIError(foreign)).toMatchObject({ status: 504, body: { error: { message: 'Sorry.' } } });
  });

  it.each([
    new Error('connect ECONNREFUSED db.internal:5432'),
    Object.assign(new Error('secret'), { status: 403, expose: true, headers: { 'x-secret': 'secret' } }),
    new ConfigError([{ path: 'secret', expected: 'something' }]),
    new AttemptError('server', 'm@secret', 'secret'),
    new DOMException('secret', 'AbortError'),
    'secret',
    undefined,
  ])('says nothing of what is not ours: %s', (error) => {
    expect(openAIError(error)).toEqual({
      status: 500,
      headers: { 'x-should-retry': 'false' },
      body: { error: { message: 'Internal error', type: 'server_error', param: null, code: null } },
    });
  });

  it('tells what the endpoint itself refuses', () => {
    const refusal = new Refusal({ status: 405, message: 'No.', headers: { allow: 'GET' } });
    expect(openAIError(refusal)).toEqual({
      status: 405,
      headers: { 'x-should-retry': 'false', allow: 'GET' },
      body: { error: { message: 'No.', type: 'invalid_request_error', param: null, code: null } },
    });
  });
});

describe('errorEvent', () => {
  it('is one event, in the same form', () => {
    const error = callError({ kind: 'interrupted', message: 'It broke\noff.' });
    const { body } = openAIError(error);
    expect(errorEvent(error)).toBe(`data: ${JSON.stringify(body)}\n\n`);
  });

  it('says when to come back beside the error, because no header can any more', () => {
    const event = errorEvent(callError({ kind: 'unavailable', retryAfter: 8_000 }));
    expect(JSON.parse(event.slice('data: '.length))).toEqual({
      error: { message: 'Sorry.', type: 'server_error', param: null, code: 'AIF_UNAVAILABLE' },
      ai_failover: { retry_after: 8 },
    });
  });
});
