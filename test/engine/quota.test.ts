/** Quotas on the virtual clock: what is told, what rests, who gets how much. */
import { type FailoverOptions, type ReadQuota } from '@ai-failover/core';
import { answerWith, failWith, neverAnswer, type ScriptedReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, upstream, type Stage } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** First question after 1.5 s, then one a minute: the dice show a half. */
const FIRST = 1.5;
const MINUTE = 60;

const QUOTA = { path: '/usage', remaining: '/left', limit: 100, resetsAt: '/reset' } as const;

function left(remaining: unknown, reset?: string): ScriptedReply {
  return { kind: 'respond', status: 200, headers: {}, body: JSON.stringify({ left: remaining, reset }), after: 0 };
}

/** `P` with a quota before `S`; each question is answered by the next of these, the last one for good. */
function stageWith(answers: readonly ScriptedReply[], more: Partial<FailoverOptions['upstreams'][number]> = {}): Stage {
  const script = { P: () => answerWith('from P'), S: () => answerWith('from S') };
  return setStage(
    script,
    { upstreams: [upstream('P', ['m'], { quota: QUOTA, ...more }), upstream('S', ['m'], { priority: 2 })] },
    ({ number }) => answers[number - 1] ?? answers.at(-1) ?? failWith(404),
  );
}

function named(stage: Stage, ...names: readonly string[]): unknown[] {
  return stage.events.filter(([name]) => names.includes(name));
}

const TOLD = ['quota-low', 'quota-recovered', 'quota-exhausted', 'cooldown-started', 'cooldown-ended', 'hook-failed'];

function quotaOf(stage: Stage) {
  return stage.failover.status().upstreams.find(({ name }) => name === 'P')?.quota;
}

async function whoAnswers(stage: Stage, calls = 1): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let count = 0; count < calls; count += 1) {
    const { upstream: by } = (await callNow(stage)).failover;
    counts[by ?? 'nobody'] = (counts[by ?? 'nobody'] ?? 0) + 1;
  }
  return counts;
}

function callNow(stage: Stage) {
  const reply = stage.failover.chat({ messages: [{ role: 'user', content: 'Hello' }] });
  return Promise.all([reply, vi.advanceTimersByTimeAsync(0)]).then(([answer]) => answer);
}

