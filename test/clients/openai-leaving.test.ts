/** The official `openai` package gives up, and with it whatever was under way for it at an upstream. */
import { continueAnswer, hang, type ReceivedRequest } from '@ai-failover/testing';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { QUESTION, startStage, TEXT, type Stage } from './stage.ts';

const ASKED = { model: 'm', messages: [...QUESTION] };
const FORMS = [
  { form: 'whole', stream: false },
  { form: 'streamed', stream: true },
] as const;

/** It begins, and then says nothing for as long as anybody waits. */
const BEGINS = continueAnswer(TEXT).stallAfter({ events: 12 });

/** The upstream was left, and nobody is blamed or asked instead. */
async function expectLeft({ failover, S }: Stage, request: ReceivedRequest | undefined): Promise<void> {
  expect(await request?.settled).toBe('aborted');
  expect(S.requests).toHaveLength(0);
  const { calls, deployments } = failover.status();
  expect(calls).toMatchObject({ total: 1, inFlight: 0, aborted: 1, failed: 0, canned: 0 });
  expect(deployments).toMatchObject([
    { failures: 0, neutral: 1 },
    { failures: 0, neutral: 0 },
  ]);
}

/** A client that has little time, and a connection already, so that all of its time is spent waiting for an answer. */
async function hurried({ openai }: Stage): Promise<OpenAI> {
  const client = openai();
  await client.models.list();
  return client.withOptions({ timeout: 120 });
}

describe.each(FORMS)('Before the answer begins, $form', ({ stream: streamed }) => {
  it('the client has no more time', async () => {
    const stage = await startStage({ P: hang() });
    const client = await hurried(stage);
    const create = client.chat.completions.create({ ...ASKED, stream: streamed });
    await expect(create).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    await expectLeft(stage, stage.P.requests[0]);
  });

  it('the client is told to stop', async () => {
    const stage = await startStage({ P: hang() });
    const abort = new AbortController();
    const create = stage.openai().chat.completions.create({ ...ASKED, stream: streamed }, { signal: abort.signal });
    const request = await stage.P.waitForRequest();
    abort.abort();
    await expect(create).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await expectLeft(stage, request);
  });

  it('a client that tries again after its time says so, and each of its tries is ended', async () => {
    const stage = await startStage({ P: hang(), S: false });
    const client = (await hurried(stage)).withOptions({ maxRetries: 1 });
    const create = client.chat.completions.create({ ...ASKED, stream: streamed });
    await expect(create).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    expect(stage.visits.slice(1).map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1']);
    const outcomes = await Promise.all(stage.P.requests.map(({ settled }) => settled));
    expect(outcomes).toEqual(['aborted', 'aborted']);
  });
});

it('The client is told to stop while two upstreams are asked for it, and both are left', async () => {
  const { openai, failover, P, S } = await startStage({ P: hang(), S: hang(), options: { raceAfter: 20 } });
  const abort = new AbortController();
  const create = openai().chat.completions.create({ ...ASKED, stream: true }, { signal: abort.signal });
  const requests = await Promise.all([P.waitForRequest(), S.waitForRequest()]);
  abort.abort();
  await expect(create).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  expect(await Promise.all(requests.map(({ settled }) => settled))).toEqual(['aborted', 'aborted']);
  expect(failover.status().calls).toMatchObject({ total: 1, inFlight: 0, aborted: 1 });
});

describe('While the answer is streamed', () => {
  it('the client stops reading', async () => {
    const stage = await startStage({ P: BEGINS });
    const chunks = await stage.openai().chat.completions.create({ ...ASKED, stream: true });
    let read = 0;
    for await (const _ of chunks) if ((read += 1) === 5) break;
    expect(read).toBe(5);
    await expectLeft(stage, stage.P.requests[0]);
  });

  it('the client is told to stop', async () => {
    const stage = await startStage({ P: BEGINS });
    const chunks = await stage.openai().chat.completions.create({ ...ASKED, stream: true });
    let read = 0;
    // The package ends the loop as if the answer were over.
    for await (const _ of chunks) if ((read += 1) === 5) chunks.controller.abort();
    expect(read).toBeGreaterThanOrEqual(5);
    await expectLeft(stage, stage.P.requests[0]);
  });

  it('the assembled stream is told to stop', async () => {
    const stage = await startStage({ P: BEGINS });
    const running = stage.openai().chat.completions.stream(ASKED);
    running.once('content', () => running.abort());
    await expect(running.done()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(running.aborted).toBe(true);
    await expectLeft(stage, stage.P.requests[0]);
  });
});
