/** What an engine knows after a restart, on a virtual clock and with a real file. */
import { answerWith, failWith, refuseConnection, type ScriptedReply, type ScriptedRequest } from '@ai-failover/testing';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type Stage, type StageOptions, type Upstreams } from '../traces/stage.ts';

// The file is real, and so has to be the wait for it.
const { setTimeout: realTimeout } = globalThis;

let folder: string;
let file: string;
let stages: Stage[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
  file = join(folder, 'state.json');
  vi.useFakeTimers();
});

afterEach(async () => {
  for (const { failover } of stages.splice(0)) await failover.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const yes = (): ScriptedReply => answerWith('yes');
const down = (): ScriptedReply => failWith(500);
const LIST = answerWith({ object: 'list', data: [{ id: 'm', object: 'model' }] });

function start(upstreams: Upstreams, options: StageOptions = {}, lists: Upstreams = {}): Stage {
  const inquiries = (request: ScriptedRequest): ScriptedReply => (lists[request.upstream] ?? refuseConnection)(request);
  const stage = setStage(upstreams, { state: { file }, ...options }, inquiries);
  stages.push(stage);
  return stage;
}

/** As an application does that has got a SIGTERM. */
async function stop(stage: Stage): Promise<void> {
  await stage.failover.close();
  stages = stages.filter((one) => one !== stage);
}

/** Until the file system is done. */
async function eventually(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isTrue(); tries += 1) await new Promise((resolve) => realTimeout(resolve, 5));
  expect(isTrue()).toBe(true);
}

async function answered(stage: Stage): Promise<string> {
  const call = stage.call();
  for (let step = 0; step < 100 && call.at === undefined; step += 1) await stage.until(stage.at() + 0.1);
  return trail(call);
}

const told = (stage: Stage, name: string) => stage.events.filter(([one]) => one === name).map(([, event]) => event);
const ofDeployment = (stage: Stage, id: string) => stage.failover.status().deployments.find((one) => one.id === id);
const ofUpstream = (stage: Stage, name: string) => stage.failover.status().upstreams.find((one) => one.name === name);

/** `P` fails until its circuit is open. */
async function openCircuit(upstreams: Upstreams = { P: down, S: yes }, options: StageOptions = {}): Promise<Stage> {
  const stage = start(upstreams, { breaker: { consecutiveFailures: 2, openFor: 60_000 }, ...options });
  await answered(stage);
  await answered(stage);
  expect(ofDeployment(stage, 'm@P')?.circuit).toMatchObject({ state: 'open', openFor: expect.any(Number) });
  return stage;
}

describe('after a restart', () => {
  it('an open circuit stays open for the time that is left', async () => {
    const before = await openCircuit();
    const { openFor = 0 } = ofDeployment(before, 'm@P')?.circuit ?? {};
    await stop(before);
    await vi.advanceTimersByTimeAsync(20_000);
    const after = start({ P: yes, S: yes }, { breaker: { openFor: 60_000 } });
    expect(ofDeployment(after, 'm@P')?.circuit).toMatchObject({
      state: 'open',
      openings: 1,
      openFor: openFor - 20_000,
    });
    expect(await answered(after)).toBe('m@S ok');
    await after.until((openFor - 20_000) / 1000 - 0.001);
    expect(ofDeployment(after, 'm@P')?.circuit.state).toBe('open');
    await after.until((openFor - 20_000) / 1000);
    expect(await answered(after)).toBe('m@P ok');
  });

  it('an open circuit is told to those who begin to listen at once', async () => {
    await stop(await openCircuit());
    const after = start({ P: yes, S: yes });
    expect(told(after, 'circuit-opened')).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(told(after, 'circuit-opened')).toMatchObject([{ deployment: 'm@P', from: 'closed', reason: 'restored' }]);
  });

  it('a circuit that was on trial lets trials through, one at a time', async () => {
    const before = await openCircuit();
    await before.until(70);
    expect(ofDeployment(before, 'm@P')?.circuit.state).toBe('half-open');
    await stop(before);
    const after = start({ P: yes, S: yes });
    await vi.advanceTimersByTimeAsync(10);
    expect(ofDeployment(after, 'm@P')?.circuit).toMatchObject({ state: 'half-open', openings: 1 });
  });

  it('a key rests on, and is not asked before its time', async () => {
    const keys = ['sk-bad-0123456789', 'sk-good-0123456789'];
    const upstreams = [upstream('P', ['m'], { keys })];
    const byKey = ({ headers }: ScriptedRequest): ScriptedReply =>
      headers['authorization'] === 'Bearer sk-bad-0123456789'
        ? failWith(429, { code: 'insufficient_quota', headers: { 'retry-after': '600' } })
        : yes();
    const before = start({ P: byKey }, { upstreams });
    await answered(before);
    await answered(before);
    const rest = ofUpstream(before, 'P')?.keys[0]?.rest;
    expect(rest).toMatchObject({ reason: 'quota' });
    await stop(before);
    await vi.advanceTimersByTimeAsync(100_000);
    // It has moved in the list.
    const after = start({ P: byKey }, { upstreams: [upstream('P', ['m'], { keys: keys.toReversed() })] });
    expect(ofUpstream(after, 'P')?.keys.map((key) => key.rest)).toEqual([
      undefined,
      { reason: 'quota', remaining: (rest?.remaining ?? 0) - 100_000 },
    ]);
    for (let call = 0; call < 4; call += 1) expect(await answered(after)).toBe('m@P ok');
    expect(after.requests).toHaveLength(4);
    await after.until((rest?.remaining ?? 0) / 1000 - 99);
    for (let call = 0; call < 2; call += 1) await answered(after);
    expect(after.requests.length).toBeGreaterThan(6);
  });

  it('the last hundred checks of an upstream are known, and what they say', async () => {
    const options = { health: { interval: 1_000, idleInterval: 1_000 } };
    let fails = 0;
    const lists = { P: () => ((fails += 1) % 10 === 0 ? refuseConnection() : LIST) };
    const before = start({ P: yes, S: yes }, options, lists);
    await before.until(130);
    const probes = ofUpstream(before, 'P')?.probes;
    expect(probes?.history).toMatchObject({ checks: 100, successRate: 0.9, averageLatency: expect.any(Number) });
    const health = ofUpstream(before, 'P')?.health.status;
    await stop(before);
    await vi.advanceTimersByTimeAsync(5_000);
    const after = start({ P: yes, S: yes }, options, lists);
    expect(ofUpstream(after, 'P')?.probes?.history).toEqual(probes?.history);
    await vi.advanceTimersByTimeAsync(0);
    expect(ofUpstream(after, 'P')).toMatchObject({ health: { status: health }, probes: { opinion: 'up' } });
  });

  it('an upstream that probes have taken down is passed over from the first call on', async () => {
    const options = { health: { interval: 1_000, idleInterval: 1_000 } };
    const before = start({ P: yes, S: yes }, options, { S: () => LIST });
    await before.until(10);
    expect(ofDeployment(before, 'm@P')?.health.status).toBe('unhealthy');
    await stop(before);
    const after = start({ P: yes, S: yes }, options, { S: () => LIST });
    await vi.advanceTimersByTimeAsync(0);
    expect(ofDeployment(after, 'm@P')?.health).toMatchObject({
      status: 'unhealthy',
      reason: 'its probes failed: connect',
    });
    expect(await answered(after)).toBe('m@S ok');
  });

  it('counts of a deployment and its keys go on', async () => {
    const before = start({ P: yes });
    for (let call = 0; call < 3; call += 1) await answered(before);
    await stop(before);
    const after = start({ P: yes });
    await answered(after);
    expect(ofDeployment(after, 'm@P')).toMatchObject({ attempts: 4, successes: 4, inFlight: 0, neutral: 0 });
    expect(ofUpstream(after, 'P')?.keys).toMatchObject([{ attempts: 4, successes: 4 }]);
  });

  it('what a model has refused is not sent to it again', async () => {
    const picky = ({ body }: ScriptedRequest): ScriptedReply =>
      'temperature' in body
        ? failWith(400, {
            code: 'unsupported_parameter',

            message: "Unsupported parameter: 'temperature'",
          })
        : yes();
    const options = { defaults: { temperature: 0.5 } };
    const before = start({ P: picky }, options);
    expect(await answered(before)).toContain('m@P ok');
    expect(ofDeployment(before, 'm@P')?.refuses).toEqual(['temperature']);
    await stop(before);
    const after = start({ P: picky }, options);
    expect(await answered(after)).toBe('m@P ok');
    expect(after.requests).toHaveLength(1);
  });

  it('models that were discovered are served before the list has come', async () => {
    const options = { upstreams: [upstream('P', 'discover')], chains: { default: ['m'] } };
    const list = answerWith({ object: 'list', data: ['m', 'x'].map((id) => ({ id, object: 'model' })) });
    const before = start({ P: yes }, options, { P: () => list });
    await vi.advanceTimersByTimeAsync(1);
    expect(before.failover.names.models).toEqual(['m', 'x']);
    await stop(before);
    const after = start({ P: yes }, options);
    expect(after.failover.names.models).toEqual(['m', 'x']);
    const call = after.call({ model: 'x' });
    await vi.advanceTimersByTimeAsync(1);
    expect(trail(call)).toBe('x@P ok');
  });

  it('nothing is known of an upstream that has gone, or that is another service now', async () => {
    await stop(await openCircuit());
    const text = readFileSync(file, 'utf8');
    const moved = start(
      { P: yes, S: yes },
      { upstreams: [upstream('P', ['m'], { baseUrl: 'https://elsewhere.example/v1' }), upstream('S', ['m'])] },
    );
    expect(ofDeployment(moved, 'm@P')).toMatchObject({ circuit: { state: 'closed' }, attempts: 0 });
    expect(ofDeployment(moved, 'm@S')?.attempts).toBe(2);
    await stop(moved);
    writeFileSync(file, text);
    const gone = start({ S: yes });
    expect(gone.failover.status().deployments).toMatchObject([{ id: 'm@S', attempts: 2 }]);
    expect(told(gone, 'state-not-restored')).toEqual([]);
  });

  it('nothing is known that was done by hand', async () => {
    const before = start({ P: yes, S: yes });
    before.failover.upstream('P').rest(600_000);
    before.failover.deployment('m@S').open();
    await stop(before);
    const after = start({ P: yes, S: yes });
    expect(ofUpstream(after, 'P')?.rest).toBeUndefined();
    expect(ofDeployment(after, 'm@S')?.circuit).toMatchObject({ state: 'closed', forced: undefined });
  });
});

describe('a file', () => {
  it('holds no key, no prompt and no answer', async () => {
    const stage = start({ P: () => answerWith('the secret answer') });
    stage.call({ messages: [{ role: 'user', content: 'the secret prompt' }], user: 'alice' });
    await stage.until(1);
    await stop(stage);
    const text = readFileSync(file, 'utf8');
    expect(JSON.parse(text)).toMatchObject({ upstreams: [{ name: 'P', deployments: [{ counts: { successes: 1 } }] }] });
    for (const secret of ['secret', 'alice', '0123456789', 'p.example']) expect(text).not.toContain(secret);
  });

  it('that is missing is no fault', async () => {
    const stage = start({ P: yes });
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.events).toEqual([]);
    await stop(stage);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it.each([
    ['broken', '{"format":"ai-failover-st'],
    ['foreign', '{"name":"shop"}'],
    ['version', '{"format":"ai-failover-state","version":99}'],
  ])('that is %s is told, the engine starts as new, and the file is put aside', async (reason, text) => {
    writeFileSync(file, text);
    const stage = start({ P: yes }, { state: { file, interval: 1_000 } });
    await vi.advanceTimersByTimeAsync(0);
    expect(told(stage, 'state-not-restored')).toEqual([{ file, reason, message: expect.stringContaining(file) }]);
    expect(await answered(stage)).toBe('m@P ok');
    await stage.until(2);
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8') !== text);
    // Once: what is ours is replaced.
    await stop(stage);
    expect(readdirSync(folder).toSorted()).toEqual(['state.json', 'state.json.not-restored']);
    expect(readFileSync(`${file}.not-restored`, 'utf8')).toBe(text);
    expect(ofDeployment(start({ P: yes }), 'm@P')?.attempts).toBe(1);
  });

  it('is saved on the interval when something has changed', async () => {
    const stage = start({ P: yes }, { state: { file, interval: 1_000 } });
    await stage.until(5);
    expect(existsSync(file)).toBe(false);
    await answered(stage);
    await stage.until(7);
    await eventually(() => existsSync(file));
    // A process that is killed loses at most the interval.
    expect(ofDeployment(start({ P: yes }), 'm@P')?.attempts).toBe(1);
  });

  it('that cannot be written disturbs nothing, is told once, and again after it could be', async () => {
    const missing = join(folder, 'later', 'state.json');
    const stage = start({ P: yes }, { state: { file: missing, interval: 1_000 } });
    const failures = () => told(stage, 'state-not-saved');
    await answered(stage);
    await stage.until(2);
    await eventually(() => failures().length === 1);
    expect(failures()).toEqual([{ file: missing, reason: 'ENOENT', message: expect.stringContaining('(ENOENT)') }]);
    await stage.until(4);
    expect(await answered(stage)).toBe('m@P ok');
    await stop(stage);
    expect(failures()).toHaveLength(1);
    expect(stage.events.at(-1)?.[0]).toBe('closed');
  });

  it('that nobody listens for when it cannot be written is a warning of the process', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { createFailover } = await import('@ai-failover/core');
    const options = { health: false, upstreams: [upstream('P', ['m'])] } as const;
    await createFailover({ ...options, state: { file: join(folder, 'none', 'state.json') } }).close();
    expect(warn.mock.calls).toMatchObject([
      [expect.stringContaining('could not be saved'), { code: 'AIF_STATE_NOT_SAVED' }],
    ]);
    warn.mockRestore();
  });

  it('of two processes is that of the last one, whole', async () => {
    const [one, other] = [start({ P: yes }), start({ P: yes })];
    for (let call = 0; call < 3; call += 1) await answered(one);
    await Promise.all([stop(one), stop(other)]);
    expect([0, 3]).toContain(ofDeployment(start({ P: yes }), 'm@P')?.attempts);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('is not needed: without the option nothing is read, written or timed', async () => {
    writeFileSync(file, 'broken');
    const stage = setStage({ P: yes });
    expect(vi.getTimerCount()).toBe(0);
    await answered(stage);
    await stage.failover.close();
    expect(readFileSync(file, 'utf8')).toBe('broken');
  });
});
