/** Wherever a stream breaks off, and however: the caller has the whole answer, once. */
import { continueAnswer, stream, type Reply } from '@ai-failover/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectIdle, expectTimers, startScene, timers, type Scene } from './scene.ts';
import { streamed } from './stream-asks.ts';
import { expectOneAnswer } from './stream-reading.ts';
import { begun, TEXT, WELL, WORDS } from './stream-scripts.ts';

/** Characters of one, two and four bytes, lines, and white space of every kind. */
const RICH = '# Grüße\n\n- 😀 one\n- two  and 👩‍👩‍👧\n\n```js\nlet a = "ü";\n```\n\nThe end.';

let timersBefore = 0;

beforeEach(() => {
  timersBefore = timers();
});

/** `S` takes a prefill, or has to repeat. Nobody's circuit opens, however often `P` breaks off. */
function start(scriptOfS: Reply, prefill: boolean): Promise<Scene> {
  return startScene({
    scriptOfS,
    P: { timeouts: { betweenChunks: 40 } },
    S: { models: { m: { prefill } } },
    options: { breaker: { consecutiveFailures: 1_000_000, failureRatio: 1, minimumAttempts: 1_000_000 } },
  });
}

async function expectWhole(scene: Scene, broken: Reply, text: string, where: string): Promise<void> {
  scene.P.script(broken);
  const { text: read, finish, error, failover } = await streamed(scene, {});
  expect({ where, read, finish, error }).toEqual({ where, read: text, finish: 'stop', error: undefined });
  expect(failover?.attempts.length).toBeLessThanOrEqual(2);
}

async function expectDone(scene: Scene): Promise<void> {
  expectIdle(scene.failover);
  await scene.close();
  await expectTimers(timersBefore);
}

describe.each([
  ['by a prefill', true],
  ['by repeating', false],
])('gone on with %s', (_, prefill) => {
  it.each(['close', 'reset'] as const)('%s behind each event', async (how) => {
    expect.hasAssertions();
    const scene = await start(WELL, prefill);
    // The role, the words, the end, the usage.
    for (let events = 0; events <= WORDS.length + 2; events += 1) {
      const broken = how === 'close' ? WELL.closeAfter({ events }) : WELL.resetAfter({ events });
      await expectWhole(scene, broken, TEXT, `after ${events} events`);
    }
    await expectDone(scene);
  });

  it('close in the middle of events', async () => {
    expect.hasAssertions();
    const scene = await start(WELL, prefill);
    for (let bytes = 1; bytes < 10_000; bytes += 173) {
      await expectWhole(scene, WELL.closeAfter({ bytes }), TEXT, `after ${bytes} bytes`);
    }
    await expectDone(scene);
  });

  it('a stall', async () => {
    expect.hasAssertions();
    const scene = await start(WELL, prefill);
    for (let events = 2; events <= WORDS.length; events += 7) {
      await expectWhole(scene, WELL.stallAfter({ events }), TEXT, `after ${events} events`);
    }
    await expectDone(scene);
  });

  it('an orderly end behind any character, and inside it', async () => {
    expect.hasAssertions();
    const scene = await start(continueAnswer(RICH), prefill);
    for (let length = 1; length <= RICH.length; length += 1) {
      const broken = stream([RICH.slice(0, length)], { finish: false, done: false });
      await expectWhole(scene, broken, RICH, `after ${JSON.stringify(RICH.slice(0, length).slice(-8))}`);
    }
    await expectDone(scene);
  });
});

describe('an answer of several', () => {
  it('has one usage, behind everything, of all that made it', async () => {
    const scene = await start(WELL, false);
    scene.P.script(WELL.closeAfter({ events: 41 }));
    const reading = await scene.stream({ stream_options: { include_usage: true } });
    const [last, ...others] = reading.chunks.toReversed();
    expect(reading.outcome).toMatchObject({ status: 'done', usage: last?.usage });
    expect(others.filter(({ usage }) => usage !== undefined && usage !== null)).toEqual([]);
    // S has counted what it repeated and the rest, and 10 for its prompt; what P had cost can only be estimated.
    expect(last?.choices).toEqual([]);
    expect(last?.usage?.completion_tokens).toBeGreaterThan(20 + 40);
    expect(last?.usage?.total_tokens).toBe((last?.usage?.prompt_tokens ?? 0) + (last?.usage?.completion_tokens ?? 0));
    expect(scene.seen('call-answered')).toMatchObject([{ degraded: 'continued', streamed: true, usage: last?.usage }]);
  });

  it('is made of as many as it takes', async () => {
    const other = await startScene({ script: WELL });
    const scene = await startScene({
      script: WELL.closeAfter({ events: 21 }),
      scriptOfS: WELL.closeAfter({ events: 11 }),
      more: [{ name: 'T', provider: 'openai', baseUrl: other.P.baseUrl, keys: 'none', models: ['m'], priority: 3 }],
    });
    const reading = await scene.stream();
    expectOneAnswer(reading);
    expect(reading).toMatchObject({ text: TEXT, outcome: { status: 'done' }, failover: { degraded: 'continued' } });
    expect(scene.seen('stream-continued').map(({ from, to }) => `${from} ${to}`)).toEqual(['m@P m@S', 'm@S m@T']);
    expectIdle(scene.failover);
    await scene.failover.close();
  });

  it('leaves out whoever says something else, in however many pieces', async () => {
    const other = await startScene({ script: WELL });
    const scene = await startScene({
      script: WELL.closeAfter({ events: 41 }),
      scriptOfS: stream('Sorry, where was I?'),
      more: [{ name: 'T', provider: 'openai', baseUrl: other.P.baseUrl, keys: 'none', models: ['m'], priority: 3 }],
    });
    const reading = await scene.stream();
    expectOneAnswer(reading);
    expect(reading).toMatchObject({ text: TEXT, failover: { deployment: 'm@T', degraded: 'continued' } });
    await scene.failover.close();
  });

  it('is not attempted more often than the caps allow', async () => {
    const others = await Promise.all([1, 2, 3].map(() => startScene({ script: WELL.closeAfter({ events: 2 }) })));
    const scene = await startScene({
      script: begun(20),
      scriptOfS: WELL.closeAfter({ events: 11 }),
      more: others.map(({ P }, index) => ({
        name: `T${index}`,
        provider: 'openai',
        baseUrl: P.baseUrl,
        keys: 'none',
        models: ['m'],
        priority: 3 + index,
      })),
    });
    const reading = await scene.stream();
    expectOneAnswer(reading);
    expect(reading).toMatchObject({ outcome: { status: 'failed' }, error: { kind: 'interrupted', status: 502 } });
    expect(reading.failover?.attempts.map(({ upstream }) => upstream)).toEqual(['P', 'S', 'T0']);
    await scene.failover.close();
  });
});
