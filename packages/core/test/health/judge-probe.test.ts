import { describe, expect, it } from 'vitest';
import { judgeChat, judgeListed } from '../../src/health/judge-probe.js';
import type { Failure } from '../../src/judgement/failure.js';

const status = (code: number, headers: Record<string, string> = {}, body = ''): Failure => ({
  kind: 'status',
  status: code,
  headers,
  body,
});
const socket = (connecting: boolean, reused = false): Failure => ({
  kind: 'socket',
  error: Object.assign(new Error('other side closed'), { code: connecting ? 'ECONNREFUSED' : 'UND_ERR_SOCKET' }),
  connecting,
  reused,
  received: false,
  sinceWrite: 0,
  content: false,
});
const timeout = (phase: 'connect' | 'pool' | 'unary'): Failure => ({
  kind: 'timeout',
  phase,
  limit: 5_000,
  received: false,
  limitedByDeadline: false,
  streamed: false,
});

const ANSWERED = { answered: true, keysRefused: true };

describe('a list of models that is not given', () => {
  it.each([400, 402, 403, 404, 405, 410, 429, 501, 302])('says nothing by status %i', (code) => {
    expect(judgeListed(status(code), ANSWERED)).toMatchObject({ outcome: 'nothing' });
  });

  it.each([401, 408, 500, 502, 503, 504, 529])('is a failure by status %i, where it has been given before', (code) => {
    expect(judgeListed(status(code), ANSWERED)).toMatchObject({ outcome: 'failed' });
    expect(judgeListed(status(code), { ...ANSWERED, answered: false })).toMatchObject({ outcome: 'nothing' });
  });

  it('is no failure for one of several keys that is refused', () => {
    expect(judgeListed(status(401), { answered: true, keysRefused: false })).toMatchObject({ outcome: 'nothing' });
  });

  it.each([
    ['a refused connection', socket(true)],
    ['a connection that was lost', socket(false)],
    ['silence', timeout('unary')],
    ['a connection that is not made', timeout('connect')],
    ['something else than a list', { kind: 'protocol', problem: 'a web page' } as const],
  ])('is a failure by %s, whatever was before', (_, failure) => {
    expect(judgeListed(failure, { answered: false, keysRefused: false })).toMatchObject({ outcome: 'failed' });
  });

  it('is not judged where we did not ask', () => {
    expect(judgeListed({ kind: 'aborted' }, ANSWERED)).toBeUndefined();
    expect(judgeListed({ kind: 'local', reason: 'refused' }, ANSWERED)).toBeUndefined();
    expect(judgeListed(timeout('pool'), ANSWERED)).toBeUndefined();
  });

  it('names the wait that the upstream asks for', () => {
    expect(judgeListed(status(429, { 'retry-after': '90' }), ANSWERED)).toMatchObject({ hint: 90_000 });
    expect(judgeListed(status(503, { 'retry-after': '20' }), ANSWERED)).toMatchObject({
      outcome: 'failed',
      hint: 20_000,
    });
  });

  it('is told in words without a byte of the upstream', () => {
    const told = judgeListed(status(500, {}, '{"error":{"message":"sk-secret-0123456789"}}'), ANSWERED);
    expect(JSON.stringify(told)).not.toContain('secret');
    expect(told?.message).toContain('500');
  });

  it('does not count a connection that was closed while idle', () => {
    expect(judgeListed(socket(false, true), ANSWERED)).toMatchObject({ outcome: 'nothing', error: 'stale-socket' });
  });
});

describe('a completion that is not given', () => {
  it.each([
    [401, 'failed'],
    [404, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [429, 'nothing'],
    [400, 'nothing'],
  ])('is judged by status %i: %s', (code, outcome) => {
    const body = code === 400 ? '{"error":{"message":"max_tokens","type":"invalid_request_error"}}' : '';
    expect(judgeChat(status(code, {}, body))).toMatchObject({ outcome });
  });
});
