/** Upstreams come, go and change while calls go on. */
import { answerWith, failWith, neverAnswer } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from '../traces/stage.ts';
import { NO_BREAKER } from './steady.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const named = (name: string, after = 0) => answerWith(`from ${name}`, { after });

describe('an upstream that is added', () => {
  it('serves the calls that begin then, behind those that are there', async () => {
    const stage = setStage({ P: () => failWith(500), S: () => named('S') }, { upstreams: [upstream('P', ['m'])] });
    const before = stage.call();
    await stage.until(2);
    await stage.failover.pool.add(upstream('S', ['m', 'n'], { priority: 2 }));
    const after = stage.call();
    const other = stage.call({ model: 'n' });
    await stage.until(3);
    expect(before.reply?.text).toBe(CANNED);
    expect(trail(after)).toBe('m@P server, m@S ok');
    expect(other.reply?.text).toBe('from S');
    expect(stage.failover.names.models).toEqual(['m', 'n']);
    expect(stage.failover.status().deployments.map(({ id }) => id)).toEqual(['m@P', 'm@S', 'n@S']);
    expect(stage.events.find(([name]) => name === 'pool-changed')?.[1]).toEqual({
      change: 'added',
      upstream: 'S',
      models: ['m', 'n'],
    });
  });

  it('joins the chain that was made of all models, and no chain that names its own', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => named('S') },
      { upstreams: [upstream('P', ['m'])], chains: { own: ['m'] } },
    );
    await stage.failover.pool.add(upstream('S', ['n']));
    const all = stage.call();
    const own = stage.call({}, { chain: 'own' });
    await stage.until(2);
    expect([all.reply?.text, own.reply?.text]).toEqual(['from S', CANNED]);
  });

  it('is checked like those of the start, and leaves the pool as it is if it is wrong', async () => {
    const stage = setStage({ P: () => named('P') });
    const wrong = { ...upstream('S', ['m']), keys: ['sk-secret-0123456789', ''], prioritty: 2 };
    const refused = stage.failover.pool.add(wrong);
    await expect(refused).rejects.toMatchObject({
      code: 'AIF_CONFIG',
      issues: [{ path: 'upstreams[1].keys[1]' }, { path: 'upstreams[1].prioritty', suggestion: 'priority' }],
    });
    await expect(refused).rejects.toThrow(expect.not.stringContaining('secret'));
    await expect(stage.failover.pool.add(upstream('P', ['m']))).rejects.toMatchObject({
      issues: [{ path: 'upstreams[1].name', value: '"P"' }],
    });
    expect(stage.failover.status().deployments.map(({ id }) => id)).toEqual(['m@P']);
    expect(stage.events).toEqual([]);
  });

  it('is a copy: what the application does with its object later changes nothing', async () => {
    const stage = setStage({ P: () => named('P'), S: () => named('S') }, { upstreams: [upstream('P', ['m'])] });
    const models = ['n'];
    await stage.failover.pool.add({ ...upstream('S', models), models });
    models.push('x');
    await stage.failover.pool.update('P', { weight: 2 });
    expect(stage.failover.names.models).toEqual(['m', 'n']);
  });
});

