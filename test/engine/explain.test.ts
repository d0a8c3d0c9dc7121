/** `explain()`: the plan, with a reason for everybody who would not be asked. */
import { createFailover } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

describe('explain', () => {
  it('names models, candidates and lanes in the order in which they would be asked', () => {
    const stage = setStage(
      {},
      {
        upstreams: [
          upstream('far', ['large', 'small'], { priority: 2 }),
          upstream('near', ['large'], { keys: ['sk-a-0123456789', 'sk-b-0123456789'] }),
        ],
        chains: { default: ['large'] },
        lastResort: 'small',
      },
    );
    expect(stage.failover.explain(QUESTION)).toEqual({
      chain: 'default',
      models: [
        {
          model: 'large',
          step: 0,
          lastResort: false,
          candidates: [
            {
              deployment: 'large@near',
              upstream: 'near',
              priority: 1,
              lanes: [
                { lane: 'large@near#1', available: true },
                { lane: 'large@near#2', available: true },
              ],
            },
            {
              deployment: 'large@far',
              upstream: 'far',
              priority: 2,
              lanes: [{ lane: 'large@far#1', available: true }],
            },
          ],
          leftOut: [],
        },
        {
          model: 'small',
          step: 1,
          lastResort: true,
          candidates: [
            {
              deployment: 'small@far',
              upstream: 'far',
              priority: 2,
              lanes: [{ lane: 'small@far#1', available: true }],
            },
          ],
          leftOut: [],
        },
      ],
    });
  });

  it('gives the reason for everybody whom a demand leaves out', () => {
    const stage = setStage(
      {},
      {
        upstreams: [
          upstream('good', ['m'], { tags: ['no-retention'], region: 'eu' }),
          upstream('untagged', ['m'], { region: 'eu' }),
          upstream('abroad', ['m'], { tags: ['no-retention'], region: 'us' }),
          upstream('nowhere', ['m'], { tags: ['no-retention'] }),
        ],
        chains: { default: { steps: ['m'], require: { tags: ['no-retention'] } } },
      },
    );
    const [model] = stage.failover.explain(QUESTION, { require: { regions: ['eu', 'ch'] } }).models;
    expect(model?.candidates.map(({ deployment }) => deployment)).toEqual(['m@good']);
    expect(model?.leftOut).toEqual([
      { deployment: 'm@untagged', reason: 'required: the tag "no-retention"' },
      { deployment: 'm@abroad', reason: 'required: one of the regions "eu", "ch"' },
      { deployment: 'm@nowhere', reason: 'required: one of the regions "eu", "ch"' },
    ]);
  });

  it('says why a lane would not be asked now, and when it could be', async () => {
    const stage = setStage(
      {
        P: () => failWith(429, { headers: { 'retry-after': '30' } }),
        S: () => failWith(401),
        T: () => answerWith('yes'),
      },
      {
        upstreams: ['P', 'S', 'T', 'U', 'V'].map((name, index) => upstream(name, ['m'], { priority: index + 1 })),
      },
    );
    stage.call();
    stage.failover.deployment('m@U').drain();
    stage.failover.deployment('m@V').open();
    await stage.until(1);
    const [model] = stage.failover.explain(QUESTION).models;
    const lanes = model?.candidates.map(({ deployment, lanes: [lane] }) => [deployment, lane?.reason, lane?.freeIn]);
    expect(lanes).toEqual([
      ['m@T', undefined, undefined],
      ['m@S', 'credential', 14_000],
      ['m@P', 'rate-limited', 29_000],
      ['m@U', 'draining', undefined],
      ['m@V', 'circuit-open', undefined],
    ]);
    expect(stage.requests).toHaveLength(3);
  });

  it('changes nothing, however often it is asked', async () => {
    const served = (asked: number) => {
      const transport = createScriptedTransport(() => answerWith('yes'));
      const failover = createFailover(
        {
          upstreams: [
            upstream('a', ['large', 'small'], { weight: 3, keys: ['sk-1-0123456789', 'sk-2-0123456789'] }),
            upstream('b', ['large', 'small'], { weight: 2 }),
            upstream('c', ['large', 'small'], { weight: 1 }),
          ],
          chains: { default: [{ large: 2, small: 1 }] },
        },
        { createTransport: transport.createTransport },
      );
      const order = async (): Promise<string[]> => {
        for (let call = 0; call < 24; call += 1) {
          for (let time = 0; time < asked; time += 1) failover.explain(QUESTION);
          await failover.chat(QUESTION);
        }
        return transport.requests.map(
          ({ upstream: name, model, headers }) => `${model}@${name} ${String(headers['authorization'])}`,
        );
      };
      return order();
    };
    expect(await served(100)).toEqual(await served(0));
  });

  it('shows who is next', async () => {
    const stage = setStage(
      { a: () => answerWith('yes'), b: () => answerWith('yes') },
      { upstreams: [upstream('a', ['m'], { weight: 3 }), upstream('b', ['m'])] },
    );
    for (let call = 0; call < 12; call += 1) {
      const [model] = stage.failover.explain(QUESTION).models;
      const outcome = stage.call();
      await stage.until(0);
      expect(outcome.reply?.failover.deployment).toBe(model?.candidates[0]?.deployment);
    }
  });

  it('tells of a request that would be refused as a call does', () => {
    const stage = setStage({ P: () => answerWith('never') });
    expect(() => stage.failover.explain({ messages: [] })).toThrow(
      expect.objectContaining({ code: 'AIF_BAD_REQUEST' }),
    );
    expect(() => stage.failover.explain({ ...QUESTION, model: 'n' })).toThrow(/model "n" is unknown/);
    expect(() => stage.failover.explain(QUESTION, { chain: 'defualt' })).toThrow(/Did you mean "default"/);
  });
});
