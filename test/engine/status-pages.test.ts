/** Status pages on the virtual clock: asked gently, told of, and never acted on. */
import type { FailoverOptions } from '@ai-failover/core';
import { answerWith, failWith, neverAnswer, type ScriptedReply, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { summary, type Sample } from '../../packages/core/test/status-page/samples.ts';
import { setStage, upstream, type Stage } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** First question after 1.5 s, then one every two minutes: the dice show a half. */
const FIRST = 1.5;
const INTERVAL = 120;
const PAGE = 'https://status.example/api/v2/summary.json';

function page(sample: Sample = {}, headers: Record<string, string> = {}): ScriptedReply {
  return { kind: 'respond', status: 200, headers, body: summary(sample), after: 0 };
}

type Answers = (request: ScriptedRequest) => ScriptedReply;

/** `P` and `S`, each with these pages; answers are given in turn, the last one for good. */
function stageWith(
  answers: readonly ScriptedReply[] | Answers,
  [ofP, ofS]: readonly FailoverOptions['upstreams'][number]['statusPage'][] = [PAGE],
): Stage {
  const watched = (statusPage: FailoverOptions['upstreams'][number]['statusPage']) =>
    statusPage === undefined ? {} : { statusPage };
  const upstreams = [
    upstream('P', ['m'], { ...watched(ofP), headers: { 'x-team': 'shop' } }),
    upstream('S', ['m'], { priority: 2, ...watched(ofS) }),
  ];
  const script = { P: () => answerWith('from P'), S: () => answerWith('from S') };
  return setStage(script, { upstreams }, (request) =>
    typeof answers === 'function' ? answers(request) : (answers[request.number - 1] ?? answers.at(-1) ?? failWith(404)),
  );
}

function changes(stage: Stage): unknown[] {
  return stage.events.filter(([name]) => name === 'status-page-changed').map(([, event]) => event);
}

function pageOf(stage: Stage, name = 'P') {
  return stage.failover.status().upstreams.find((one) => one.name === name)?.statusPage;
}

/** Seconds between the questions. */
function gaps(stage: Stage): number[] {
  return stage.inquiries.slice(1).map(({ at }, index) => (at - (stage.inquiries[index]?.at ?? 0)) / 1000);
}

const OUTAGE: Sample = {
  indicator: 'critical',
  description: 'Major Service Outage',
  incidents: [{ name: 'Everything is down' }],
};

describe('A status page', () => {
  it('is asked every two minutes, with nothing of the upstream, until the engine is closed', async () => {
    const stage = stageWith([page()]);
    await stage.until(FIRST + 2 * INTERVAL);
    expect(gaps(stage)).toEqual([INTERVAL, INTERVAL]);
    expect(stage.inquiries[0]).toMatchObject({ upstream: 'status.example', method: 'GET', url: PAGE });
    expect(stage.inquiries[0]?.headers).toEqual({ accept: 'application/json', 'user-agent': 'ai-failover' });
    await stage.failover.close();
    await stage.until(10 * INTERVAL);
    expect(stage.inquiries).toHaveLength(3);
  });

  it('is not news as long as it is fine', async () => {
    const stage = stageWith([page()]);
    await stage.until(FIRST + INTERVAL);
    expect(changes(stage)).toEqual([]);
    expect(pageOf(stage)).toEqual({
      url: PAGE,
      indicator: 'none',
      description: 'All Systems Operational',
      incidents: [],
      age: 0,
      failures: 0,
      failing: undefined,
    });
    expect(pageOf(stage, 'S')).toBeUndefined();
    await stage.failover.close();
  });

  it('is told of when it says something else than before, or has other incidents', async () => {
    const sample = (indicator: 'none' | 'minor', ...names: string[]): ScriptedReply =>
      page({ indicator, description: indicator, incidents: names.map((name) => ({ name })) });
    const stage = stageWith([
      sample('minor', 'a'),
      sample('minor', 'a'),
      sample('minor', 'a', 'b'),
      sample('minor', 'b', 'a'),
      sample('minor', 'a', 'c'),
      sample('minor', 'a'),
      sample('none'),
    ]);
    await stage.until(FIRST + 7 * INTERVAL);
    const about = { url: PAGE, upstreams: ['P'] };
    expect(changes(stage)).toEqual([
      { ...about, from: undefined, to: 'minor', description: 'minor', incidents: ['a'] },
      { ...about, from: 'minor', to: 'minor', description: 'minor', incidents: ['a', 'b'] },
      { ...about, from: 'minor', to: 'minor', description: 'minor', incidents: ['a', 'c'] },
      { ...about, from: 'minor', to: 'minor', description: 'minor', incidents: ['a'] },
      { ...about, from: 'minor', to: 'none', description: 'none', incidents: [] },
    ]);
    await stage.failover.close();
  });

  it('is never acted on: what it calls down is asked first all the same', async () => {
    const stage = stageWith([page(OUTAGE)]);
    await stage.until(FIRST + 1);
    expect(pageOf(stage)).toMatchObject({ indicator: 'critical', incidents: ['Everything is down'] });
    const call = stage.call();
    await stage.until(FIRST + 2);
    expect(call.reply?.text).toBe('from P');
    expect(stage.failover.status().deployments[0]).toMatchObject({ available: true, rest: undefined, degraded: false });
    expect(stage.events.map(([name]) => name)).not.toContain('cooldown-started');
    await stage.failover.close();
  });

  it('is asked whether it is new, and keeps its news when it is not', async () => {
    const stage = stageWith([page(OUTAGE, { etag: 'W/"1"' }), failWith(304, { body: '' }), page({}, {}), page()]);
    await stage.until(FIRST + INTERVAL + 10);
    expect(pageOf(stage)).toMatchObject({ indicator: 'critical', age: 10_000, failures: 0, failing: undefined });
    await stage.until(FIRST + 3 * INTERVAL);
    const sent = stage.inquiries.map(({ headers }) => headers['if-none-match']);
    expect(sent).toEqual([undefined, 'W/"1"', 'W/"1"', undefined]);
    expect(changes(stage)).toHaveLength(2);
    await stage.failover.close();
  });

  it.each(['x'.repeat(300), '', 'two words'])('is not asked with an etag that is none: %j', async (etag) => {
    const stage = stageWith([page({}, { etag })]);
    await stage.until(FIRST + INTERVAL);
    expect(stage.inquiries[1]?.headers).not.toHaveProperty('if-none-match');
    await stage.failover.close();
  });
});

describe('Upstreams with the same page', () => {
  it('share it, and one event tells of both', async () => {
    const stage = stageWith([page(OUTAGE)], [PAGE, { url: PAGE, interval: 60_000 }]);
    await stage.until(FIRST + 120);
    // As often as whoever wants it soonest.
    expect(gaps(stage)).toEqual([60, 60]);
    expect(changes(stage)).toMatchObject([{ upstreams: ['P', 'S'] }]);
    expect(pageOf(stage, 'S')).toEqual(pageOf(stage, 'P'));
    await stage.failover.close();
  });

  it('may look at different components of it', async () => {
    const components = [
      { name: 'API', status: 'operational' },
      { name: 'Batch', status: 'partial_outage' },
    ];
    const stage = stageWith(
      [page({ indicator: 'major', components })],
      [
        { url: PAGE, components: ['API'] },
        { url: PAGE, components: ['Batch'] },
      ],
    );
    await stage.until(FIRST);
    expect(stage.inquiries).toHaveLength(1);
    expect(pageOf(stage, 'P')).toMatchObject({ indicator: 'none', description: 'operational' });
    expect(pageOf(stage, 'S')).toMatchObject({ indicator: 'major', description: 'Batch: partial outage' });
    expect(changes(stage)).toMatchObject([{ upstreams: ['S'], to: 'major' }]);
    await stage.failover.close();
  });

  it('fail by themselves where one names a component that the page does not know', async () => {
    const components = [{ name: 'API', status: 'degraded_performance' }];
    const ofS = { url: PAGE, components: ['APl'] };
    const stage = stageWith([page({ components }, { etag: '"1"' }), failWith(304, { body: '' })], [PAGE, ofS]);
    await stage.until(FIRST + INTERVAL + 5);
    expect(gaps(stage)).toEqual([INTERVAL]);
    expect(stage.inquiries[1]?.headers).toMatchObject({ 'if-none-match': '"1"' });
    expect(pageOf(stage, 'P')).toMatchObject({ indicator: 'none', age: 5_000, failures: 0, failing: undefined });
    expect(pageOf(stage, 'S')).toMatchObject({
      indicator: undefined,
      age: undefined,
      failures: 1,
      failing: 'the page lists none of these components',
    });
    await stage.failover.close();
  });

  it('have pages of their own when these differ', async () => {
    const stage = stageWith([page()], [PAGE, 'https://other.example/summary.json']);
    await stage.until(FIRST);
    expect(stage.inquiries.map(({ upstream: host }) => host)).toEqual(['status.example', 'other.example']);
    await stage.failover.close();
  });
});

describe('A status page that fails', () => {
  it.each([
    ['an error', failWith(503), '503 overloaded (scripted)'],
    ['silence', neverAnswer(), 'silent: no complete reply within 10000 ms'],
    [
      'a web page',
      { kind: 'respond', status: 200, headers: {}, body: '<html>', after: 0 },
      'the page is no JSON object',
    ],
  ] satisfies [string, ScriptedReply, string][])(
    'keeps what it said, is left alone for longer each time, and is told of: %s',
    async (_what, reply, failing) => {
      const stage = stageWith([page(OUTAGE), reply]);
      await stage.until(FIRST + 3 * INTERVAL - 1);
      expect(pageOf(stage)).toMatchObject({ indicator: 'critical', failures: 1, failing });
      await stage.until(3 * 3_600);
      expect(gaps(stage).map(Math.floor).slice(0, 5)).toEqual(
        [120, 240, 480, 960, 1_800].map((gap, index) => gap + (failing.startsWith('silent') && index > 0 ? 10 : 0)),
      );
      expect(changes(stage)).toHaveLength(1);
      await stage.failover.close();
    },
  );

  it('is asked as often as before when it is back', async () => {
    const stage = stageWith([failWith(500), failWith(500), page(), failWith(500), page()]);
    await stage.until(FIRST + 240 + 480 + 120 + 240 + 120);
    expect(gaps(stage)).toEqual([240, 480, 120, 240, 120]);
    expect(pageOf(stage)).toMatchObject({ failures: 3, failing: undefined });
    await stage.failover.close();
  });

  it('is not taken for one that has not changed, when nothing of it was ever read', async () => {
    const unasked = failWith(304, { body: '' });
    const unreadable = { ...failWith(500, { headers: { etag: '"1"' } }), status: 200 } as ScriptedReply;
    const stage = stageWith([unasked, unreadable, page()]);
    await stage.until(FIRST);
    expect(pageOf(stage)).toMatchObject({ indicator: undefined, failures: 1, failing: expect.stringContaining('304') });
    await stage.until(FIRST + 240 + 480);
    expect(stage.inquiries.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, undefined, undefined]);
    await stage.failover.close();
  });

  it('is left alone for as long as it asks', async () => {
    const stage = stageWith([failWith(429, { headers: { 'retry-after': '3600' } }), page()]);
    await stage.until(FIRST + 3_599);
    expect(stage.inquiries).toHaveLength(1);
    await stage.until(FIRST + 3_601);
    expect(stage.inquiries).toHaveLength(2);
    await stage.failover.close();
  });

  it('may be closed while it is asked', async () => {
    const stage = stageWith([neverAnswer()]);
    await stage.until(FIRST + 1);
    await stage.failover.close();
    expect(stage.inquiries[0]?.aborted).toBe(true);
    expect(pageOf(stage)).toBeUndefined();
  });
});
