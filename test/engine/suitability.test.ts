/** Who cannot serve a request is not sent it: that costs nothing, and is told. */
import {
  CallError,
  createFailover,
  type ChatRequest,
  type FailoverOptions,
  type FailoverReport,
} from '@ai-failover/core';
import {
  answerWith,
  createScriptedTransport,
  failWith,
  neverAnswer,
  refuseConnection,
  type ScriptedReply,
} from '@ai-failover/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tokensOfText } from '../../packages/core/src/tokens/token-counter.ts';
import { CANNED, setStage, trail, upstream, type Stage, type StageOptions } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const IMAGE: ChatRequest = {
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/cat.png' } }] }],
};
const TOOLS = { tools: [{ type: 'function', function: { name: 'find' } }] };
const BLIND = { capabilities: { vision: false } };

/** `P` serves a model that cannot see, `S` one that can. */
const BLIND_FIRST: StageOptions = {
  upstreams: [upstream('P', { blind: BLIND }), upstream('S', ['seeing'])],
  chains: { default: ['blind', 'seeing'] },
};

const skippedOf = ({ skipped }: FailoverReport): string[] => skipped.map((one) => `${one.deployment} ${one.reason}`);

function eventsOf(stage: Stage, name: string): readonly Record<string, unknown>[] {
  return stage.events.filter(([one]) => one === name).map(([, event]) => event);
}

describe('A candidate that cannot serve a request', () => {
  it('is skipped, and told', async () => {
    const stage = setStage({ P: () => answerWith('no'), S: () => answerWith('a cat') }, BLIND_FIRST);
    const call = stage.call(IMAGE, { metadata: { shop: 7 } });
    await stage.until(0);
    expect(call.reply?.text).toBe('a cat');
    expect(trail(call)).toBe('seeing@S ok');
    expect(call.reply?.failover).toMatchObject({ failedOver: false, degraded: 'downgraded' });
    expect(call.reply?.failover.skipped).toEqual([{ deployment: 'blind@P', reason: 'cannot see images' }]);
    const callId = call.reply?.failover.requestId;
    const facts = { callId, chain: 'default', metadata: { shop: 7 } };
    expect(eventsOf(stage, 'candidate-skipped')).toEqual([
      { ...facts, deployment: 'blind@P', reason: 'cannot see images' },
    ]);
    expect(stage.requests.map(({ upstream: name }) => name)).toEqual(['S']);
  });

  it('is skipped by streams as well', async () => {
    const stage = setStage({ P: () => answerWith('no'), S: () => answerWith('a cat') }, BLIND_FIRST);
    const call = stage.stream(IMAGE);
    await stage.until(1);
    expect(call.text).toBe('a cat');
    expect(call.stream && skippedOf(call.stream.failover)).toEqual(['blind@P cannot see images']);
    expect(stage.requests.map(({ upstream: name }) => name)).toEqual(['S']);
  });

  it('serves whatever else it can', async () => {
    const stage = setStage({ P: () => answerWith('yes'), S: () => answerWith('no') }, BLIND_FIRST);
    const call = stage.call(TOOLS);
    await stage.until(0);
    expect(call.reply?.failover).toMatchObject({ deployment: 'blind@P', skipped: [] });
  });

  it('is not told of where its turn never came', async () => {
    const stage = setStage(
      { P: () => answerWith('no'), S: () => answerWith('a cat') },
      { ...BLIND_FIRST, chains: { default: ['seeing', 'blind'] } },
    );
    const call = stage.call(IMAGE);
    await stage.until(0);
    expect(call.reply?.failover.skipped).toEqual([]);
    expect(eventsOf(stage, 'candidate-skipped')).toEqual([]);
  });

  it('is told of once, however often the call comes by', async () => {
    const stage = setStage({ P: () => answerWith('no'), S: () => failWith(500) }, BLIND_FIRST);
    const call = stage.call(IMAGE);
    await stage.until(1);
    expect(trail(call)).toBe('seeing@S server, seeing@S server');
    expect(eventsOf(stage, 'candidate-skipped')).toHaveLength(1);
    expect(call.reply && skippedOf(call.reply.failover)).toEqual(['blind@P cannot see images']);
  });

  it('is skipped among those of its own model too', async () => {
    const stage = setStage(
      { P: () => answerWith('no'), S: () => answerWith('a cat') },
      { upstreams: [upstream('P', { m: BLIND }), upstream('S', { m: {} }, { priority: 2 })] },
    );
    const call = stage.call(IMAGE);
    await stage.until(0);
    expect(call.reply?.failover).toMatchObject({ deployment: 'm@S', degraded: undefined });
  });

  it('is no last resort', async () => {
    const stage = setStage(
      { P: () => answerWith('no'), S: () => failWith(402) },
      { ...BLIND_FIRST, chains: { default: ['seeing'] }, lastResort: 'blind' },
    );
    const call = stage.call(IMAGE);
    await stage.until(0);
    expect(trail(call)).toBe('seeing@S quota');
    expect(call.reply?.text).toBe(CANNED);
    expect(call.reply && skippedOf(call.reply.failover)).toEqual(['blind@P cannot see images']);
  });

  it('is not waited for', async () => {
    const stage = setStage(
      { P: () => failWith(429, { headers: { 'retry-after': '1' } }), S: () => failWith(402) },
      BLIND_FIRST,
    );
    stage.call();
    await stage.until(0);
    const call = stage.call(IMAGE);
    await stage.until(5);
    expect(call.at).toBe(0);
  });
});

