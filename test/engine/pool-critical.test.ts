/** More than half of the models out: who is told, and when it is over. */
import { answerWith, failWith, refuseConnection, type ScriptedReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, upstream, type Stage, type StageOptions, type Upstreams } from '../traces/stage.ts';

let stages: Stage[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(async () => {
  for (const { failover } of stages) await failover.close();
  stages = [];
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const yes = (): ScriptedReply => answerWith('yes');

/** Three models, each on an upstream of its own; a circuit opens by its first failure. */
function threeModels(upstreams: Upstreams, options: StageOptions = {}, lists: Upstreams = {}): Stage {
  const names = ['A', 'B', 'C'].map((name) => upstream(name, [name.toLowerCase()]));
  const common = { criticalRatio: 0.5, breaker: { consecutiveFailures: 1 }, retry: { maxAttempts: 1 } };
  const all = { upstreams: names, ...common, ...options };
  const stage = setStage(upstreams, all, (request) => (lists[request.upstream] ?? (() => failWith(404)))(request));
  stages.push(stage);
  return stage;
}

async function ask(stage: Stage, ...models: string[]): Promise<void> {
  for (const model of models) {
    void stage.call({ model }, { maxAttempts: 1 });
    await stage.until(stage.at() + 0.01);
  }
}

const told = (stage: Stage) => stage.events.filter(([name]) => name.startsWith('pool-'));

describe('A pool', () => {
  it('is critical when more than half of its models have nobody to serve them, and says so once', async () => {
    const stage = threeModels({ A: () => failWith(500), B: () => failWith(500), C: yes });
    await ask(stage, 'a');
    expect(told(stage)).toEqual([]);
    expect(stage.failover.status().critical).toBeUndefined();
    await ask(stage, 'b');
    expect(told(stage)).toEqual([
      ['pool-critical', { models: ['a', 'b'], of: 3, message: '2 of 3 models have nobody to serve them: a, b.' }],
    ]);
    // What led to it is told before.
    const names = stage.events.map(([name]) => name);
    expect(names.lastIndexOf('circuit-opened')).toBeLessThan(names.indexOf('pool-critical'));
    await stage.until(5);
    expect(stage.failover.status().critical).toMatchObject({ models: ['a', 'b'], of: 3 });
    expect(stage.failover.status().critical?.for).toBeGreaterThan(4_000);
    expect(told(stage)).toHaveLength(1);
  });

  it('is not while another deployment serves the model', async () => {
    const upstreams = [upstream('A', ['a', 'b']), upstream('B', ['a', 'b'], { priority: 2 })];
    const stage = threeModels({ A: () => failWith(500), B: yes }, { upstreams });
    await ask(stage, 'a', 'b');
    expect(told(stage)).toEqual([]);
  });

  it('does not come and go while its circuits try in vain', async () => {
    const stage = threeModels({ A: () => failWith(500), B: () => failWith(500), C: yes });
    for (let second = 0; second < 300; second += 5) {
      await ask(stage, 'a', 'b');
      await stage.until(second + 5);
    }
    expect(told(stage).map(([name]) => name)).toEqual(['pool-critical']);
  });

  it('has recovered when a circuit has closed', async () => {
    const upstreams: Upstreams = { A: () => failWith(500), B: () => failWith(500), C: yes };
    const stage = threeModels(upstreams);
    await ask(stage, 'a', 'b');
    upstreams['A'] = yes;
    await stage.until(15);
    await ask(stage, 'a');
    expect(told(stage)).toHaveLength(1);
    await ask(stage, 'a');
    expect(told(stage).at(-1)).toEqual([
      'pool-recovered',
      { models: ['b'], of: 3, duration: expect.closeTo(15_000, -3) },
    ]);
    expect(stage.failover.status().critical).toBeUndefined();
  });

  it('has recovered when rests are over, though nothing else happens', async () => {
    const resting = (): ScriptedReply => failWith(402);
    const stage = threeModels({ A: resting, B: resting, C: yes });
    await ask(stage, 'a', 'b');
    expect(told(stage).map(([name]) => name)).toEqual(['pool-critical']);
    await stage.until(880);
    expect(told(stage)).toHaveLength(1);
    await stage.until(910);
    expect(told(stage).map(([name]) => name)).toEqual(['pool-critical', 'pool-recovered']);
  });

  it('is not critical because of limits that pass in a moment', async () => {
    const limited = (): ScriptedReply => failWith(429, { headers: { 'retry-after': '2' } });
    const stage = threeModels({ A: limited, B: limited, C: limited });
    await ask(stage, 'a', 'b', 'c');
    expect(told(stage)).toEqual([]);
  });

  it('is critical by probes alone, before any call has failed', async () => {
    const lists = { A: () => refuseConnection(), B: () => refuseConnection(), C: () => refuseConnection() };
    const stage = threeModels({ A: yes, B: yes, C: yes }, { health: {} }, lists);
    await stage.until(120);
    expect(told(stage).map(([name]) => name)).toEqual(['pool-critical']);
    expect(stage.requests).toHaveLength(0);
  });

  it('has recovered when probes vouch for circuits that nobody has tried yet', async () => {
    const upstreams: Upstreams = { A: () => refuseConnection(), B: () => refuseConnection(), C: yes };
    const lists: Upstreams = { A: () => refuseConnection(), B: () => refuseConnection() };
    const stage = threeModels(upstreams, { health: {} }, lists);
    await ask(stage, 'a', 'b');
    expect(told(stage).map(([name]) => name)).toEqual(['pool-critical']);
    await stage.until(60);
    const list = (): ScriptedReply => answerWith({ object: 'list', data: [] });
    Object.assign(lists, { A: list, B: list });
    await stage.until(200);
    expect(told(stage).map(([name]) => name)).toEqual(['pool-critical', 'pool-recovered']);
  });

  it.each([
    ['with a ratio that is not exceeded', { criticalRatio: 0.7 }],
    ['where nobody wants to know', { criticalRatio: false as const }],
  ])('is not critical %s', async (_, options) => {
    const stage = threeModels({ A: () => failWith(500), B: () => failWith(500), C: yes }, options);
    await ask(stage, 'a', 'b');
    expect(told(stage)).toEqual([]);
  });

  it('of one model leaves it to its circuit', async () => {
    const stage = threeModels({ A: () => failWith(500) }, { upstreams: [upstream('A', ['a'])] });
    await ask(stage, 'a');
    expect(stage.events.map(([name]) => name)).toContain('circuit-opened');
    expect(told(stage)).toEqual([]);
  });

  it('whose alarm nobody hears warns the process', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { createFailover } = await import('@ai-failover/core');
    const { createScriptedTransport } = await import('@ai-failover/testing');
    const { createTransport } = createScriptedTransport(() => failWith(500));
    const failover = createFailover(
      {
        upstreams: [upstream('A', ['a', 'b'])],
        health: false,
        breaker: { consecutiveFailures: 1 },
        cannedReply: 'soon',
      },
      { createTransport, random: () => 0 },
    );
    const messages = [{ role: 'user', content: 'Hello' }];
    for (const model of ['a', 'b']) void failover.chat({ model, messages }, { maxAttempts: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    await failover.close();
    expect(warn).toHaveBeenCalledExactlyOnceWith('2 of 2 models have nobody to serve them: a, b.', {
      type: 'AIFailoverWarning',
      code: 'AIF_POOL_CRITICAL',
    });
    warn.mockRestore();
  });
});
