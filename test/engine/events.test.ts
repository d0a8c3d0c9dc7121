/** Everything that happens is told, in order, to whoever listens; and nobody who listens can disturb. */
import type { ChatUsage, EventName, FailureClass } from '@ai-failover/core';
import { answerWith, createTestFailover, failWith, type ScriptedReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { CANNED, setStage, upstream } from '../traces/stage.ts';
import { keepWarnings } from './steady.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

function names(stage: ReturnType<typeof setStage>): string[] {
  return stage.events.map(([name]) => name);
}

describe('The events of a call', () => {
  it('that is answered at once', async () => {
    const stage = setStage({ P: () => answerWith('yes', { after: 250 }) });
    const call = stage.call({}, { metadata: { user: 'u1' } });
    await stage.until(1);
    const callId = call.reply?.failover.requestId;
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const facts = { callId, chain: 'default', metadata: { user: 'u1' } };
    const attempt = { callId, deployment: 'm@P', model: 'm', upstream: 'P', key: 1, attempt: 1 };
    expect(stage.events).toEqual([
      ['call-started', facts],
      ['attempt-started', attempt],
      ['attempt-succeeded', { ...attempt, duration: 250, usage }],
      [
        'call-answered',
        {
          ...facts,
          deployment: 'm@P',
          model: 'm',
          upstream: 'P',
          attempts: 1,
          duration: 250,
          failedOver: false,
          streamed: false,
          degraded: undefined,
          usage,
        },
      ],
    ]);
  });

  it('that fails over and waits for a back-off on the way', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => answerWith('small') },
      { upstreams: [upstream('P', ['large']), upstream('S', ['small'])], chains: { default: ['large', 'small'] } },
    );
    stage.call();
    await stage.until(1);
    expect(names(stage)).toEqual([
      'call-started',
      'attempt-started',
      'attempt-failed',
      'call-waiting',
      'attempt-started',
      'attempt-failed',
      'attempt-started',
      'attempt-succeeded',
      'call-answered',
      'call-degraded',
    ]);
    const [, failed] = stage.events.find(([name]) => name === 'attempt-failed') ?? [];
    expect(failed).toMatchObject({ class: 'server', breaker: 'failure', status: 500, limitedByDeadline: false });
    const [, waiting] = stage.events.find(([name]) => name === 'call-waiting') ?? [];
    expect(waiting).toMatchObject({ reason: 'back-off', duration: 125 });
    expect(stage.events.at(-2)?.[1]).toMatchObject({ failedOver: true, degraded: 'downgraded', attempts: 3 });
    expect(stage.events.at(-1)?.[1]).toMatchObject({ degraded: 'downgraded', reason: 'downgraded' });
  });

  it('that is answered by the canned reply, or by nothing', async () => {
    const limited = failWith(429, { headers: { 'retry-after': '60' } });
    const stage = setStage({ P: () => limited });
    stage.call();
    await stage.until(0);
    stage.call({}, { cannedReply: false });
    await stage.until(0);
    expect(names(stage)).toEqual([
      'call-started',
      'attempt-started',
      'attempt-failed',
      'cooldown-started',
      'call-degraded',
      'call-started',
      'call-failed',
    ]);
    expect(stage.events[3]?.[1]).toEqual({
      scope: 'lane',
      upstream: 'P',
      deployment: 'm@P',
      key: 1,
      reason: 'rate-limited',
      duration: 60_000,
      hinted: true,
    });
    expect(stage.events[4]?.[1]).toMatchObject({ degraded: 'canned', reason: 'rate-limited', attempts: 1 });
    expect(stage.events[6]?.[1]).toMatchObject({ kind: 'rate-limited', status: 429, attempts: 0 });
  });

  it('that never begins because the request is wrong', async () => {
    const stage = setStage({ P: () => answerWith('never') });
    const call = stage.call({ messages: [] });
    await stage.until(0);
    expect(call.error).toMatchObject({ code: 'AIF_BAD_REQUEST' });
    expect(stage.events).toEqual([]);
  });

  it('have the types of their names', () => {
    const failover = createTestFailover({ reply: 'yes' });
    failover.on('attempt-failed', (event) => {
      expectTypeOf(event.class).toEqualTypeOf<FailureClass>();
      expectTypeOf(event.hint).toEqualTypeOf<number | undefined>();
    });
    failover.on('call-answered', ({ usage, degraded }) => {
      expectTypeOf(usage).toEqualTypeOf<ChatUsage | undefined>();
      expectTypeOf(degraded).toEqualTypeOf<'downgraded' | 'continued' | undefined>();
    });
    failover.onAny((name) => {
      const known: EventName = name;
      expectTypeOf(known).toBeString();
    });
    // @ts-expect-error -- no such event
    failover.on('call-answred', () => {});
    // @ts-expect-error -- no such field
    failover.on('closed', ({ abortedCalls }) => String(abortedCalls));
  });
});