describe('Attempts and time', () => {
  const three = (blind: object): StageOptions => ({
    upstreams: [upstream('P', ['first']), upstream('S', { second: blind }), upstream('T', { third: blind })],
    chains: { default: ['first', 'second', 'third'] },
  });

  it('are not spent on who cannot serve', async () => {
    const stage = setStage({ P: () => answerWith('no'), S: () => answerWith('a cat') }, BLIND_FIRST);
    const call = stage.call(IMAGE, { maxAttempts: 1 });
    await stage.until(0);
    expect(call.reply?.text).toBe('a cat');
  });

  it('are not kept for models that cannot serve', async () => {
    const asked = async (blind: object): Promise<string> => {
      const stage = setStage({ P: () => failWith(500), S: () => failWith(402), T: () => failWith(402) }, three(blind));
      const call = stage.call(IMAGE, { maxAttempts: 3 });
      await stage.until(1);
      return trail(call);
    };
    expect(await asked({})).toBe('first@P server, second@S quota, third@T quota');
    expect(await asked(BLIND)).toBe('first@P server, first@P server');
  });

  it('are not more because of models that cannot serve', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => failWith(402), T: () => failWith(402) },
      { ...three(BLIND), retry: { maxAttempts: 1 } },
    );
    const call = stage.call(IMAGE);
    await stage.until(1);
    expect(trail(call)).toBe('first@P server, first@P server');
  });

  it('are kept for others only if they can serve', async () => {
    const endsAt = async (blind: object): Promise<number | undefined> => {
      const stage = setStage({ P: () => neverAnswer(), S: () => failWith(402), T: () => failWith(402) }, three(blind));
      const call = stage.call(IMAGE, { deadline: 20_000, maxAttempts: 1 });
      const second = stage.call(IMAGE, { deadline: 20_000 });
      await stage.until(30);
      expect(call.at).toBe(20);
      return second.at;
    };
    expect(await endsAt({})).toBe(10);
    expect(await endsAt(BLIND)).toBe(20);
  });

  it('are not raced against who cannot serve', async () => {
    const stage = setStage(
      { P: () => neverAnswer(), S: () => answerWith('no'), T: () => answerWith('a cat') },
      {
        upstreams: [upstream('P', ['first']), upstream('S', { second: BLIND }), upstream('T', ['third'])],
        chains: { default: ['first', 'second', 'third'] },
        raceAfter: 1_000,
      },
    );
    const call = stage.stream(IMAGE);
    await stage.until(2);
    expect(call.text).toBe('a cat');
    expect(stage.requests.map(({ upstream: name }) => name)).toEqual(['P', 'T']);
  });
});

