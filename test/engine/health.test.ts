/** Probes beside calls, and what they do to the plan. The first probe of an upstream is sent after half an interval here. */
import {
  answerWith,
  failWith,
  neverAnswer,
  refuseConnection,
  type ScriptedReply,
  type ScriptedRequest,
} from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type Stage, type StageOptions, type Upstreams } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

const notFound = (): ScriptedReply => failWith(404);

let stages: Stage[] = [];

afterEach(async () => {
  for (const { failover } of stages) await failover.close();
  stages = [];
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const LIST: ScriptedReply = answerWith({ object: 'list', data: [{ id: 'm', object: 'model' }] });
const yes = (): ScriptedReply => answerWith('yes');

/** `P` before `S`, with the usual probes; `lists` may be replaced while it plays. */
function stageWith(upstreams: Upstreams, lists: Upstreams, options: StageOptions = {}): Stage {
  const stage = setStage(upstreams, { health: {}, ...options }, (request) =>
    (lists[request.upstream] ?? notFound)(request),
  );
  stages.push(stage);
  return stage;
}

/** When an upstream was asked beside calls, in whole seconds. */
function askedAt(stage: Stage, name: string, asked: readonly ScriptedRequest[] = stage.inquiries): number[] {
  const start = performance.now() - stage.at() * 1000;
  return asked.filter((one) => one.upstream === name).map(({ at }) => Math.round((at - start) / 1000));
}

const ofUpstream = (stage: Stage, name: string) => stage.failover.status().upstreams.find((one) => one.name === name);
const ofDeployment = (stage: Stage, id: string) => stage.failover.status().deployments.find((one) => one.id === id);
const changes = (stage: Stage, id: string | undefined) =>
  stage.events
    .filter(([name, event]) => name === 'health-changed' && event['deployment'] === id)
    .map(([, { from, to }]) => `${String(from)} > ${String(to)}`);

async function answered(stage: Stage): Promise<string> {
  const call = stage.call();
  for (let step = 0; step < 100 && call.at === undefined; step += 1) await stage.until(stage.at() + 0.01);
  return trail(call);
}

describe('Probes are sent', () => {
  it('not at once, then with the usual interval, and less and less while nobody calls', async () => {
    const stage = stageWith({ P: yes }, { P: () => LIST });
    await stage.until(4.9);
    expect(stage.inquiries).toHaveLength(0);
    await stage.until(400);
    // Nothing was ever called, which is as quiet as can be.
    expect(askedAt(stage, 'P')).toEqual([5, 65, 125, 185, 245, 305, 365]);
    expect(stage.inquiries[0]).toMatchObject({ method: 'GET', url: 'https://p.example/v1/models' });
    expect(stage.inquiries[0]?.headers).toMatchObject({ authorization: 'Bearer sk-p-0123456789' });
    expect(stage.requests).toHaveLength(0);
  });

  it('never to whom calls succeed with, and more often to the others', async () => {
    const stage = stageWith({ P: yes, S: yes }, { P: () => LIST, S: () => LIST });
    await stage.until(1);
    for (let second = 1; second < 60; second += 2) {
      void stage.call();
      await stage.until(second + 2);
    }
    expect(askedAt(stage, 'P')).toEqual([]);
    expect(askedAt(stage, 'S')).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
    expect(ofUpstream(stage, 'P')?.probes).toMatchObject({ sent: 0, spared: 6 });
    expect(ofUpstream(stage, 'S')?.probes).toMatchObject({ sent: 12, spared: 0 });
    // And again when they end.
    await stage.until(90);
    expect(askedAt(stage, 'P').length).toBeGreaterThan(0);
  });

  it('to nobody where they are switched off', async () => {
    const stage = stageWith({ P: yes, S: yes }, {}, { health: false });
    await stage.until(600);
    expect(stage.inquiries).toHaveLength(0);
    expect(ofUpstream(stage, 'P')?.probes).toBeUndefined();
  });

  it('to one that is switched on beside those that are not', async () => {
    const upstreams = [upstream('P', ['m']), upstream('S', ['m'], { priority: 2, health: { interval: 1_000 } })];
    const stage = stageWith({ P: yes, S: yes }, { S: () => LIST }, { health: false, upstreams });
    await stage.until(10);
    expect(askedAt(stage, 'P')).toEqual([]);
    expect(askedAt(stage, 'S').length).toBeGreaterThan(0);
  });

  it('for the head alone where that is wanted', async () => {
    const stage = stageWith({ P: yes }, { P: () => LIST }, { health: { probe: 'head' } });
    await stage.until(6);
    expect(stage.inquiries[0]?.method).toBe('HEAD');
    expect(ofUpstream(stage, 'P')?.health).toMatchObject({ status: 'healthy', reason: 'its probes succeed' });
  });

  it('not while the upstream asks to be left alone', async () => {
    const stage = stageWith({ P: yes }, { P: () => failWith(429, { headers: { 'retry-after': '200' } }) });
    await stage.until(200);
    expect(askedAt(stage, 'P')).toEqual([5]);
    expect(ofUpstream(stage, 'P')?.health.status).toBe('unknown');
    await stage.until(206);
    expect(askedAt(stage, 'P')).toEqual([5, 205]);
  });

  it('seldom to whom answers that say nothing', async () => {
    const stage = stageWith({ P: yes }, {});
    await stage.until(1_000);
    expect(askedAt(stage, 'P')).toEqual([5, 65, 125, 425, 725]);
    expect(ofUpstream(stage, 'P')).toMatchObject({
      health: { status: 'unknown' },
      probes: {
        opinion: 'unknown',
        history: { checks: 5, ok: 0, failed: 0, last: { outcome: 'nothing', error: '404' } },
      },
    });
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('unknown');
    expect(await answered(stage)).toBe('m@P ok');
  });
});

describe('Failed probes', () => {
  it('take an upstream down by three in a row, and two successes bring it up again', async () => {
    const lists: Upstreams = { P: () => LIST, S: () => LIST };
    const stage = stageWith({ P: yes, S: yes }, lists);
    await stage.until(6);
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('healthy');
    lists['P'] = () => refuseConnection();
    await stage.until(86);
    expect(ofUpstream(stage, 'P')?.probes?.history).toMatchObject({ checks: 4, ok: 1, failed: 3 });
    expect(ofDeployment(stage, 'm@P')?.health).toMatchObject({
      status: 'unhealthy',
      reason: 'its probes failed: connect: no connection (ECONNREFUSED)',
    });
    expect(ofDeployment(stage, 'm@P')?.circuit.state).toBe('closed');
    expect(await answered(stage)).toBe('m@S ok');
    const { models } = stage.failover.explain({ messages: [{ role: 'user', content: 'Hello' }] });
    expect(models[0]?.candidates.map(({ deployment }) => deployment)).toEqual(['m@S', 'm@P']);
    expect(models[0]?.candidates[1]).toMatchObject({
      deployment: 'm@P',
      passedOver: expect.stringContaining('ECONNREFUSED'),
    });
    lists['P'] = () => LIST;
    await stage.until(146);
    expect(ofUpstream(stage, 'P')?.health.status).toBe('unhealthy');
    await stage.until(160);
    expect(await answered(stage)).toBe('m@P ok');
    expect(changes(stage, 'm@P')).toEqual(['unknown > healthy', 'healthy > unhealthy', 'unhealthy > healthy']);
    expect(changes(stage, undefined).filter((one) => one.includes('unhealthy'))).toHaveLength(2);
  });

  it('are debounced: two in a row change nothing', async () => {
    let count = 0;
    const stage = stageWith({ P: yes }, { P: () => ((count += 1) % 3 === 0 ? LIST : refuseConnection()) });
    await stage.until(600);
    expect(count).toBeGreaterThan(12);
    expect(changes(stage, 'm@P')).toEqual(['unknown > healthy']);
  });

  it.each<[string, ScriptedReply]>([
    ['500', failWith(500)],
    ['silence', neverAnswer()],
    ['a web page', failWith(200, { body: '<html></html>', headers: { 'content-type': 'text/html' } })],
    ['a revoked key', failWith(401)],
  ])('are failures by %s', async (_, reply) => {
    const lists: Upstreams = { P: () => LIST };
    const stage = stageWith({ P: yes }, lists);
    await stage.until(6);
    lists['P'] = () => reply;
    await stage.until(120);
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('unhealthy');
  });

  it('by a status say nothing of an upstream that has never given its list', async () => {
    const stage = stageWith({ P: yes, S: yes }, { P: () => failWith(401), S: () => failWith(500) });
    await stage.until(900);
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('unknown');
    expect(ofDeployment(stage, 'm@S')?.health.status).toBe('unknown');
    expect(await answered(stage)).toBe('m@P ok');
  });

  it('are no fault of an upstream of whose keys another is taken', async () => {
    const upstreams = [upstream('P', ['m'], { keys: ['sk-first-0123456789', 'sk-second-0123456789'] })];
    const lists: Upstreams = { P: () => LIST };
    const stage = stageWith({ P: yes }, lists, { upstreams });
    await stage.until(6);
    lists['P'] = ({ headers }) => (headers['authorization'] === 'Bearer sk-second-0123456789' ? LIST : failWith(401));
    await stage.until(900);
    expect(ofUpstream(stage, 'P')?.probes?.history.failed).toBe(0);
    expect(changes(stage, 'm@P')).toEqual(['unknown > healthy']);
    lists['P'] = () => failWith(401);
    await stage.until(1_800);
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('unhealthy');
  });

  it('are ignored when they take everybody down', async () => {
    const stage = stageWith({ P: yes, S: yes }, { P: () => refuseConnection(), S: () => refuseConnection() });
    await stage.until(300);
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('unhealthy');
    expect(ofDeployment(stage, 'm@S')?.health.status).toBe('unhealthy');
    expect(await answered(stage)).toBe('m@P ok');
    // A call knows better than a probe.
    expect(ofDeployment(stage, 'm@P')?.health).toMatchObject({ status: 'healthy', reason: 'its calls succeed' });
    expect(await answered(stage)).toBe('m@P ok');
  });

  it('are ignored when nobody else can be asked now', async () => {
    const upstreams = {
      P: yes,
      S: (): ScriptedReply => failWith(429, { headers: { 'retry-after': '600' } }),
    };
    const stage = stageWith(upstreams, { P: () => refuseConnection(), S: () => LIST });
    await stage.until(300);
    expect(await answered(stage)).toBe('m@S rate-limited, m@P ok');
    const more = await answered(stage);
    expect(more).toBe('m@P ok');
  });

  it('cost a call no attempt: another model answers before one that is down is asked', async () => {
    const upstreams = [upstream('P', ['m']), upstream('S', ['n'], { priority: 2 })];
    const options = { upstreams, chains: { default: ['m', 'n'] } };
    const stage = stageWith({ P: yes, S: yes }, { P: () => refuseConnection(), S: () => LIST }, options);
    await stage.until(300);
    expect(await answered(stage)).toBe('n@S ok');
  });

  it('do not keep one down that has come back without giving its list', async () => {
    const lists: Upstreams = { P: () => refuseConnection(), S: () => LIST };
    const stage = stageWith({ P: yes, S: yes }, lists);
    await stage.until(300);
    expect(await answered(stage)).toBe('m@S ok');
    lists['P'] = () => failWith(403);
    await stage.until(500);
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('unknown');
    expect(await answered(stage)).toBe('m@P ok');
  });
});

describe('An open circuit', () => {
  const LONG = { breaker: { openFor: 100_000, consecutiveFailures: 2 } };

  async function opened(stage: Stage): Promise<void> {
    for (let call = 0; call < 6 && ofDeployment(stage, 'm@P')?.circuit.state !== 'open'; call += 1)
      await answered(stage);
    expect(ofDeployment(stage, 'm@P')?.circuit.state).toBe('open');
  }

  it('lets trials through when probes connect again, and is not closed by them', async () => {
    const upstreams: Upstreams = { P: () => refuseConnection(), S: yes };
    const lists: Upstreams = { P: () => refuseConnection() };
    const stage = stageWith(upstreams, lists, LONG);
    await opened(stage);
    await stage.until(30);
    upstreams['P'] = yes;
    lists['P'] = () => LIST;
    await stage.until(95);
    expect(ofDeployment(stage, 'm@P')).toMatchObject({
      circuit: { state: 'half-open', trialSuccesses: 0 },
      upstreamCircuit: { state: 'half-open' },
      health: { status: 'degraded' },
    });
    expect(stage.events.filter(([name]) => name === 'circuit-half-opened').map(([, { reason }]) => reason)).toEqual([
      'probe',
      'probe',
    ]);
    expect(await answered(stage)).toBe('m@P ok');
    expect(ofDeployment(stage, 'm@P')?.circuit).toMatchObject({ state: 'half-open', trialSuccesses: 1 });
  });

  it('is not opened earlier by a list that was given all the while', async () => {
    const stage = stageWith({ P: () => failWith(503), S: yes }, { P: () => LIST }, LONG);
    await opened(stage);
    await stage.until(95);
    expect(ofUpstream(stage, 'P')?.probes?.history.ok).toBeGreaterThan(2);
    expect(ofDeployment(stage, 'm@P')).toMatchObject({ circuit: { state: 'open' }, health: { status: 'unhealthy' } });
  });

  it('is, by a list that failed with it and is given again, though not before the first open time', async () => {
    const upstreams: Upstreams = { P: () => failWith(503), S: yes };
    const lists: Upstreams = { P: () => LIST };
    const options = {
      breaker: { openFor: 20_000, consecutiveFailures: 2 },
      health: { interval: 1_000, idleInterval: 1_000, fall: 100 },
    };
    const stage = stageWith(upstreams, lists, options);
    await stage.until(2);
    lists['P'] = () => failWith(503);
    await opened(stage);
    await stage.until(30);
    upstreams['P'] = () => failWith(503);
    // Its trial fails, and it opens for longer.
    await answered(stage);
    expect(ofDeployment(stage, 'm@P')?.circuit.openFor).toBeGreaterThan(30_000);
    const from = stage.at();
    await stage.until(from + 4);
    lists['P'] = () => LIST;
    await stage.until(from + 19);
    expect(ofDeployment(stage, 'm@P')?.circuit.state).toBe('open');
    await stage.until(from + 30);
    expect(ofDeployment(stage, 'm@P')?.circuit.state).toBe('half-open');
  });

  it('that a person has opened stays open', async () => {
    const stage = stageWith({ P: yes }, { P: () => LIST }, { health: { interval: 1_000, idleInterval: 1_000 } });
    stage.failover.deployment('m@P').open();
    await stage.until(60);
    expect(ofDeployment(stage, 'm@P')?.circuit).toMatchObject({ state: 'open', forced: 'open' });
  });

  it('stays open as long as the upstream asked for a rest', async () => {
    const replies = [failWith(429, { headers: { 'retry-after': '80' } }), refuseConnection({ after: 1_000 })];
    const upstreams: Upstreams = { P: () => replies.shift() ?? answerWith('yes'), S: yes };
    const options = { breaker: { openFor: 300_000, consecutiveFailures: 1 }, health: { idleInterval: 10_000 } };
    const stage = stageWith(upstreams, { P: () => LIST }, options);
    void stage.call();
    void stage.call();
    await stage.until(75);
    expect(ofUpstream(stage, 'P')?.probes?.history.ok).toBeGreaterThan(4);
    expect(ofDeployment(stage, 'm@P')).toMatchObject({
      circuit: { state: 'open' },
      upstreamCircuit: { state: 'half-open' },
    });
    await stage.until(95);
    expect(ofDeployment(stage, 'm@P')?.circuit.state).toBe('half-open');
  });
});

describe('A deployment of which too many calls fail', () => {
  it('gets half of its traffic until they succeed', async () => {
    let failing = true;
    let count = 0;
    const upstreams: Upstreams = {
      P: () => (failing && (count += 1) % 3 === 0 ? failWith(500) : answerWith('yes')),
      S: yes,
    };
    const options = { upstreams: [upstream('P', ['m']), upstream('S', ['m'])] };
    const stage = stageWith(upstreams, { P: () => LIST, S: () => LIST }, options);
    for (let call = 0; call < 60; call += 1) await answered(stage);
    expect(ofDeployment(stage, 'm@P')?.health).toMatchObject({
      status: 'degraded',
      reason: expect.stringMatching(/^\d+ of its last \d+ calls failed$/),
    });
    expect(ofDeployment(stage, 'm@P')?.circuit.state).toBe('closed');
    failing = false;
    const before = stage.requests.length;
    for (let call = 0; call < 30; call += 1) await answered(stage);
    const toP = stage.requests.slice(before).filter((one) => one.upstream === 'P').length;
    expect(toP).toBe(10);
    await stage.until(stage.at() + 70);
    for (let call = 0; call < 30; call += 1) await answered(stage);
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('healthy');
    expect(stage.requests.slice(-30).filter((one) => one.upstream === 'P')).toHaveLength(15);
  });
});

describe('A probe of the application', () => {
  it.each<[string, () => unknown]>([
    ['says no', () => false],
    ['says no later', () => Promise.resolve(false)],
    [
      'throws',
      () => {
        throw new Error('sk-secret-0123456789');
      },
    ],
    ['rejects', () => Promise.reject(new Error('sk-secret-0123456789'))],
    ['never answers', () => new Promise(() => {})],
  ])('takes an upstream down when it %s', async (_, probe) => {
    const stage = stageWith({ P: yes }, {}, { health: { probe: probe as () => boolean } });
    await stage.until(120);
    const status = ofDeployment(stage, 'm@P');
    expect(status?.health.status).toBe('unhealthy');
    expect(JSON.stringify([status, stage.events])).not.toContain('secret');
    expect(stage.inquiries).toHaveLength(0);
  });

  it('is told whom it is about, and to stop when its time is over', async () => {
    const told: unknown[] = [];
    const probe = (context: { signal: AbortSignal }): Promise<boolean> => {
      context.signal.addEventListener('abort', () => told.push('stop'));
      const { signal: _, ...others } = context;
      told.push(others);
      return new Promise<boolean>(() => {});
    };
    const stage = stageWith({ P: yes }, {}, { health: { probe, timeout: 2_000 } });
    await stage.until(6);
    expect(told).toEqual([{ upstream: 'P', model: undefined, baseUrl: 'https://p.example/v1' }]);
    await stage.until(7.1);
    expect(told.at(-1)).toBe('stop');
  });

  it('that stands on a model is asked for that model alone', async () => {
    const asked: (string | undefined)[] = [];
    const probe = ({ model }: { model: string | undefined }): boolean => {
      asked.push(model);
      return model !== 'their-n';
    };
    const models = { m: {}, n: { id: 'their-n', health: { probe } } };
    const stage = stageWith({ P: yes }, { P: () => LIST }, { upstreams: [upstream('P', models)] });
    await stage.until(200);
    expect(new Set(asked)).toEqual(new Set(['their-n']));
    expect(ofDeployment(stage, 'n@P')?.health.status).toBe('unhealthy');
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('healthy');
    expect(ofDeployment(stage, 'n@P')?.probes).toMatchObject({ probe: 'function', opinion: 'down' });
  });
});

describe('A pool that changes', () => {
  it('probes who is new, and no more who has gone', async () => {
    const stage = stageWith(
      { P: yes, S: yes, N: yes },
      { P: () => LIST, S: () => LIST, N: () => LIST },
      {
        upstreams: [upstream('P', ['m']), upstream('S', ['m'])],
        health: { idleInterval: 10_000 },
      },
    );
    await stage.until(1);
    await stage.failover.pool.add(upstream('N', ['m']));
    await stage.failover.pool.remove('S');
    await stage.until(30);
    expect(askedAt(stage, 'N').length).toBeGreaterThan(1);
    expect(askedAt(stage, 'S')).toEqual([]);
  });

  it('keeps what probes have shown of one of which something else is new', async () => {
    const stage = stageWith({ P: yes, S: yes }, { P: () => refuseConnection(), S: () => LIST });
    await stage.until(300);
    await stage.failover.pool.update('P', { tags: ['new'] });
    await stage.until(301);
    expect(ofUpstream(stage, 'P')).toMatchObject({ health: { status: 'unhealthy' }, probes: { opinion: 'down' } });
    expect(ofDeployment(stage, 'm@P')?.health.status).toBe('unhealthy');
    expect(await answered(stage)).toBe('m@S ok');
  });
});

describe('close()', () => {
  it('ends probes under way, and leaves no timer', async () => {
    let aborted = false;
    const probe = ({ signal }: { signal: AbortSignal }): Promise<boolean> => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => {});
    };
    const upstreams = [upstream('P', ['m'], { health: { probe } }), upstream('S', ['m'])];
    const stage = stageWith({ P: yes, S: yes }, { S: () => neverAnswer() }, { upstreams });
    await stage.until(5.5);
    expect(stage.inquiries).toHaveLength(1);
    await stage.failover.close();
    await stage.until(5.6);
    expect(aborted).toBe(true);
    expect(stage.inquiries[0]?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    await stage.until(600);
    expect(stage.inquiries).toHaveLength(1);
  });
});