describe('A quota', () => {
  it('is asked for with the first key, soon after the start and then once a minute, until the engine is closed', async () => {
    const stage = stageWith([left(50)]);
    await stage.until(FIRST + 2 * MINUTE);
    expect(stage.inquiries.map(({ at }) => at - (stage.inquiries[0]?.at ?? 0))).toEqual([0, 60_000, 120_000]);
    expect(stage.inquiries[0]).toMatchObject({
      method: 'GET',
      url: 'https://p.example/usage',
      headers: { authorization: 'Bearer sk-p-0123456789' },
    });
    await stage.failover.close();
    await stage.until(10 * MINUTE);
    expect(stage.inquiries).toHaveLength(3);
  });

  it('is asked for with the first key even while that rests: another may belong to another account', async () => {
    const stage = stageWith([left(50)], { keys: ['sk-one-0123456789', 'sk-two-0123456789'] });
    stage.upstreams['P'] = ({ headers }) =>
      headers['authorization']?.includes('sk-one') === true ? failWith(401) : answerWith('from P');
    stage.call();
    await stage.until(FIRST);
    expect(stage.failover.status().deployments[0]?.lanes[0]?.rest).toMatchObject({ reason: 'credential' });
    expect(stage.inquiries[0]?.headers).toMatchObject({ authorization: 'Bearer sk-one-0123456789' });
    await stage.failover.close();
  });

  it('is given up at once when the engine is closed', async () => {
    const stage = stageWith([neverAnswer()]);
    await stage.until(FIRST + 1);
    await stage.failover.close();
    expect(stage.inquiries[0]?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(quotaOf(stage)).toMatchObject({ failures: 0 });
  });

  it('stands in the status with its age', async () => {
    const stage = stageWith([left(50, '2100-01-01T00:00:00Z')]);
    expect(quotaOf(stage)).toMatchObject({ remaining: undefined, age: undefined });
    await stage.until(FIRST + 30);
    expect(quotaOf(stage)).toEqual({
      remaining: 50,
      limit: 100,
      ratio: 0.5,
      resetsAt: Date.UTC(2100, 0, 1),
      age: 30_000,
      stale: false,
      failures: 0,
      failing: undefined,
    });
    expect(stage.failover.status().upstreams[1]).toMatchObject({ name: 'S', quota: undefined, statusPage: undefined });
    await stage.failover.close();
  });

  it('is not asked for where nobody wants to know', async () => {
    const stage = stageWith([left(0)], { quota: undefined } as object);
    await stage.until(10 * MINUTE);
    expect(stage.inquiries).toEqual([]);
  });

  it('is warned of once, and again only after it has been above', async () => {
    const stage = stageWith([20, 19, 18, 1, 30, 19, 19].map((one) => left(one)));
    await stage.until(FIRST + 7 * MINUTE);
    expect(named(stage, ...TOLD)).toEqual([
      ['quota-low', expect.objectContaining({ upstream: 'P', remaining: 19, limit: 100, ratio: 0.19 })],
      ['quota-recovered', expect.objectContaining({ upstream: 'P', remaining: 30, ratio: 0.3 })],
      ['quota-low', expect.objectContaining({ remaining: 19 })],
    ]);
    expect(named(stage, 'quota-low')[0]).toMatchObject({
      1: { message: 'The quota of P is low: 19 of 100 (19 %) left.' },
    });
    await stage.failover.close();
  });

  it('is an alarm: a process warning while nobody listens', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { createFailover } = await import('@ai-failover/core');
    const failover = createFailover({
      upstreams: [upstream('P', ['m'], { quota: () => ({ remaining: 0, limit: 100 }) })],
    });
    await vi.advanceTimersByTimeAsync(3_000);
    await failover.close();
    expect(warnings.mock.calls).toEqual([
      ['The quota of P is low: 0 of 100 (0 %) left.', { type: 'AIFailoverWarning', code: 'AIF_QUOTA_LOW' }],
      ['The quota of P is used up.', { type: 'AIFailoverWarning', code: 'AIF_QUOTA_EXHAUSTED' }],
    ]);
    warnings.mockRestore();
  });
});

describe('An upstream with nothing left', () => {
  it('rests, which is told once, until an answer says otherwise', async () => {
    const stage = stageWith([left(0), left(-1), left(5), left(0)]);
    await stage.until(1);
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    await stage.until(FIRST);
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    expect(stage.failover.status().deployments[0]).toMatchObject({
      available: false,
      unavailable: { reason: 'quota' },
      lanes: [{ rest: { reason: 'quota' } }],
    });
    await stage.until(FIRST + 1.9 * MINUTE);
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    await stage.until(FIRST + 2 * MINUTE);
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    await stage.until(FIRST + 3 * MINUTE);
    const started = { scope: 'upstream', upstream: 'P', deployment: undefined, key: undefined, reason: 'quota' };
    const alarm = { upstream: 'P', deployment: undefined, key: undefined, restsFor: 180_000 };
    expect(named(stage, ...TOLD)).toEqual([
      ['quota-low', expect.objectContaining({ remaining: 0, ratio: 0 })],
      ['cooldown-started', { ...started, duration: 180_000, hinted: false }],
      ['quota-exhausted', { ...alarm, message: 'The quota of P is used up.' }],
      ['cooldown-ended', { scope: 'upstream', upstream: 'P', deployment: undefined }],
      ['cooldown-started', { ...started, duration: 180_000, hinted: false }],
      ['quota-exhausted', { ...alarm, message: 'The quota of P is used up.' }],
    ]);
    await stage.failover.close();
  });

  it('rests until the reset that the answer names', async () => {
    const reset = new Date(Date.now() + 91_500).toISOString();
    const stage = stageWith([left(0, reset)]);
    await stage.until(FIRST + 89.9);
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    expect(named(stage, 'cooldown-started')).toEqual([
      ['cooldown-started', expect.objectContaining({ duration: 90_000, hinted: true })],
    ]);
    await stage.until(FIRST + 90.1);
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    expect(quotaOf(stage)).toMatchObject({ stale: true });
    await stage.failover.close();
  });

  it('rests an hour at most after an answer, however far the reset is away', async () => {
    const stage = stageWith([left(0, '2100-01-01T00:00:00Z')], { quota: { ...QUOTA, interval: 2 * 3_600_000 } });
    await stage.until(3_601);
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    await stage.until(3_602);
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    await stage.failover.close();
  });

  it('rests no more when its quota could not be read for three intervals', async () => {
    const stage = stageWith([left(0, '2100-01-01T00:00:00Z'), failWith(500), failWith(500), failWith(500)]);
    await stage.until(FIRST + 2.9 * MINUTE);
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    expect(quotaOf(stage)).toMatchObject({ stale: false, failures: 2, failing: '500 server (scripted)' });
    await stage.until(FIRST + 3 * MINUTE);
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    expect(quotaOf(stage)).toMatchObject({ stale: true, failures: 3, remaining: 0 });
    await stage.failover.close();
  });

  it('serves again when somebody wakes it, until the next answer', async () => {
    const stage = stageWith([left(0)]);
    await stage.until(FIRST + 10);
    stage.failover.upstream('P').wake();
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    await stage.until(FIRST + MINUTE);
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    expect(named(stage, 'quota-exhausted')).toHaveLength(1);
    await stage.failover.close();
  });

  it('lets calls that wait for it go on when it has something again', async () => {
    const script = { P: () => answerWith('from P') };
    const options = { upstreams: [upstream('P', ['m'], { quota: { ...QUOTA, interval: 1_000 } })], queueWait: 10_000 };
    const stage = setStage(script, options, ({ number }) => left(number === 1 ? 0 : 50));
    await stage.until(0.6);
    const call = stage.call();
    await stage.until(2);
    expect(call).toMatchObject({ at: 1.5, reply: { text: 'from P' } });
    await stage.failover.close();
  });
});

