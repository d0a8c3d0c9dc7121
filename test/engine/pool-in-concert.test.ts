/** What knows the pool, together: probes, circuits, rests, lists and a pool that changes. */
import { answerWith, failWith, refuseConnection, type ScriptedReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type Stage, type StageOptions, type Upstreams } from '../traces/stage.ts';

let stages: Stage[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(async () => {
  for (const { failover } of stages) {
    const closing = failover.close({ timeout: 1 });
    await vi.advanceTimersByTimeAsync(20_000);
    await closing;
  }
  stages = [];
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const FAST = { interval: 1_000, busyInterval: 1_000, idleInterval: 1_000 };
const yes = (): ScriptedReply => answerWith('yes');
const down = (): ScriptedReply => refuseConnection();
const listOf = (...ids: string[]): ScriptedReply => answerWith({ object: 'list', data: ids.map((id) => ({ id })) });
const listed = (): ScriptedReply => listOf('m');

/** `lists`: what is answered to whoever asks for the list of models. */
function stageWith(upstreams: Upstreams, lists: Upstreams, options: StageOptions = {}): Stage {
  const stage = setStage(upstreams, { health: FAST, ...options }, (request) =>
    (lists[request.upstream] ?? (() => failWith(404)))(request),
  );
  stages.push(stage);
  return stage;
}

/** How a call ends that begins now. */
async function answered(stage: Stage, request = {}): Promise<string> {
  const call = stage.call(request);
  for (let step = 0; step < 2_000 && call.at === undefined; step += 1) await stage.until(stage.at() + 0.01);
  return `${trail(call)}${call.reply?.failover.degraded === undefined ? '' : `, ${call.reply.failover.degraded}`}`;
}

const ofUpstream = (stage: Stage, name: string) => stage.failover.status().upstreams.find((one) => one.name === name);
const ofDeployment = (stage: Stage, id: string) => stage.failover.status().deployments.find((one) => one.id === id);
const told = (stage: Stage, ...names: string[]) => stage.events.filter(([name]) => names.includes(name));
const sentTo = (stage: Stage, name: string) => stage.requests.filter((one) => one.upstream === name).length;

describe('Who is down by probes', () => {
  it('is asked again when probes are switched off', async () => {
    const stage = stageWith({ P: yes, S: yes }, { P: down, S: listed });
    await stage.until(10);
    expect(ofUpstream(stage, 'P')?.health.status).toBe('unhealthy');
    await stage.failover.pool.update('P', { health: false });
    await stage.until(11);
    expect(await answered(stage)).toBe('m@P ok');
  });

  it('takes no attempt from the only one that is well', async () => {
    let blips = 1;
    const blip = (): ScriptedReply => ((blips -= 1) >= 0 ? failWith(500) : answerWith('yes'));
    const stage = stageWith({ A: blip, B: down, C: down }, { A: listed, B: down, C: down });
    await stage.until(10);
    expect(await answered(stage)).toBe('m@A server, m@A ok');
  });

  it('is given no time that the only one that is well could use', async () => {
    const slow = (): ScriptedReply => answerWith('slow', { after: 30_000 });
    const stage = stageWith({ A: slow, B: down, C: down }, { A: listed, B: down, C: down });
    await stage.until(10);
    const call = stage.call({}, { deadline: 40_000 });
    await stage.until(60);
    expect(trail(call)).toBe('m@A ok');
  });

  it('does not keep a tier that recovers behind it from stepping aside', async () => {
    let fails = true;
    const breaker = { consecutiveFailures: 2, openFor: 5_000, maxOpenFor: 5_000, ramp: 60_000, successesToClose: 1 };
    const stage = stageWith(
      { P: yes, Q: () => (fails ? failWith(500) : answerWith('q')), R: yes },
      { P: down, Q: listed, R: listed },
      { breaker },
    );
    await stage.until(10);
    for (let call = 0; call < 4; call += 1) await answered(stage);
    fails = false;
    await stage.until(stage.at() + 8);
    for (let call = 0; call < 3; call += 1) await answered(stage);
    expect(ofDeployment(stage, 'm@Q')?.circuit.weight).toBeLessThan(0.3);
    const trails: string[] = [];
    for (let call = 0; call < 20; call += 1) trails.push(await answered(stage));
    expect(trails.filter((one) => one.startsWith('m@Q')).length).toBeLessThan(10);
  });
});

describe('Probes', () => {
  it('go on when a rest is ended before its time', async () => {
    const lists: Upstreams = { P: down, S: listed };
    const stage = stageWith({ P: yes, S: yes }, lists);
    await stage.until(10);
    stage.failover.upstream('P').rest(36_000_000);
    await stage.until(20);
    lists['P'] = listed;
    stage.failover.upstream('P').wake();
    await stage.until(100);
    expect(ofUpstream(stage, 'P')?.health.status).toBe('healthy');
  });

  it('have one allowance a day, however often their upstream is updated', async () => {
    const stage = stageWith({ P: yes }, {}, { health: { ...FAST, probe: 'chat', maxProbesPerDay: 10 } });
    for (let change = 1; change <= 60; change += 1) {
      await stage.until(change * 10);
      await stage.failover.pool.update('P', { weight: 1 + change });
    }
    expect(stage.requests.length).toBeLessThanOrEqual(10);
    expect(ofDeployment(stage, 'm@P')?.probes?.sent).toBe(stage.requests.length);
  });

  it('that are dear are sent all the same, as seldom as their price allows', async () => {
    const health = { ...FAST, probe: 'chat', maxCostPerDay: 0.1 } as const;
    const models = { m: { price: { input: 150, output: 600 }, reasoning: true } };
    const stage = stageWith({ P: yes }, {}, { health, upstreams: [upstream('P', models)] });
    await stage.until(86_400);
    const { sent = 0, cost = 0 } = ofDeployment(stage, 'm@P')?.probes ?? {};
    expect(sent).toBeGreaterThan(0);
    // One may leave a debt, which is paid before the next.
    expect(cost).toBeLessThan(0.1 + cost / sent);
  }, 60_000);

  it('for money are spared while a long answer is on its way', async () => {
    const health = { interval: 10_000, busyInterval: 5_000, probe: 'chat' } as const;
    const act: Upstreams[string] = ({ body }) => answerWith('yes', { after: body['max_tokens'] === 1 ? 100 : 25_000 });
    const stage = stageWith({ P: act }, {}, { health });
    for (let call = 1; call <= 20; call += 1) {
      stage.call();
      await stage.until(call * 25.2);
    }
    expect(ofDeployment(stage, 'm@P')?.probes?.sent).toBe(0);
  });

  it('that were right once do not make trials of a model that goes on failing more frequent', async () => {
    const patient = upstream('P', ['m'], { health: { ...FAST, fall: 100 } });
    const lists: Upstreams = { P: listed, S: listed };
    const stage = stageWith({ P: () => failWith(500), S: yes }, lists, {
      upstreams: [patient, upstream('S', ['m'], { priority: 2 })],
    });
    await stage.until(5);
    lists['P'] = down;
    for (let call = 0; call < 6; call += 1) await answered(stage);
    await stage.until(stage.at() + 3);
    lists['P'] = listed;
    const before = sentTo(stage, 'P');
    for (let second = 0; second < 600; second += 1) {
      stage.call();
      await stage.until(stage.at() + 1);
    }
    expect(sentTo(stage, 'P') - before).toBeLessThan(9);
  });
});

describe('A pool that changes', () => {
  it('wakes a call that waits for somebody who has been updated since', async () => {
    const stage = stageWith({ P: yes }, {}, { health: false, queueWait: 60_000 });
    stage.failover.upstream('P').rest(50_000);
    const call = stage.call();
    await stage.until(1);
    void stage.failover.pool.update('P', { weight: 2 });
    await stage.until(2);
    stage.failover.upstream('P').wake();
    await stage.until(3);
    expect(trail(call)).toBe('m@P ok');
  });

  it('lets a drain reach the calls that began before', async () => {
    const act = (): ScriptedReply => failWith(500, { after: 2_000 });
    const stage = stageWith({ P: act, S: yes }, {}, { health: false });
    const call = stage.call();
    await stage.until(0.5);
    void stage.failover.pool.update('S', { weight: 2 });
    await stage.until(1);
    stage.failover.deployment('m@S').drain();
    await stage.until(20);
    expect(trail(call)).not.toContain('m@S');
  });

  it.each([0, 5_000])('forgets the list of the service before, also one that comes %d ms later', async (after) => {
    const lists: Upstreams = {
      P: ({ url }) => answerWith({ data: [{ id: url.includes('other') ? 'new' : 'old' }] }, { after }),
    };
    const stage = stageWith({ P: yes }, lists, {
      health: false,
      chains: { default: ['old', 'new'] },
      upstreams: [upstream('P', 'discover')],
    });
    await stage.until(2);
    await stage.failover.pool.update('P', { baseUrl: 'https://other.example/v1' });
    await stage.until(60);
    expect(stage.failover.names.models).toEqual(['new']);
  });

  it('asks for a list that was refused when the key is another', async () => {
    const lists: Upstreams = {
      P: ({ headers }) => (String(headers['authorization']).includes('good') ? listOf('m') : failWith(401)),
    };
    const options = { health: false, chains: { default: ['m'] }, upstreams: [upstream('P', 'discover')] } as const;
    const stage = stageWith({ P: yes }, lists, options);
    await stage.until(2);
    await stage.failover.pool.update('P', { keys: ['sk-good-0123456789'] });
    await stage.until(3);
    expect(stage.inquiries).toHaveLength(2);
    expect(ofDeployment(stage, 'm@P')?.listed).toBe(true);
  });

  it('does not change by another order of a list', async () => {
    let lists = 0;
    const stage = stageWith(
      { P: yes },
      { P: () => ((lists += 1) % 2 === 0 ? listOf('a', 'b') : listOf('b', 'a')) },
      { health: false, modelsInterval: 10_000, chains: { default: ['a'] }, upstreams: [upstream('P', 'discover')] },
    );
    await stage.until(100);
    expect(lists).toBeGreaterThan(5);
    expect(told(stage, 'pool-changed')).toHaveLength(1);
    expect(stage.failover.status().deployments.map((one) => one.listed)).toEqual([true, true]);
  });

  it('tells that a rest is over which a quota had earned that nobody asks for any more', async () => {
    const empty = upstream('P', ['m'], { quota: () => ({ remaining: 0, limit: 1 }) });
    const stage = stageWith({ P: yes }, {}, { health: false, queueWait: 250_000, upstreams: [empty] });
    stage.failover.on('quota-exhausted', () => {});
    await stage.until(5);
    const call = stage.call();
    await stage.until(6);
    void stage.failover.pool.update('P', { quota: undefined });
    await stage.until(8);
    expect(told(stage, 'cooldown-ended')).toHaveLength(1);
    expect(trail(call)).toBe('m@P ok');
  });
});

describe('A critical pool', () => {
  const three = (more = {}) => ({ criticalRatio: 0.5, upstreams: [upstream('P', ['m', 'n', 'o'], more)] });

  it('is one whose deployments are all drained', async () => {
    const stage = stageWith({ P: yes }, { P: () => listOf('m', 'n', 'o') }, three());
    await stage.until(10);
    for (const model of ['m', 'n', 'o']) stage.failover.deployment(`${model}@P`).drain();
    await stage.until(12);
    expect(stage.failover.status().critical?.models).toEqual(['m', 'n', 'o']);
    for (const model of ['m', 'n', 'o']) stage.failover.deployment(`${model}@P`).undrain();
    await stage.until(14);
    expect(told(stage, 'pool-critical', 'pool-recovered').map(([name]) => name)).toEqual([
      'pool-critical',
      'pool-recovered',
    ]);
  });

  it('is one whose upstream lists none of its models, where lists are strict', async () => {
    const stage = stageWith({ P: yes }, { P: () => listOf('z') }, three({ strictModels: true }));
    await stage.until(10);
    expect(stage.failover.status().critical?.models).toEqual(['m', 'n', 'o']);
  });

  it('is one of models that answer badly and then rest for a minute', async () => {
    let limited = false;
    let calls = 0;
    const act = (): ScriptedReply => {
      calls += 1;
      if (limited) return failWith(429, { headers: { 'retry-after': '60' } });
      return calls % 3 === 0 ? failWith(500) : answerWith('yes');
    };
    const breaker = { consecutiveFailures: 100, failureRatio: 0.6 };
    const stage = stageWith({ P: act }, { P: () => listOf('m', 'n', 'o') }, three({ breaker }));
    await stage.until(5);
    for (let call = 0; call < 40; call += 1) for (const model of ['m', 'n', 'o']) await answered(stage, { model });
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('degraded');
    limited = true;
    for (const model of ['m', 'n', 'o']) await answered(stage, { model });
    await stage.until(stage.at() + 10);
    expect(stage.failover.status().critical?.models).toEqual(['m', 'n', 'o']);
  });
});

describe('A limit of the account', () => {
  it('tells that the rests are over which it takes back', async () => {
    const keys = ['sk-aaaaaaaaaaaa', 'sk-bbbbbbbbbbbb'];
    const stage = stageWith(
      { P: () => failWith(401) },
      {},
      { health: false, upstreams: [upstream('P', ['m'], { keys })] },
    );
    await answered(stage);
    const scopes = told(stage, 'cooldown-started', 'cooldown-ended').map(([name, { scope }]) => [name, scope]);
    expect(scopes).toEqual([
      ['cooldown-started', 'key'],
      ['cooldown-ended', 'key'],
      ['cooldown-started', 'upstream'],
    ]);
  });
});