describe('an upstream that is removed', () => {
  it('is asked by no call that begins later, and answers those under way', async () => {
    const stage = setStage({ P: () => named('P', 1_000), S: () => named('S') });
    const before = stage.call();
    await stage.until(0.5);
    let gone = false;
    void stage.failover.pool.remove('P').then(() => (gone = true));
    const after = stage.call();
    await stage.until(0.9);
    expect({ gone, text: after.reply?.text, at: after.at }).toEqual({ gone: false, text: 'from S', at: 0.5 });
    expect(stage.failover.status().deployments.map(({ id }) => id)).toEqual(['m@S']);
    await stage.until(1);
    expect({ gone, text: before.reply?.text }).toEqual({ gone: true, text: 'from P' });
  });

  it('may still be asked by a call that began before and fails over', async () => {
    const stage = setStage({ P: () => failWith(500, { after: 500 }), S: () => named('S') });
    const before = stage.call();
    await stage.until(0.1);
    const gone = stage.failover.pool.remove('S');
    await stage.until(1);
    await gone;
    expect(trail(before)).toBe('m@P server, m@S ok');
  });

  it('takes its models with it: they are unknown to later requests, and passed over in chains', async () => {
    const stage = setStage(
      { P: () => named('P'), S: () => named('S') },
      { upstreams: [upstream('P', ['m']), upstream('S', ['n'])], chains: { default: ['m', 'n'] } },
    );
    await stage.failover.pool.remove('P');
    const unknown = stage.call({ model: 'm' });
    const call = stage.call();
    await stage.until(0);
    expect(unknown.error).toMatchObject({ status: 400, param: 'model' });
    expect(call.reply?.text).toBe('from S');
    expect(() => stage.failover.deployment('m@P')).toThrow(/m@P/);
  });

  it('is known, and not the last one', async () => {
    const stage = setStage({ P: () => named('P') });
    await expect(stage.failover.pool.remove('nobody')).rejects.toMatchObject({ code: 'AIF_CONFIG' });
    await expect(stage.failover.pool.remove('P')).rejects.toMatchObject({ issues: [{ path: 'upstreams' }] });
    expect(stage.failover.status().deployments).toHaveLength(1);
  });

  it('may come back, as new', async () => {
    const stage = setStage({ P: () => failWith(401), S: () => named('S') });
    stage.failover.on('credential-rejected', () => {});
    const call = stage.call();
    await stage.until(0);
    expect(trail(call)).toBe('m@P credential, m@S ok');
    await stage.failover.pool.remove('P');
    stage.upstreams['P'] = () => named('P');
    await stage.failover.pool.add(upstream('P', ['m']));
    const again = stage.call();
    await stage.until(1);
    expect(trail(again)).toBe('m@P ok');
  });

  it('ends a trial that goes on unseen', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => named('S', 100) },
      { breaker: { consecutiveFailures: 1, openFor: 5_000 } },
    );
    stage.call();
    await stage.until(6);
    stage.upstreams['P'] = () => neverAnswer();
    const overtaken = stage.call();
    await stage.until(8);
    expect(overtaken.reply?.text).toBe('from S');
    const [, trial] = stage.requests.filter((request) => request.upstream === 'P');
    expect(trial?.outcome).toBeUndefined();
    await stage.failover.pool.remove('P');
    expect(trial?.aborted).toBe(true);
    await stage.failover.close();
  });
});

