/** The limits that only the wire knows, named by a call or a model: they take effect there, and are judged for what they are. */
import type { CallOptions, UpstreamOptions } from '@ai-failover/core';
import { answer, hang, refuseBody } from '@ai-failover/testing';
import { describe, expect, it } from 'vitest';
import { expectIdle, startBlackHole, startScene, trailOf, type Scene } from './scene.ts';

/** Of the upstream; who has to wait for it fails by the test's own limit. */
const FOR_EVER = { connect: 60_000, pool: 60_000, write: 60_000 } as const;
const SHORT = 30;

/** Where the short limit is named. */
const PLACES: readonly (readonly [string, (short: object) => { P: Partial<UpstreamOptions>; call: CallOptions }])[] = [
  ['the call', (timeouts) => ({ P: { timeouts: FOR_EVER }, call: { timeouts } })],
  ['the model', (timeouts) => ({ P: { timeouts: FOR_EVER, models: { m: { timeouts } } }, call: {} })],
];

/** What ended the first attempt, which was P's. */
async function whyGivenUp(scene: Scene, call: CallOptions, request: object = {}): Promise<string | undefined> {
  await scene.chat(request, call);
  const [first] = scene.seen('attempt-failed');
  return first?.upstream === 'P' ? first.message : undefined;
}

describe.each(PLACES)('A limit of %s', (_where, place) => {
  it('ends the making of a connection', async () => {
    const { port } = await startBlackHole();
    const { P, call } = place({ connect: SHORT });
    const scene = await startScene({ P: { ...P, baseUrl: `https://127.0.0.1:${port}/v1` } });
    expect(await whyGivenUp(scene, call)).toMatch(`not connected within ${SHORT} ms`);
  });

  it('ends the wait for a free connection', async () => {
    const { P, call } = place({ pool: SHORT });
    const scene = await startScene({ script: hang(), P: { ...P, connections: 1 } });
    const leaving = new AbortController();
    const first = scene.chat({}, { signal: leaving.signal });
    await scene.P.waitForRequest();
    expect(await whyGivenUp(scene, call)).toMatch(`no free connection within ${SHORT} ms`);
    expect(scene.P.requests).toHaveLength(1);
    leaving.abort();
    await expect(first).rejects.toBe(leaving.signal.reason);
  });

  it('ends the writing of a large request', async () => {
    const { P, call } = place({ write: SHORT });
    const scene = await startScene({ script: refuseBody(), P });
    const request = { messages: [{ role: 'user', content: 'x'.repeat(20_000_000) }] };
    expect(await whyGivenUp(scene, call, request)).toMatch(`request not taken within ${SHORT} ms`);
  });
});

describe('A call that found no free connection', () => {
  it('is a 503 when it has nobody else, for nothing was sent', async () => {
    const scene = await startScene({
      withS: false,
      script: hang(),
      P: { connections: 1, timeouts: { pool: SHORT } },
    });
    const leaving = new AbortController();
    const first = scene.chat({}, { signal: leaving.signal });
    await scene.P.waitForRequest();
    await expect(scene.chat({}, { cannedReply: false })).rejects.toMatchObject({
      status: 503,
      attempts: [{ outcome: 'local' }],
    });
    expect(scene.P.requests).toHaveLength(1);
    leaving.abort();
    await expect(first).rejects.toBe(leaving.signal.reason);
    expectIdle(scene.failover);
  });
});

describe('An interim answer', () => {
  it('is a sign of life: whoever says no more after it was slow and not silent', async () => {
    const scene = await startScene({
      script: answer().after(10_000).interim(102),
      P: { timeouts: { unary: 150, unaryPerOutputToken: 0 } },
    });
    const reply = await scene.chat();
    expect(trailOf(reply.failover.attempts)).toBe('P timeout, S ok');
  });
});
