import { afterEach, describe, expect, it } from 'vitest';
import {
  answerWith,
  createScriptedTransport,
  failWith,
  refuseConnection,
  type ScriptedReply,
  type ScriptedRequest,
} from '../../../testing/src/index.js';
import { now } from '../../src/clock.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { probeByChat } from '../../src/health/chat-probe.js';
import { Check } from '../../src/health/check.js';
import { createPool } from '../../src/pool/create-pool.js';
import type { Deployment, Pool } from '../../src/pool/pool.js';
import { upstream } from '../config/sample-options.js';

const pools: Pool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

interface Stage {
  readonly deployment: Deployment;
  readonly check: Check;
  readonly requests: readonly ScriptedRequest[];
  probe(mayTake?: () => boolean): ReturnType<typeof probeByChat>;
}

function setStage(
  reply: (request: ScriptedRequest) => ScriptedReply,
  fields: Readonly<Record<string, unknown>> = {},
  more: Partial<Deployment['settings']> = {},
): Stage {
  const { createTransport, requests } = createScriptedTransport(reply);
  const settings = resolveOptions({
    upstreams: [upstream({ models: ['m'], health: { probe: 'chat', maxProbesPerDay: 50 }, ...fields })],
  });
  const deployments = settings.deployments.map((one) => ({ ...one, ...more }));
  const seams = {
    createTransport,
    random: () => 0.5,
    onCircuitChange: () => {},
    onFree: () => {},
    onKeyFault: () => {},
    onLimitNews: () => {},
  };
  const pool = createPool({ ...settings, deployments }, seams);
  pools.push(pool);
  const [deployment] = pool.deployments;
  if (deployment?.settings.health === undefined) throw new Error('no deployment with probes');
  const check = new Check({ upstream: deployment.upstream, deployment, settings: deployment.settings.health }, now());
  return { deployment, check, requests, probe: (mayTake = () => true) => probeByChat(check, deployment, mayTake) };
}

const OK = { verdict: undefined, latency: expect.any(Number) };
const yes = (): ScriptedReply => answerWith('H');
const ANTHROPIC = answerWith({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'H' }],
  stop_reason: 'max_tokens',
  usage: { input_tokens: 8, output_tokens: 1 },
});
const GEMINI = answerWith({
  candidates: [{ content: { parts: [], role: 'model' }, finishReason: 'MAX_TOKENS' }],
  usageMetadata: { promptTokenCount: 2, totalTokenCount: 2 },
});

describe('a probe by one token', () => {
  it('is the smallest request that a service like OpenAI takes', async () => {
    const { probe, requests } = setStage(yes);
    expect(await probe()).toEqual(OK);
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: 'https://api.openai.com/v1/chat/completions',
      body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 },
    });
    expect(requests[0]?.headers['authorization']).toMatch(/^Bearer /);
  });

  it('keeps models that think from thinking much', async () => {
    const { probe, requests } = setStage(yes, { models: { m: { reasoning: true } } });
    await probe();
    expect(requests[0]?.body).toMatchObject({ max_completion_tokens: 16, reasoning_effort: 'low' });
    expect(requests[0]?.body).not.toHaveProperty('max_tokens');
  });

  it('speaks each dialect', async () => {
    const anthropic = setStage(() => ANTHROPIC, { provider: 'anthropic', models: ['claude-sonnet-4.5'] });
    expect(await anthropic.probe()).toEqual(OK);
    expect(anthropic.requests[0]?.body).toMatchObject({ max_tokens: 1 });
    expect(anthropic.requests[0]?.body).not.toHaveProperty('thinking');
    const gemini = setStage(() => GEMINI, { provider: 'gemini', models: ['gemini-2.5-flash'] });
    expect(await gemini.probe()).toEqual(OK);
    expect(gemini.requests[0]?.body).toMatchObject({
      generationConfig: { maxOutputTokens: 1, thinkingConfig: { thinkingBudget: 0 } },
    });
    const azure = setStage(yes, { provider: 'azure', baseUrl: 'https://shop.openai.azure.com' });
    expect(await azure.probe()).toEqual(OK);
    expect(azure.requests[0]?.url).toBe('https://shop.openai.azure.com/openai/v1/chat/completions');
  });

  it('is asked in another way when the way it is asked is refused, which says nothing', async () => {
    const refused = failWith(400, { message: "Unsupported parameter: 'max_tokens'", code: 'unsupported_parameter' });
    const { probe, requests } = setStage(({ body }) => ('max_tokens' in body ? refused : answerWith('H')));
    expect(await probe()).toMatchObject({ verdict: { outcome: 'nothing', error: 'request' } });
    expect(await probe()).toEqual(OK);
    expect(await probe()).toEqual(OK);
    expect(requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 16 });
  });

  it.each([
    ['503', failWith(503), 'failed'],
    ['404', failWith(404), 'failed'],
    ['a refused connection', refuseConnection(), 'failed'],
    ['429', failWith(429), 'nothing'],
    ['an empty object', answerWith({ choices: [] }), 'failed'],
  ])('is judged by %s', async (_, reply, outcome) => {
    const { probe } = setStage(() => reply);
    expect(await probe()).toMatchObject({ verdict: { outcome } });
  });
});