describe('an upstream that is updated', () => {
  it('has its other options from the next call on, and keeps those that are not named', async () => {
    const stage = setStage({ P: () => named('P'), S: () => named('S') });
    await stage.failover.pool.update('P', { priority: 3 });
    const call = stage.call();
    await stage.until(0);
    expect(call.reply?.text).toBe('from S');
    await stage.failover.pool.update('P', { priority: undefined });
    const back = stage.call();
    await stage.until(1);
    expect(back.reply?.text).toBe('from P');
    expect(stage.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer sk-p-0123456789' });
  });

  it('keeps its rests, its circuit and its counts while it is the same service', async () => {
    const stage = setStage({ P: () => failWith(429, { headers: { 'retry-after': '30' } }), S: () => named('S') });
    stage.call();
    await stage.until(0);
    await stage.failover.pool.update('P', { weight: 5, models: ['m', 'n'] });
    const call = stage.call();
    await stage.until(1);
    expect(trail(call)).toBe('m@S ok');
    expect(stage.failover.status().deployments[0]).toMatchObject({
      id: 'm@P',
      weight: 5,
      failures: 1,
      lanes: [{ rest: { reason: 'rate-limited', remaining: 29_000 } }],
    });
  });

  it('is another one with another URL: nothing of the first is held against it', async () => {
    const stage = setStage({ P: () => failWith(500), S: () => named('S') }, { breaker: { consecutiveFailures: 1 } });
    stage.call();
    await stage.until(0);
    expect(stage.failover.status().deployments[0]?.circuit.state).toBe('open');
    stage.upstreams['P'] = () => named('P');
    await stage.failover.pool.update('P', { baseUrl: 'https://other.example/v1' });
    const call = stage.call();
    await stage.until(1);
    expect(trail(call)).toBe('m@P ok');
    expect(stage.requests.at(-1)?.url).toBe('https://other.example/v1/chat/completions');
    expect(stage.failover.status().deployments[0]).toMatchObject({ failures: 0, circuit: { state: 'closed' } });
  });

  it('keeps what is in a bucket while its limits are the same, and begins with a full one when they change', async () => {
    const limits = { requestsPerMinute: 6 };
    const stage = setStage({ P: () => named('P'), S: () => named('S') }, { limits });
    stage.call();
    await stage.until(0.1);
    await stage.failover.pool.update('P', { weight: 2 });
    const second = stage.call();
    await stage.until(0.2);
    expect(second.reply?.text).toBe('from S');
    await stage.failover.pool.update('P', { limits: { requestsPerMinute: 12 } });
    const third = stage.call();
    await stage.until(0.3);
    expect(third.reply?.text).toBe('from P');
    await stage.failover.close();
  });

  it('keeps the rest of a key wherever it stands in the list', async () => {
    const stage = setStage(
      { P: ({ headers }) => (headers['authorization'] === 'Bearer sk-first-0123456789' ? failWith(401) : named('P')) },
      { upstreams: [upstream('P', ['m'], { keys: ['sk-first-0123456789'] })], breaker: NO_BREAKER },
    );
    stage.failover.on('credential-rejected', () => {});
    stage.call();
    await stage.until(0);
    await stage.failover.pool.update('P', { keys: ['sk-second-0123456789', 'sk-first-0123456789'] });
    const calls = [stage.call(), stage.call()];
    await stage.until(1);
    expect(calls.map(trail)).toEqual(['m@P ok', 'm@P ok']);
    expect(stage.failover.status().deployments[0]?.lanes.map(({ rest }) => rest?.reason)).toEqual([
      undefined,
      'credential',
    ]);
  });

  it('does not change its name', async () => {
    const stage = setStage({ P: () => named('P') });
    await expect(stage.failover.pool.update('P', { ...upstream('Q', ['m']) })).rejects.toMatchObject({
      issues: [{ path: 'name' }],
    });
    await expect(stage.failover.pool.update('nobody', {})).rejects.toMatchObject({ code: 'AIF_CONFIG' });
  });

  it('is drained and woken by hand as before: what is in hand means the one that is there now', async () => {
    const stage = setStage({ P: () => named('P'), S: () => named('S') });
    const inHand = stage.failover.deployment('m@P');
    await stage.failover.pool.update('P', { weight: 2 });
    inHand.drain();
    const call = stage.call();
    await stage.until(0);
    expect(call.reply?.text).toBe('from S');
    await stage.failover.pool.update('P', { weight: 3 });
    expect(stage.failover.status().deployments[0]).toMatchObject({ weight: 3, draining: true });
  });
});

describe('an engine that closes', () => {
  it('changes its pool no more, and waits for what has left it', async () => {
    const stage = setStage({ P: () => named('P', 1_000), S: () => named('S') });
    stage.call();
    await stage.until(0);
    let gone = false;
    void stage.failover.pool.remove('P').then(() => (gone = true));
    const closing = stage.failover.close();
    await expect(stage.failover.pool.add(upstream('Q', ['m']))).rejects.toMatchObject({ code: 'AIF_CLOSED' });
    await stage.until(1);
    await closing;
    expect(gone).toBe(true);
  });
});