describe('A request that nobody can serve', () => {
  const nobody: StageOptions = {
    upstreams: [
      upstream('P', { blind: BLIND }),
      upstream('S', { small: { contextWindow: 100 } }),
      upstream('T', { also: BLIND }),
    ],
    chains: { default: ['blind', 'also'], small: ['small'], mixed: ['blind', 'small'] },
  };
  const up = { P: () => answerWith('no'), S: () => answerWith('no'), T: () => answerWith('no') };

  it("is the caller's fault, in one sentence that names models and nothing else", async () => {
    const stage = setStage(up, nobody);
    const call = stage.call(IMAGE);
    await stage.until(0);
    expect(call.error).toBeInstanceOf(CallError);
    expect(call.error).toMatchObject({
      kind: 'bad-request',
      status: 400,
      code: 'AIF_BAD_REQUEST',
      message: 'No model of this chain can serve the request: blind and also cannot see images.',
      providerCode: undefined,
      attempts: [],
      skipped: [
        { deployment: 'blind@P', reason: 'cannot see images' },
        { deployment: 'also@T', reason: 'cannot see images' },
      ],
    });
    expect(JSON.stringify(call.error)).not.toMatch(/@|skipped/);
    expect(stage.requests).toHaveLength(0);
    expect(eventsOf(stage, 'call-failed')).toMatchObject([{ kind: 'bad-request', status: 400, attempts: 0 }]);
    expect(eventsOf(stage, 'call-degraded')).toEqual([]);
  });

  it('is refused as a stream in the same way', async () => {
    const stage = setStage(up, nobody);
    const call = stage.stream(IMAGE);
    await stage.until(0);
    expect(call.error).toMatchObject({ kind: 'bad-request', message: expect.stringMatching(/cannot see images/) });
  });

  it('gives each reason with its models', async () => {
    const stage = setStage(up, nobody);
    const long = { role: 'system', content: 'x'.repeat(1_000) };
    const call = stage.call({ model: 'mixed', messages: [long, ...IMAGE.messages] });
    await stage.until(0);
    expect(call.error).toMatchObject({
      message: expect.stringMatching(
        /^No model of this chain can serve the request: blind cannot see images; small cannot take a prompt of about \d{3,4} tokens, because its window is 100\.$/,
      ),
      providerCode: undefined,
    });
  });

  it("has OpenAI's code where it is too long for everybody, so that clients shorten it", async () => {
    const stage = setStage(up, nobody);
    const call = stage.call({ model: 'small', messages: [{ role: 'user', content: 'x'.repeat(1_000) }] });
    await stage.until(0);
    expect(call.error).toMatchObject({ status: 400, providerCode: 'context_length_exceeded', param: 'messages' });
    expect(stage.requests).toHaveLength(0);
  });

  it('is something else than one whom those who could serve it fail', async () => {
    const stage = setStage({ P: () => answerWith('no'), S: () => refuseConnection() }, BLIND_FIRST);
    const call = stage.call(IMAGE);
    const refused = stage.call(IMAGE, { cannedReply: false });
    await stage.until(5);
    expect(call.reply?.text).toBe(CANNED);
    expect(refused.error).toMatchObject({
      kind: 'exhausted',
      skipped: [{ deployment: 'blind@P', reason: 'cannot see images' }],
    });
  });
});