describe('A listener', () => {
  it('hears nothing more once it has stopped listening', async () => {
    const failover = createTestFailover({ reply: 'yes' });
    const heard: string[] = [];
    const stopOne = failover.on('call-started', () => heard.push('one'));
    const stopAll = failover.onAny((name) => heard.push(name));
    await failover.chat(QUESTION);
    expect(heard).toEqual(['one', 'call-started', 'attempt-started', 'attempt-succeeded', 'call-answered']);
    stopOne();
    stopOne();
    stopAll();
    await failover.chat(QUESTION);
    expect(heard).toHaveLength(5);
  });

  it('may stop listening while it listens', async () => {
    const failover = createTestFailover({ reply: 'yes' });
    const heard: string[] = [];
    const stop = failover.on('call-started', () => {
      heard.push('first');
      stop();
    });
    failover.on('call-started', () => heard.push('second'));
    await failover.chat(QUESTION);
    await failover.chat(QUESTION);
    expect(heard).toEqual(['first', 'second', 'second']);
  });

  it('that throws disturbs neither the call nor the other listeners, and is told of', async () => {
    const failover = createTestFailover({ reply: 'yes' });
    const mistake = new Error('my own mistake');
    const heard: string[] = [];
    const failed: unknown[] = [];
    failover.on('call-started', () => {
      throw mistake;
    });
    failover.on('call-started', () => heard.push('call-started'));
    failover.on('hook-failed', (event) => failed.push(event));
    const reply = await failover.chat(QUESTION);
    expect(reply.text).toBe('yes');
    expect(heard).toEqual(['call-started']);
    expect(failed).toEqual([{ hook: 'listener of call-started', error: mistake }]);
  });

  it('that always throws does not make a circle of its own reports', async () => {
    const failover = createTestFailover({ reply: 'yes' });
    let asked = 0;
    failover.onAny(() => {
      asked += 1;
      throw new Error('always');
    });
    await expect(failover.chat(QUESTION)).resolves.toMatchObject({ text: 'yes' });
    // Each event and the report of its failure.
    expect(asked).toBe(8);
  });

  it('that is async and rejects is told of too, and brings no process down', async () => {
    const failover = createTestFailover({ reply: 'yes' });
    const mistake = new Error('my own mistake, later');
    const failed: unknown[] = [];
    failover.on('hook-failed', (event) => failed.push(event));
    const late: () => unknown = async () => {
      await Promise.resolve();
      throw mistake;
    };
    failover.on('call-started', late);
    await failover.chat(QUESTION);
    await vi.advanceTimersByTimeAsync(1);
    expect(failed).toEqual([{ hook: 'listener of call-started', error: mistake }]);
  });
});

describe('An alarm', () => {
  const page = failWith(404, { headers: { 'content-type': 'text/html' }, body: '<html></html>' });
  const ALARMS: readonly (readonly [EventName, ScriptedReply, string])[] = [
    ['credential-rejected', failWith(401), 'AIF_CREDENTIAL_REJECTED'],
    ['upstream-misconfigured', page, 'AIF_UPSTREAM_MISCONFIGURED'],
    ['model-rejected', failWith(404, { code: 'model_not_found' }), 'AIF_MODEL_REJECTED'],
    ['quota-exhausted', failWith(429, { code: 'insufficient_quota' }), 'AIF_QUOTA_EXHAUSTED'],
  ];

  it.each(ALARMS)('%s becomes a warning of the process when nobody listens', async (_name, reply, code) => {
    const warnings = keepWarnings();
    const failover = createTestFailover({ reply });
    await failover.chat(QUESTION).catch(() => {});
    expect(warnings).toEqual([{ message: expect.stringContaining('test'), code }]);
  });

  it.each(ALARMS)('%s is left to those who listen', async (name, reply) => {
    const warnings = keepWarnings();
    const one = createTestFailover({ reply });
    const all = createTestFailover({ reply });
    const heard: unknown[] = [];
    one.on(name, (event) => heard.push(event));
    all.onAny((event) => event === name && heard.push(event));
    for (const failover of [one, all]) await failover.chat(QUESTION).catch(() => {});
    expect(heard).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  it('comes once for calls that were under way together', async () => {
    const stage = setStage({ P: () => failWith(401, { after: 10 }), S: () => answerWith('yes') });
    const calls = Array.from({ length: 20 }, () => stage.call());
    await stage.until(1);
    expect(calls.every(({ reply }) => reply?.text === 'yes')).toBe(true);
    expect(names(stage).filter((name) => name === 'credential-rejected')).toHaveLength(1);
  });

  it('names the last four characters of a key and no more, and nothing of a short key', async () => {
    const others = ['sk-third-0123', 'sk-fourth-0123', 'sk-fifth-0123'];
    const keys = ['sk-secret-0123456789', 'sk-short-ab', ...others];
    const stage = setStage({ P: () => failWith(401) }, { upstreams: [upstream('P', ['m'], { keys })] });
    const call = stage.call();
    await stage.until(0);
    expect(call.reply?.text).toBe(CANNED);
    const alarms = stage.events.filter(([name]) => name === 'credential-rejected').map(([, event]) => event);
    expect(alarms.map(({ key, lastFour }) => [key, lastFour])).toEqual([
      [1, '6789'],
      [2, ''],
    ]);
    const told = JSON.stringify([stage.events, stage.failover.status()]);
    expect(told).not.toMatch(/56789|secret|short|third/);
  });
});
