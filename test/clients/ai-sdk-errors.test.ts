/** What the Vercel AI SDK is told when there is no answer, and what is left when it gives up. */
import { continueAnswer, fail, hang } from '@ai-failover/testing';
import { APICallError, generateText } from 'ai';
import { describe, expect, it } from 'vitest';
import { ASKED, kinds, partsOf, PROVIDERS, textIn } from './ai-sdk.ts';
import { startStage, TEXT } from './stage.ts';

describe.each(PROVIDERS)('$provider', ({ model }) => {
  it.each([
    ['a bad request', { P: fail(400, { message: 'Too hot', code: 'too_hot' }) }, 400, 'Too hot', false],
    ['a limit', { P: fail(429, { headers: { 'retry-after': '17' } }), S: false as const }, 429, 'too much to do', true],
    ['all being down', { P: fail(503), S: fail(503) }, 502, 'could not answer', true],
  ])('is told of %s in the form that it reads', async (_, stage, statusCode, words, isRetryable) => {
    const { url, visits } = await startStage(stage);
    const error: unknown = await generateText({ ...ASKED, model: model(url) }).catch((reason: unknown) => reason);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode, message: expect.stringContaining(words), isRetryable });
    const { parts, errors } = await partsOf({ model: model(url) });
    expect([kinds(parts).includes('error'), errors.length, visits.length]).toEqual([true, 1, 2]);
    expect(errors[0]).toMatchObject({ statusCode, message: expect.stringContaining(words) });
  });

  it('is told of an answer that breaks off, behind all that has come', async () => {
    const P = continueAnswer(TEXT).closeAfter({ events: 12 });
    const { url, visits } = await startStage({ P, endpoint: { call: { onStreamFailure: 'error' } } });
    const { parts, errors } = await partsOf({ model: model(url) });
    const text = textIn(parts).join('');
    expect([TEXT.startsWith(text), text.length > 30]).toEqual([true, true]);
    expect(kinds(parts)).toContain('error');
    expect(errors).toMatchObject([{ message: expect.stringContaining('cut off') }]);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: 'error' });
    expect(visits).toHaveLength(1);
  });

  it.each([
    ['before the answer begins', hang()],
    ['in the middle of it', continueAnswer(TEXT).stallAfter({ events: 12 })],
  ])('gives up %s, and the upstream is left', async (_, P) => {
    const stage = await startStage({ P, options: { raceAfter: false } });
    const abort = new AbortController();
    const running = partsOf({ model: model(stage.url), abortSignal: abort.signal });
    const request = await stage.P.waitForRequest();
    setTimeout(() => abort.abort(), 30);
    const { parts } = await running;
    expect(kinds(parts)).toContain('abort');
    expect(await request.settled).toBe('aborted');
    expect(stage.failover.status().calls).toMatchObject({ total: 1, aborted: 1, inFlight: 0 });
  });
});