describe('What a provider does not know', () => {
  const message = (text: string): ScriptedReply => ({
    kind: 'respond',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-3.5-haiku',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
    after: 0,
  });
  const claudeFirst = (more: StageOptions = {}): StageOptions => ({
    upstreams: [
      upstream('P', ['claude-3.5-haiku'], { provider: 'anthropic' }),
      upstream('S', { m: { maxOutputTokens: 500 } }),
    ],
    chains: { default: ['claude-3.5-haiku', 'm'] },
    ...more,
  });
  const up = { P: () => message('from Claude'), S: () => answerWith('from m') };

  it('is left out, and told by an event and in the trail', async () => {
    const stage = setStage(up, claudeFirst());
    const call = stage.call({ seed: 7 });
    await stage.until(0);
    expect(call.reply?.text).toBe('from Claude');
    expect(call.reply?.failover.attempts).toMatchObject([{ outcome: 'ok', changes: ['seed is left out'] }]);
    expect(eventsOf(stage, 'request-adapted')).toEqual([
      {
        callId: call.reply?.failover.requestId,
        deployment: 'claude-3.5-haiku@P',
        model: 'claude-3.5-haiku',
        upstream: 'P',
        key: 1,
        attempt: 1,
        changes: ['seed is left out'],
      },
    ]);
  });

  it('is not told where nothing is', async () => {
    const stage = setStage(up, claudeFirst());
    const call = stage.call({ temperature: 0.5 });
    await stage.until(0);
    expect(call.reply?.failover.attempts[0]).not.toHaveProperty('changes');
    expect(eventsOf(stage, 'request-adapted')).toEqual([]);
  });

  it('is told for each attempt by itself', async () => {
    const stage = setStage({ ...up, P: () => failWith(402) }, claudeFirst());
    const call = stage.call({ seed: 7, max_tokens: 9_000 });
    await stage.until(0);
    expect(call.reply?.failover.attempts.map(({ changes }) => changes)).toEqual([
      ['max_tokens 9000 becomes 8192', 'seed is left out'],
      ['max_tokens 9000 becomes 500'],
    ]);
    expect(stage.requests.map(({ body }) => body['max_tokens'])).toEqual([8_192, 500]);
  });

  it('is a reason to ask somebody else where nothing may be changed', async () => {
    const stage = setStage(up, claudeFirst({ strictParameters: true }));
    const strict = stage.call({ seed: 7 });
    const loose = stage.call({ seed: 7 }, { strictParameters: false });
    const nobody = stage.call({ seed: 7, max_tokens: 501 });
    await stage.until(0);
    expect(strict.reply && skippedOf(strict.reply.failover)).toEqual([
      'claude-3.5-haiku@P cannot take the request as it is (seed is left out)',
    ]);
    expect(strict.reply?.text).toBe('from m');
    expect(loose.reply?.text).toBe('from Claude');
    expect(nobody.error).toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/m cannot take the request as it is/),
    });
  });

  it('may be forbidden for one call', async () => {
    const stage = setStage(up, claudeFirst());
    const call = stage.call({ seed: 7 }, { strictParameters: true });
    await stage.until(0);
    expect(call.reply?.text).toBe('from m');
    const wrong = stage.call({}, { strictParameters: 'yes' });
    await stage.until(0);
    expect(wrong.error).toMatchObject({ code: 'AIF_CONFIG' });
  });
});

describe('explain', () => {
  it('leaves out who cannot serve the request, and shows what would be changed', () => {
    const stage = setStage(
      {},
      {
        upstreams: [upstream('P', { m: BLIND }), upstream('S', { m: { maxOutputTokens: 10 } })],
      },
    );
    const [model] = stage.failover.explain({ ...IMAGE, max_tokens: 11 }).models;
    expect(model?.leftOut).toEqual([{ deployment: 'm@P', reason: 'cannot see images' }]);
    expect(model?.candidates).toMatchObject([{ deployment: 'm@S', changes: ['max_tokens 11 becomes 10'] }]);
    const [strict] = stage.failover.explain({ ...IMAGE, max_tokens: 11 }, { strictParameters: true }).models;
    expect(strict?.candidates).toEqual([]);
    expect(strict?.leftOut).toHaveLength(2);
    expect(stage.failover.explain({ messages: [{ role: 'user', content: 'Hi' }] }).models[0]?.leftOut).toEqual([]);
    expect(stage.events).toEqual([]);
  });
});

/** What requests may need, and the field or part that says so. */
const NEEDS = {
  tools: TOOLS,
  jsonMode: { response_format: { type: 'json_object' } },
  n: { n: 2 },
} as const;
type Need = keyof typeof NEEDS | 'vision';
const NEED_NAMES: readonly Need[] = ['tools', 'jsonMode', 'n', 'vision'];