describe('a probe that costs money', () => {
  const PRICE = { price: { input: 2, output: 8, cachedInput: 1 } };

  it('costs what its usage says, or what was thought where that is not told', async () => {
    const { probe, check } = setStage(yes, {}, PRICE);
    await probe();
    expect(check.cost).toBeCloseTo((10 * 2 + 5 * 8) / 1e6, 12);
    const untold = setStage(() => answerWith({ usage: undefined }), {}, PRICE);
    await untold.probe();
    expect(untold.check.cost).toBeCloseTo((10 * 2 + 1 * 8) / 1e6, 12);
  });

  it('costs nothing when it is answered with an error', async () => {
    const { probe, check } = setStage(() => failWith(503), {}, PRICE);
    await probe();
    expect(check.cost).toBeCloseTo(0, 15);
  });

  it('is held back when the day has cost enough', async () => {
    const health = { probe: 'chat', maxCostPerDay: 0.001 };
    const { probe, requests, check } = setStage(yes, { health }, PRICE);
    for (let count = 0; count < 50; count += 1) await probe();
    expect(check.cost).toBeLessThanOrEqual(0.001);
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.length).toBeLessThan(20);
    expect(await probe()).toBe('held');
  });

  it('is held back after so many a day, whatever the price', async () => {
    const { probe, requests } = setStage(yes);
    for (let count = 0; count < 20; count += 1) await probe();
    expect(requests).toHaveLength(5);
    expect(await probe()).toBe('held');
  });
});

describe('a probe within limits', () => {
  it('takes a place as a call does, and gives it back', async () => {
    const { probe, deployment } = setStage(yes, { limits: { concurrency: 1, tokensPerMinute: 60_000 } });
    const limiter = deployment.lanes[0]?.limiter;
    const under = probe();
    expect(limiter?.snapshot().inFlight).toBe(1);
    expect(await under).toEqual(OK);
    expect(limiter?.snapshot().inFlight).toBe(0);
  });

  it('is not sent where there is no place, or where a call waits for it', async () => {
    const { probe, deployment, requests } = setStage(yes, { limits: { concurrency: 1 } });
    expect(await probe(() => false)).toBe('held');
    const permit = deployment.lanes[0]?.limiter?.tryAcquire(1);
    expect(await probe()).toBe('held');
    expect(requests).toHaveLength(0);
    if (permit?.granted === true) permit.release();
    expect(await probe()).toEqual(OK);
  });

  it('is not sent on a lane that rests, and is on another', async () => {
    const keys = ['sk-first-0123456789', 'sk-second-0123456789'];
    const { probe, deployment, requests } = setStage(yes, { keys });
    const [first, second] = deployment.lanes;
    const rest = { reason: 'quota', attemptStartedAt: 0, at: now(), hinted: true, duration: () => 60_000 } as const;
    first?.key.cooldown.offend(rest);
    expect(await probe()).toEqual(OK);
    expect(requests[0]?.headers['authorization']).toBe('Bearer sk-second-0123456789');
    second?.cooldown.offend(rest);
    expect(await probe()).toBe('held');
    expect(requests).toHaveLength(1);
  });

  it('is not sent to one that is being drained', async () => {
    const { probe, deployment } = setStage(yes);
    deployment.byHand.draining = true;
    expect(await probe()).toBe('held');
  });

  it('takes no trial of a half-open circuit, and tells it nothing', async () => {
    const { probe, deployment } = setStage(yes);
    deployment.breaker.restoreOpen(60_000, 0);
    deployment.breaker.allowTrial();
    const under = probe();
    expect(deployment.breaker.snapshot()).toMatchObject({ state: 'half-open', trialsInFlight: 0 });
    expect(deployment.breaker.admits()).toBe(true);
    expect(await under).toEqual(OK);
    expect(deployment.breaker.snapshot()).toMatchObject({ state: 'half-open', trialSuccesses: 0 });
  });
});

describe('a probe that has to be signed', () => {
  it('is signed as calls are', async () => {
    const { probe, requests } = setStage(yes, { sign: () => Promise.resolve({ 'x-signature': 'abc' }) });
    expect(await probe()).toEqual(OK);
    expect(requests[0]?.headers).toMatchObject({ 'x-signature': 'abc' });
  });

  it('is not sent where that fails, and costs nothing then', async () => {
    const fields = { sign: () => Promise.reject(new Error('no')), limits: { concurrency: 1 } };
    const { probe, requests, check, deployment } = setStage(yes, fields, {
      price: { input: 2, output: 8, cachedInput: 1 },
    });
    expect(await probe()).toBeUndefined();
    expect(requests).toHaveLength(0);
    expect(check.cost).toBeCloseTo(0, 15);
    expect(deployment.lanes[0]?.limiter?.snapshot().inFlight).toBe(0);
  });

  it('is not sent when it is ended meanwhile', async () => {
    let sign: (headers: Record<string, string>) => void = () => {};
    const { probe, requests, check } = setStage(yes, { sign: () => new Promise((resolve) => (sign = resolve)) });
    const under = probe();
    check.end?.();
    sign({});
    expect(await under).toBeUndefined();
    expect(requests).toHaveLength(0);
  });
});
