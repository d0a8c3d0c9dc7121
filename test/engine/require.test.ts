/** Demands on upstreams, by chain and by call, hold whatever happens. */
import { createFailover, type FailoverOptions, type Requirements } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith, refuseConnection } from '@ai-failover/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('A demand', () => {
  const options = {
    upstreams: [
      upstream('P', ['m'], { tags: ['no-retention', 'audited'], region: 'eu' }),
      upstream('S', ['m'], { tags: ['no-retention'], region: 'us' }),
      upstream('T', ['m', 'spare']),
    ],
    chains: { default: ['m'], strict: { steps: ['m'], require: { tags: ['no-retention'] } } },
    lastResort: 'spare',
  };
  const down = { P: () => failWith(402), S: () => failWith(402), T: () => answerWith('not for you') };

  it('of a chain leaves out who does not meet it, in an outage and for the last resort too', async () => {
    const stage = setStage(down, options);
    const call = stage.call({ model: 'strict' });
    await stage.until(0);
    expect(trail(call)).toBe('m@P quota, m@S quota');
    expect(call.reply?.text).toBe(CANNED);
  });

  it('of a call comes on top of that of its chain', async () => {
    const stage = setStage(down, options);
    const call = stage.call({}, { chain: 'strict', require: { regions: ['eu'] } });
    await stage.until(0);
    expect(trail(call)).toBe('m@P quota');
  });

  it('wants all of its tags and one of its regions', async () => {
    const both = setStage(down, options);
    const tags = both.call({}, { require: { tags: ['audited', 'no-retention'] } });
    await both.until(0);
    expect(trail(tags)).toBe('m@P quota');
    const either = setStage(down, options);
    const regions = either.call({}, { require: { regions: ['us', 'eu'] } });
    await either.until(0);
    expect(trail(regions)).toBe('m@P quota, m@S quota');
  });

  it('that nobody meets sends nothing', async () => {
    const stage = setStage(down, options);
    const call = stage.call({}, { require: { tags: ['none has this'] } });
    const empty = stage.call({}, { require: { regions: [] } });
    await stage.until(0);
    expect([call.reply?.text, empty.reply?.text]).toEqual([CANNED, CANNED]);
    expect(stage.requests).toHaveLength(0);
  });

  it('of one call is no demand of the next', async () => {
    const stage = setStage(
      { ...down, P: () => answerWith('P'), T: () => answerWith('T') },
      { ...options, upstreams: options.upstreams.toReversed() },
    );
    const strict = stage.call({}, { require: { tags: ['audited'] } });
    const free = stage.call();
    await stage.until(0);
    expect([strict.reply?.text, free.reply?.text]).toEqual(['P', 'T']);
  });
});

const TAGS = ['no-retention', 'audited', 'own'];
const REGIONS = ['eu', 'us', 'cn'];

const requirements: fc.Arbitrary<Requirements | undefined> = fc.option(
  fc.record({ tags: fc.subarray(TAGS), regions: fc.subarray(REGIONS, { minLength: 1 }) }, { requiredKeys: [] }),
  { nil: undefined },
);

interface Served {
  readonly tags: readonly string[];
  readonly region: string | undefined;
}

const pool = fc.array(
  fc.record({
    tags: fc.subarray(TAGS),
    region: fc.option(fc.constantFrom(...REGIONS), { nil: undefined }),
    models: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    priority: fc.integer({ min: 1, max: 2 }),
    keys: fc.integer({ min: 1, max: 2 }),
  }),
  { minLength: 1, maxLength: 5 },
);

/** A chain whose demand nobody meets is a `ConfigError`, so such demands are dropped. */
function possible(demand: Requirements | undefined, upstreams: readonly Served[]): Requirements | undefined {
  return upstreams.some((one) => demand !== undefined && meets(one, demand)) ? demand : undefined;
}

function meets({ tags, region }: Served, demand: Requirements): boolean {
  const tagged = demand.tags?.every((tag) => tags.includes(tag)) ?? true;
  return tagged && (demand.regions === undefined || (region !== undefined && demand.regions.includes(region)));
}

/** What an upstream does; the last one is rare, so that calls wander through the whole pool. */
const REPLIES = [
  () => failWith(500),
  () => failWith(503, { headers: { 'retry-after': '1' } }),
  () => failWith(429),
  () => failWith(401),
  () => failWith(404, { code: 'model_not_found' }),
  () => failWith(400, { code: 'context_length_exceeded' }),
  () => refuseConnection(),
  () => answerWith('yes'),
];

describe('Whatever fails', () => {
  it('no request ever reaches an upstream that does not meet the demands of its call', async () => {
    const scenario = fc.record({
      upstreams: pool,
      ofChain: requirements,
      ofCalls: fc.array(requirements, { minLength: 1, maxLength: 4 }),
      replies: fc.infiniteStream(fc.constantFrom(...REPLIES)),
      lastResort: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ upstreams, ofChain: wanted, ofCalls, replies, lastResort }) => {
        const models = [...new Set(upstreams.flatMap((one) => one.models))];
        const steps = models.slice(0, 2);
        const serving = upstreams.filter((one) => one.models.some((model) => steps.includes(model)));
        const ofChain = possible(wanted, serving);
        const options: FailoverOptions = {
          upstreams: upstreams.map(({ tags, region, models: served, priority, keys }, index) =>
            upstream(`U${index}`, served, {
              tags,
              priority,
              keys: Array.from({ length: keys }, (_, key) => `sk-${index}-${key}-0123456789`),
              ...(region !== undefined && { region }),
            }),
          ),
          chains: { default: { steps, ...(ofChain !== undefined && { require: ofChain }) } },
          ...(lastResort && models.length > 0 && { lastResort: models.at(-1) ?? '' }),
        };
        const asked = new Map<string, Set<string>>();
        const transport = createScriptedTransport(() => (replies.next().value ?? REPLIES[0])());
        const failover = createFailover(options, { createTransport: transport.createTransport, random: () => 0.5 });
        failover.onAny(() => {});
        failover.on('attempt-started', ({ callId, upstream: name }) => {
          asked.set(callId, (asked.get(callId) ?? new Set()).add(name));
        });
        const demandsOf = new Map<string, (Requirements | undefined)[]>();
        failover.on('call-started', ({ callId, metadata }) => {
          demandsOf.set(callId, [ofChain, ofCalls[Number(metadata?.['number'])]]);
        });
        const calls = ofCalls.map((require, number) =>
          failover
            .chat({ messages: [{ role: 'user', content: 'Hello' }] }, { require, metadata: { number } })
            .catch(() => {}),
        );
        await vi.advanceTimersByTimeAsync(400_000);
        await Promise.all(calls);
        await failover.close();
        for (const [callId, names] of asked) {
          for (const name of names) {
            const served = upstreams[Number(name.slice(1))] ?? { tags: [], region: undefined };
            for (const demand of demandsOf.get(callId) ?? []) expect(meets(served, demand ?? {})).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
