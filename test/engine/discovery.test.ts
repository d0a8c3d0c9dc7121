/** Which models an upstream serves, found out by asking it. */
import { createFailover, type FailoverOptions } from '@ai-failover/core';
import {
  answerWith,
  createScriptedTransport,
  failWith,
  refuseConnection,
  type ScriptedReply,
  type ScriptedRequest,
} from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const lists = (...ids: readonly string[]): ScriptedReply =>
  answerWith({ object: 'list', data: ids.map((id) => ({ id, object: 'model' })) });

interface Asked {
  readonly models: (request: ScriptedRequest) => ScriptedReply;
  readonly options?: Partial<FailoverOptions>;
}

function stageOf({ models, options = {} }: Asked) {
  const transport = createScriptedTransport(({ upstream: name, model }) => answerWith(`${model} of ${name}`), models);
  const failover = createFailover<string, string, string>(
    { health: false, upstreams: [upstream('P', 'discover')], chains: { default: ['a', 'b'] }, ...options },
    { createTransport: transport.createTransport, random: () => 0.5 },
  );
  const events: [string, object][] = [];
  failover.onAny((name, event) => events.push([name, { ...event }]));
  return {
    failover,
    inquiries: transport.inquiries,
    told: (name: string) => events.filter(([one]) => one === name).map(([, event]) => event),
    async ask(model?: string) {
      const messages = [{ role: 'user', content: 'Hello' }];
      const reply = failover.chat({ messages, ...(model !== undefined && { model }) }).then(
        ({ text }) => text,
        (error: unknown) => String(Reflect.get(Object(error), 'message')),
      );
      await vi.advanceTimersByTimeAsync(1);
      return reply;
    },
  };
}

describe('models that are discovered', () => {
  it('are asked for at start, with a key, and serve from then on', async () => {
    const stage = stageOf({ models: () => lists('b', 'c') });
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.inquiries).toMatchObject([
      { method: 'GET', url: 'https://p.example/v1/models', headers: { authorization: 'Bearer sk-p-0123456789' } },
    ]);
    expect(stage.failover.names.models).toEqual(['b', 'c']);
    expect(await stage.ask()).toBe('b of P');
    expect(await stage.ask('c')).toBe('c of P');
    expect(await stage.ask('a')).toContain('model "a" is unknown');
    expect(stage.told('pool-changed')).toEqual([{ change: 'discovered', upstream: 'P', models: ['b', 'c'] }]);
    expect(stage.told('model-not-listed')).toMatchObject([{ deployment: 'a@P', skipped: true }]);
    await stage.failover.close();
  });

  it('are those that the chains name while the list cannot be had', async () => {
    let calls = 0;
    const stage = stageOf({ models: () => ((calls += 1) < 3 ? refuseConnection() : lists('b')) });
    expect(await stage.ask()).toBe('a of P');
    await vi.advanceTimersByTimeAsync(2_900);
    expect([stage.inquiries.length, await stage.ask()]).toEqual([2, 'a of P']);
    await vi.advanceTimersByTimeAsync(200);
    expect([stage.inquiries.length, await stage.ask()]).toEqual([3, 'b of P']);
    await stage.failover.close();
  });

  it('are only missed where nobody serves them', async () => {
    const stage = stageOf({
      models: ({ upstream: name }) => (name === 'P' ? lists('a') : lists('b')),
      options: { upstreams: [upstream('P', 'discover'), upstream('Q', 'discover')] },
    });
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.failover.status().deployments.map(({ id }) => id)).toEqual(['a@P', 'b@Q']);
    expect(stage.told('model-not-listed')).toEqual([]);
    await stage.failover.close();
  });

  it('are asked for again from time to time', async () => {
    let ids = ['a'];
    const stage = stageOf({ models: () => lists(...ids), options: { modelsInterval: 60_000 } });
    await vi.advanceTimersByTimeAsync(59_000);
    ids = ['a', 'new'];
    expect(stage.inquiries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(stage.failover.names.models).toEqual(['a', 'new']);
    await vi.advanceTimersByTimeAsync(60_000);
    // The same list again changes nothing.
    expect(stage.told('pool-changed')).toHaveLength(2);
    await stage.failover.close();
  });

  it.each([
    ['a page', () => answerWith({ data: 'none' })],
    ['an empty list', () => lists()],
    ['a part of a list', () => answerWith({ data: [{ id: 'x' }], has_more: true })],
    ['more than anybody has', () => lists(...Array.from({ length: 1_001 }, (_, index) => `m${index}`))],
    ['404', () => failWith(404)],
    ['403', () => failWith(403)],
  ])('are not taken from %s', async (_, models) => {
    const stage = stageOf({ models });
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.failover.names.models).toEqual(['a', 'b']);
    expect(stage.told('pool-changed')).toEqual([]);
    await stage.failover.close();
  });

  it('are asked for of an upstream that comes later, and no more of one that has gone', async () => {
    const stage = stageOf({
      models: ({ upstream: name }) => lists(`${name}-model`),
      options: { upstreams: [upstream('P', ['a'])], chains: {} },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(stage.inquiries).toEqual([]);
    await stage.failover.pool.add(upstream('Q', 'discover'));
    await vi.advanceTimersByTimeAsync(1);
    expect(await stage.ask('Q-model')).toBe('Q-model of Q');
    await stage.failover.pool.remove('Q');
    await vi.advanceTimersByTimeAsync(1_200_000);
    expect(stage.inquiries).toHaveLength(1);
    expect(stage.failover.names.models).toEqual(['a']);
    await stage.failover.close();
  });

  it('come from what is asked of each provider in its own form', async () => {
    const gemini = { ...upstream('G', 'discover'), provider: 'gemini', keys: ['AIza-0123456789'] } as const;
    const stage = stageOf({
      models: () => answerWith({ models: [{ name: 'models/gemini-2.5-flash' }] }),
      options: { upstreams: [gemini] },
    });
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.inquiries[0]).toMatchObject({
      url: 'https://g.example/v1/models?pageSize=1000',
      headers: { 'x-goog-api-key': 'AIza-0123456789' },
    });
    expect(stage.failover.names.models).toEqual(['gemini-2.5-flash']);
    await stage.failover.close();
  });

  it('are not asked for any more once the engine closes', async () => {
    const stage = stageOf({ models: () => lists('a') });
    await stage.failover.close();
    await vi.advanceTimersByTimeAsync(1_200_000);
    expect(stage.inquiries).toEqual([]);
  });
});