describe('An upstream whose quota runs low', () => {
  /** Two of one tier; who gets how many of these calls. */
  async function shared(remaining: number, calls: number): Promise<Record<string, number>> {
    const upstreams = [upstream('P', ['m'], { quota: QUOTA }), upstream('S', ['m'])];
    const stage = setStage({ P: () => answerWith('P'), S: () => answerWith('S') }, { upstreams }, () =>
      left(remaining),
    );
    await stage.until(FIRST);
    const counts = await whoAnswers(stage, calls);
    await stage.failover.close();
    return counts;
  }

  it('gets less of the traffic, the less is left', async () => {
    expect(await shared(20, 100)).toEqual({ P: 50, S: 50 });
    // 0.25 + 0.75 / 2 of its usual part.
    expect(await shared(10, 130)).toEqual({ P: 50, S: 80 });
    expect(await shared(0.000_001, 100)).toEqual({ P: 20, S: 80 });
  });

  it('is still asked first where it stands alone in its tier', async () => {
    const stage = stageWith([left(1)]);
    await stage.until(FIRST);
    expect(await whoAnswers(stage, 3)).toEqual({ P: 3 });
    await stage.failover.close();
  });
});

describe('A question for a quota that fails', () => {
  it.each([
    ['an error', failWith(503), '503 overloaded (scripted)'],
    ['a page', { kind: 'respond', status: 200, headers: {}, body: '<html>', after: 0 }, 'the answer is not valid JSON'],
    ['another document', answerWith('Hello'), 'there is no number at /left'],
    ['silence', neverAnswer(), 'silent: no complete reply within 5000 ms'],
  ] satisfies [string, ScriptedReply, string][])('changes nothing: %s', async (_what, reply, failing) => {
    const stage = stageWith([left(10), reply]);
    await stage.until(FIRST + MINUTE + 10);
    expect(quotaOf(stage)).toMatchObject({ remaining: 10, ratio: 0.1, age: 70_000, failures: 1, failing });
    expect(stage.failover.status().deployments[0]).toMatchObject({ available: true, failures: 0, attempts: 0 });
    expect(named(stage, ...TOLD)).toHaveLength(1);
    await stage.failover.close();
  });

  it('is asked again when the upstream has told to, not before', async () => {
    const stage = stageWith([failWith(429, { headers: { 'retry-after': '300' } }), left(50)]);
    await stage.until(FIRST + 299);
    expect(stage.inquiries).toHaveLength(1);
    await stage.until(FIRST + 301);
    expect(stage.inquiries).toHaveLength(2);
    await stage.failover.close();
  });
});

