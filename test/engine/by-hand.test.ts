/** What a person may do by hand. */
import { answerWith, failWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function two() {
  return setStage({ P: () => answerWith('from P', { after: 1_000 }), S: () => answerWith('from S') });
}

describe('drain', () => {
  it('gives a deployment nothing new and lets it end what it has', async () => {
    const stage = two();
    const before = stage.call();
    await stage.until(0);
    stage.failover.deployment('m@P').drain();
    const during = stage.call();
    await stage.until(1);
    expect([before.reply?.text, during.reply?.text]).toEqual(['from P', 'from S']);
    expect(stage.failover.status().deployments[0]).toMatchObject({ draining: true, available: false });
    stage.failover.deployment('m@P').undrain();
    const after = stage.call();
    await stage.until(2);
    expect(after.reply?.text).toBe('from P');
  });

  it('is no rest: nobody waits for it to end', async () => {
    const stage = setStage({ P: () => answerWith('yes') });
    stage.failover.deployment('m@P').drain();
    const call = stage.call();
    await stage.until(0);
    expect(call).toMatchObject({ at: 0, reply: { text: CANNED } });
    const plain = stage.call({}, { cannedReply: false });
    await stage.until(0);
    expect(plain.error).toMatchObject({ status: 503 });
    expect(plain.error).not.toHaveProperty('headers.retry-after');
  });
});

describe('rest', () => {
  it('sends nothing to an upstream for the time given', async () => {
    const stage = two();
    stage.failover.upstream('P').rest(60_000);
    expect(stage.events).toEqual([
      [
        'cooldown-started',
        {
          scope: 'upstream',
          upstream: 'P',
          deployment: undefined,
          key: undefined,
          reason: 'by-hand',
          duration: 60_000,
          hinted: false,
        },
      ],
    ]);
    const during = stage.call();
    await stage.until(59);
    const late = stage.call();
    await stage.until(60);
    const after = stage.call();
    await stage.until(61);
    expect([during, late, after].map(({ reply }) => reply?.text)).toEqual(['from S', 'from S', 'from P']);
  });

  it('reaches all models of the upstream and no other', async () => {
    const stage = setStage(
      { P: () => answerWith('from P'), S: () => answerWith('from S') },
      {
        upstreams: [upstream('P', ['a', 'b']), upstream('S', ['a', 'b'], { priority: 2 })],
        chains: { default: ['a'] },
      },
    );
    stage.failover.upstream('P').rest(1_000);
    const calls = [stage.call({ model: 'a' }), stage.call({ model: 'b' })];
    await stage.until(0);
    expect(calls.map(trail)).toEqual(['a@S ok', 'b@S ok']);
    expect(stage.failover.status().deployments.map(({ id, available }) => [id, available])).toEqual([
      ['a@P', false],
      ['b@P', false],
      ['a@S', true],
      ['b@S', true],
    ]);
  });

  it('is waited for when it is short and there is nobody else', async () => {
    const stage = setStage({ P: () => answerWith('rested') });
    stage.failover.upstream('P').rest(1_500);
    const call = stage.call();
    await stage.until(1.5);
    expect(call).toMatchObject({ at: 1.5, reply: { text: 'rested' } });
  });
});

describe('wake', () => {
  it.each(['deployment', 'upstream'] as const)('ends every rest on the way to a lane: %s', async (scope) => {
    const answers = [
      failWith(401),
      failWith(429, { headers: { 'retry-after': '60' } }),
      failWith(404, { code: 'model_not_found' }),
    ];
    const stage = setStage({ P: ({ number }) => answers[number - 1] ?? answerWith('awake') });
    const wake = (): void => {
      if (scope === 'deployment') stage.failover.deployment('m@P').wake();
      else stage.failover.upstream('P').wake();
    };
    for (const expected of [CANNED, CANNED, CANNED, 'awake']) {
      const call = stage.call();
      await stage.until(0);
      expect(call.reply?.text).toBe(expected);
      wake();
    }
    stage.failover.upstream('P').rest(60_000);
    wake();
    const call = stage.call();
    await stage.until(0);
    expect(call.reply?.text).toBe('awake');
    const ended = stage.events.filter(([name]) => name === 'cooldown-ended').map(([, { scope: what }]) => what);
    expect(ended).toEqual(['key', 'lane', 'deployment', 'upstream']);
  });

  it('of what does not rest changes and tells nothing', () => {
    const stage = two();
    stage.failover.deployment('m@P').wake();
    stage.failover.upstream('S').wake();
    expect(stage.events).toEqual([]);
  });

  it('lets a call that waits go on at once', async () => {
    const stage = setStage({ P: () => answerWith('awake') });
    stage.failover.upstream('P').rest(1_500);
    const call = stage.call();
    await stage.until(0.5);
    stage.failover.upstream('P').wake();
    await stage.until(0.5);
    expect(call).toMatchObject({ at: 0.5, reply: { text: 'awake' } });
  });
});

describe('A name that nothing has', () => {
  it('is a ConfigError with the nearest one', () => {
    const stage = setStage({ reseller: () => answerWith('yes') });
    expect(() => stage.failover.deployment('m@resseler')).toThrow(/Did you mean "m@reseller"/);
    expect(() => stage.failover.upstream('reselle')).toThrow(/Did you mean "reseller"/);
  });
});