describe('a list that does not name a configured model', () => {
  const options = { upstreams: [upstream('P', { a: { id: 'gpt-4.1' }, b: {} })], strictModels: true };

  it('keeps it from being asked where lists are strict, and says what it may have been meant to be', async () => {
    const stage = stageOf({ models: () => lists('gpt-4.1-mini', 'gpt-4.5', 'b'), options });
    await vi.advanceTimersByTimeAsync(1);
    expect(await stage.ask()).toBe('b of P');
    expect(stage.told('model-not-listed')).toEqual([
      {
        deployment: 'a@P',
        upstream: 'P',
        model: 'a',
        modelId: 'gpt-4.1',
        nearest: ['gpt-4.1-mini', 'gpt-4.5'],
        skipped: true,
        message: 'P does not list the model "gpt-4.1". It is not asked for it. It lists "gpt-4.1-mini", "gpt-4.5".',
      },
    ]);
    expect(stage.failover.status().deployments).toMatchObject([
      { id: 'a@P', listed: false, available: false, unavailable: { reason: 'not-listed' } },
      { id: 'b@P', listed: true, available: true },
    ]);
    await stage.failover.close();
  });

  it('is told once, and again only when it had been there in between', async () => {
    let ids = ['b'];
    const stage = stageOf({ models: () => lists(...ids), options: { ...options, modelsInterval: 10_000 } });
    await vi.advanceTimersByTimeAsync(35_000);
    expect(stage.told('model-not-listed')).toHaveLength(1);
    ids = ['b', 'gpt-4.1'];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stage.failover.status().deployments[0]).toMatchObject({ listed: true, available: true });
    ids = ['b'];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stage.told('model-not-listed')).toHaveLength(2);
    await stage.failover.close();
  });

  it('does not exist where the upstream has no list', async () => {
    const stage = stageOf({ models: () => failWith(404), options });
    await vi.advanceTimersByTimeAsync(1);
    expect(await stage.ask()).toBe('gpt-4.1 of P');
    expect(stage.failover.status().deployments[0]).toMatchObject({ listed: undefined, available: true });
    await stage.failover.close();
  });
});

describe('a list that a probe brings', () => {
  const options = { upstreams: [upstream('P', ['a', 'b'])], health: { interval: 10_000, idleInterval: 10_000 } };

  it('is read, once in a while, and tells of a model that it does not name', async () => {
    const stage = stageOf({ models: () => lists('b'), options });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stage.inquiries.length).toBeGreaterThan(3);
    expect(stage.told('model-not-listed')).toMatchObject([
      { deployment: 'a@P', skipped: false, message: 'P does not list the model "a". It is asked for it all the same.' },
    ]);
    expect(await stage.ask('a')).toBe('a of P');
    await stage.failover.close();
  });

  it('spares a question of its own where models are discovered', async () => {
    const health = { interval: 10_000, idleInterval: 10_000 };
    const stage = stageOf({ models: () => lists('b'), options: { health, modelsInterval: 60_000 } });
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.inquiries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(600_000);
    const probes = stage.failover.status().upstreams[0]?.probes?.sent ?? 0;
    expect(probes).toBeGreaterThan(30);
    expect(stage.inquiries).toHaveLength(1 + probes);
    expect(stage.failover.names.models).toEqual(['b']);
    await stage.failover.close();
  });
});