describe('A quota from a function', () => {
  function stageOf(read: ReadQuota): Stage {
    return stageWith([], { quota: read });
  }

  it('is taken as it is returned, sooner or later', async () => {
    const answers = [
      { remaining: 10, limit: 40 },
      Promise.resolve({ remaining: 0, limit: 40, resetsAt: new Date(Date.now() + 3_600_000) }),
    ];
    const stage = stageOf(() => answers.shift() ?? { remaining: 40 });
    await stage.until(FIRST);
    expect(quotaOf(stage)).toMatchObject({ remaining: 10, ratio: 0.25 });
    await stage.until(FIRST + MINUTE);
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    expect(stage.inquiries).toEqual([]);
    await stage.failover.close();
  });

  it('that throws is reported once in a row, and changes nothing', async () => {
    const error = new Error('no such table');
    const stage = stageOf(() => {
      throw error;
    });
    await stage.until(FIRST + 3 * MINUTE);
    expect(named(stage, ...TOLD)).toEqual([['hook-failed', { hook: 'quota of P', error }]]);
    expect(quotaOf(stage)).toMatchObject({ failures: 4, failing: 'the function threw an error' });
    await stage.failover.close();
  });

  it('that does not answer is told so by its signal, and asked again', async () => {
    const signals: AbortSignal[] = [];
    const stage = stageOf(({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    await stage.until(FIRST + 4.9);
    expect(signals[0]?.aborted).toBe(false);
    await stage.until(FIRST + 5);
    expect(signals[0]?.aborted).toBe(true);
    expect(quotaOf(stage)).toMatchObject({ failures: 1, failing: 'the function has not answered within 5000 ms' });
    await stage.until(FIRST + MINUTE);
    expect(signals).toHaveLength(2);
    expect(signals[1]?.aborted).toBe(false);
    await stage.failover.close();
    expect(signals[1]?.aborted).toBe(true);
  });

  it('that answers after the engine is closed is not heard', async () => {
    const stage = stageOf(() => new Promise((resolve) => setTimeout(resolve, 4_000, { remaining: 0, limit: 1 })));
    await stage.until(FIRST + 1);
    await stage.failover.close();
    await stage.until(10);
    expect(named(stage, ...TOLD)).toEqual([]);
    expect(quotaOf(stage)).toMatchObject({ remaining: undefined, failures: 0 });
  });
});

describe('A quota in a pool that changes', () => {
  it('stays known, and its rest under control, while the upstream is asked as before', async () => {
    const stage = stageWith([left(0), left(50)]);
    await stage.until(FIRST + 10);
    await stage.failover.pool.update('P', { region: 'eu' });
    expect(quotaOf(stage)).toMatchObject({ remaining: 0, age: 10_000 });
    expect(await whoAnswers(stage)).toEqual({ S: 1 });
    await stage.until(FIRST + 10 + FIRST);
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    expect(
      named(stage, 'quota-exhausted', 'cooldown-ended', 'quota-recovered').map((event) => [event].flat()[0]),
    ).toEqual(['quota-exhausted', 'quota-recovered', 'cooldown-ended']);
    await stage.failover.close();
  });

  it('is forgotten with its rest when it is asked for in another way, or not any more', async () => {
    const stage = stageWith([left(0)]);
    await stage.until(FIRST + 10);
    await stage.failover.pool.update('P', { quota: { path: '/usage', remaining: '/other' } });
    expect(quotaOf(stage)).toMatchObject({ remaining: undefined });
    expect(await whoAnswers(stage)).toEqual({ P: 1 });
    await stage.until(FIRST + 20);
    expect(quotaOf(stage)).toMatchObject({ failing: 'there is no number at /other' });
    await stage.failover.close();
  });

  it('is asked for when its upstream comes, and no more when it goes', async () => {
    const stage = stageWith([left(50)]);
    await stage.until(FIRST);
    await stage.failover.pool.add(upstream('T', ['m'], { quota: QUOTA }));
    await stage.until(2 * FIRST);
    expect(stage.inquiries.map(({ upstream: of }) => of)).toEqual(['P', 'T']);
    await stage.failover.pool.remove('P');
    await stage.failover.pool.remove('T');
    await stage.until(10 * MINUTE);
    expect(stage.inquiries).toHaveLength(2);
    expect(stage.failover.status().upstreams.map(({ name }) => name)).toEqual(['S']);
    await stage.failover.close();
  });
});
