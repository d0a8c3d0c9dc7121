/**
 * An upstream that goes from one fault to the next for a minute of five calls a second. Time goes faster here: a second is 20
 * milliseconds, and passes with the calls, however slow the machine.
 */
import { answer, fail, hang, reset, type ReceivedRequest, type Reply } from '@ai-failover/testing';
import { expect, it } from 'vitest';
import { expectIdle, type Scene } from './scene.ts';
import { chatted, sceneOf, streamed, type Ask, type Ending } from './stream-asks.ts';
import { TEXT, WELL } from './stream-scripts.ts';

const SECOND = 20;
const CALLS_A_SECOND = 5;
const MINUTE_OF_CALLS = 60 * CALLS_A_SECOND;
/** Of each fault. */
const CALLS_A_PHASE = 2 * CALLS_A_SECOND;

const LONGEST_OPEN = 200;

/** What `P` does to a stream, and to a request without one. */
const PHASES: readonly (readonly [Reply, Reply])[] = [
  [WELL, WELL],
  [fail(503), fail(503)],
  [WELL.closeAfter({ events: 41 }), answer(TEXT).overstateLength()],
  [WELL, WELL],
  [hang(), hang()],
  [WELL.stallAfter({ events: 21 }), answer(TEXT).stallAfter({ bytes: 100 })],
  [reset(), reset()],
  [WELL, WELL],
  [WELL.errorAfter({ events: 1 }), fail(500)],
  [fail(429), fail(429)],
];

function startFlapping(called: () => number): Promise<Scene> {
  return sceneOf({
    script(request: ReceivedRequest): Reply {
      const [inEvents, whole] = PHASES[Math.floor(called() / CALLS_A_PHASE) % PHASES.length] ?? [WELL, WELL];
      return request.json()['stream'] === true ? inEvents : whole;
    },
    options: { timeouts: { unary: 500, unaryPerOutputToken: 0, firstContent: 1_000, betweenChunks: 500 } },
    engine: { raceAfter: 60, breaker: { window: 1_200, openFor: 100, maxOpenFor: LONGEST_OPEN, ramp: 100 } },
  });
}

it.each<[string, Ask]>([
  ['a stream', streamed],
  ['chat', chatted],
])('%s: every caller has the whole answer, whatever happens in the meantime', async (_, ask) => {
  let called = 0;
  const calls: Promise<Ending>[] = [];
  const scene = await startFlapping(() => called);
  const { failover, P, seen } = scene;
  const callUntil = async (enough: () => boolean): Promise<void> => {
    while (!enough()) {
      called += 1;
      calls.push(ask(scene, {}));
      await new Promise((resolve) => {
        setTimeout(resolve, SECOND / CALLS_A_SECOND);
      });
    }
  };
  await callUntil(() => called === MINUTE_OF_CALLS);
  await Promise.all(calls);
  // It was given up when it deserved it, and is taken back.
  expect(seen('circuit-opened').length).toBeGreaterThan(0);
  expect(P.requests.length).toBeLessThan(MINUTE_OF_CALLS);
  P.script(WELL);
  await callUntil(() => failover.status().deployments[0]?.circuit.state === 'closed');

  const endings = await Promise.all(calls);
  for (const { text, finish, error, failover: report } of endings) {
    expect({ text, finish, error }).toEqual({ text: TEXT, finish: 'stop', error: undefined });
    expect(['undefined', 'continued']).toContain(String(report?.degraded));
    expectCaps(report?.attempts.map(({ upstream, outcome }) => `${upstream} ${outcome}`) ?? []);
  }
  expectIdle(failover);
});

/** One each: nobody waits for a second try while somebody else can answer. */
function expectCaps(trail: readonly string[]): void {
  // A kept connection that has died meanwhile is no fault, and costs nothing.
  const counted = trail.filter((attempt) => !attempt.endsWith('stale-socket'));
  const asked = counted.map((attempt) => attempt.charAt(0)).toSorted();
  expect(['P', 'PS', 'S']).toContain(asked.join(''));
}