const pool = fc.array(
  fc.record({
    unable: fc.subarray([...NEED_NAMES]),
    contextWindow: fc.option(fc.integer({ min: 50, max: 2_000 }), { nil: undefined }),
    models: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    priority: fc.integer({ min: 1, max: 2 }),
  }),
  { minLength: 1, maxLength: 5 },
);

const request = fc.record({ needs: fc.subarray([...NEED_NAMES]), words: fc.integer({ min: 0, max: 2_000 }) });

/** Most of the time something is wrong, so that calls wander through the whole pool. */
const REPLIES = [
  () => failWith(500),
  () => failWith(429),
  () => failWith(503, { headers: { 'retry-after': '1' } }),
  () => refuseConnection(),
  () => answerWith('yes'),
];

describe('Whatever is asked and whatever fails', () => {
  it('nobody is sent a request that it cannot serve, and who was not sent one for that reason is told of', async () => {
    const scenario = fc.record({
      upstreams: pool,
      requests: fc.array(request, { minLength: 1, maxLength: 3 }),
      replies: fc.infiniteStream(fc.constantFrom(...REPLIES)),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ upstreams, requests, replies }) => {
        const options: FailoverOptions = {
          upstreams: upstreams.map(({ unable, contextWindow, models, priority }, index) => {
            const capabilities = Object.fromEntries(unable.map((need) => [need, false]));
            const own = { capabilities, ...(contextWindow !== undefined && { contextWindow }) };
            return upstream(`U${index}`, Object.fromEntries(models.map((model) => [model, own])), { priority });
          }),
          cannedReply: CANNED,
          health: false,
          criticalRatio: false,
        };
        const transport = createScriptedTransport(() => (replies.next().value ?? REPLIES[0])());
        const failover = createFailover(options, { createTransport: transport.createTransport, random: () => 0.5 });
        const asked = new Map<unknown, Set<string>>();
        const skipped = new Map<unknown, Set<string>>();
        const number = new Map<string, unknown>();
        const note = (notes: typeof asked, callId: string, deployment: string): void => {
          const key = number.get(callId);
          notes.set(key, (notes.get(key) ?? new Set()).add(deployment));
        };
        failover.on('call-started', ({ callId, metadata }) => number.set(callId, metadata?.['number']));
        failover.on('attempt-started', ({ callId, deployment }) => note(asked, callId, deployment));
        failover.on('candidate-skipped', ({ callId, deployment }) => note(skipped, callId, deployment));
        const outcomes = requests.map(({ needs, words }, index) => {
          const image = { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } };
          const content = needs.includes('vision') ? [image] : 'word '.repeat(words);
          const fields = Object.assign({}, ...needs.map((need) => (need === 'vision' ? {} : NEEDS[need])));
          const body = { messages: [{ role: 'user', content }], ...fields };
          return failover.chat(body, { metadata: { number: index } }).catch((error: unknown) => error);
        });
        await vi.advanceTimersByTimeAsync(400_000);
        const settled = await Promise.all(outcomes);
        await failover.close();
        requests.forEach(({ needs, words }, index) => {
          const isTooLong = (window = Infinity): boolean =>
            !needs.includes('vision') && !needs.includes('tools') && !needs.includes('jsonMode')
              ? tokensOfText('word '.repeat(words)) > 1.25 * window
              : false;
          const cannot = (deployment: string): boolean => {
            const { unable = [], contextWindow } = upstreams[Number(deployment.split('@U')[1])] ?? {};
            return needs.some((need) => unable.includes(need)) || isTooLong(contextWindow);
          };
          for (const deployment of asked.get(index) ?? []) expect(cannot(deployment)).toBe(false);
          for (const deployment of skipped.get(index) ?? []) {
            expect(asked.get(index)?.has(deployment) ?? false).toBe(false);
          }
          const all = upstreams.flatMap(({ models }, place) => models.map((model) => `${model}@U${place}`));
          if (all.every(cannot)) {
            expect(settled[index]).toMatchObject({ kind: 'bad-request', status: 400 });
            expect(skipped.get(index)).toEqual(new Set(all));
          }
        });
      }),
      { numRuns: 300 },
    );
  });
});
