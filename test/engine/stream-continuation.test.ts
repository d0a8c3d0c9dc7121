/** A stream that breaks off after content: another candidate goes on with it where that can be done, else it ends with an error. */
import {
  continueWith,
  failWith,
  neverAnswer,
  sseWith,
  streamWith,
  type ScriptedPiece,
  type ScriptedReply,
  type ScriptedRequest,
} from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tokensOfText } from '../../packages/core/src/tokens/token-counter.ts';
import { ONE_STREAM, shapeOf } from '../traces/one-stream.ts';
import {
  messagesOf,
  setStage,
  trail,
  upstream,
  type Stage,
  type StageOptions,
  type Streamed,
} from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const WORDS = Array.from({ length: 30 }, (_, index) => `${index === 0 ? '' : ' '}number-${index}`);
const TEXT = WORDS.join('');
const SENT = WORDS.slice(0, 20).join('');
const REST = TEXT.slice(SENT.length);

/** The first words, and then this. */
const breaking = (...end: ScriptedPiece[]) => streamWith([...WORDS.slice(0, 20), { wait: 100 }, ...end]);
const cut = () => breaking({ end: 'cut' });
const goingOn = (request: ScriptedRequest) => continueWith(TEXT, request);

const named = (stage: Stage, name: string) =>
  stage.events.filter(([event]) => event === name).map(([, event]) => event);
const circuitOf = (stage: Stage, id: string) =>
  stage.failover.status().deployments.find((one) => one.id === id)?.circuit;

const takesPrefill: StageOptions = {
  upstreams: [upstream('P', ['m']), upstream('S', { m: { prefill: true } }, { priority: 2 })],
};

async function streamOn(stage: Stage, request: object = {}, options: object = {}, seconds = 5): Promise<Streamed> {
  const call = stage.stream(request, options);
  await stage.until(stage.at() + seconds);
  return call;
}

function expectWhole(call: Streamed, text = TEXT): void {
  expect(call.text).toBe(text);
  expect(call.error).toBeUndefined();
  expect(call.outcome).toMatchObject({ status: 'done', finishReason: 'stop' });
  expect(shapeOf(call.chunks)).toEqual(ONE_STREAM);
}

function expectInterrupted(call: Streamed, text = SENT): void {
  expect(call.text).toBe(text);
  expect(call.error).toMatchObject({ code: 'AIF_INTERRUPTED', kind: 'interrupted' });
  expect(call.outcome).toMatchObject({ status: 'failed', error: call.error });
  expect(shapeOf(call.chunks).finishes).toEqual([]);
}

describe('An answer that breaks off', () => {
  const error = (code: string) => ({ data: { error: { message: 'no', type: code, code } } });
  const WAYS: readonly (readonly [string, string, ScriptedReply])[] = [
    ['by a connection that dies', 'cut', cut()],
    ['by an orderly end without a finish_reason', 'cut', breaking({ end: 'finish' })],
    ['by a stall', 'timeout', breaking({ end: 'hang' })],
    ['by an error frame', 'server', breaking(error('server_error'))],
    ['by an error frame about limits', 'rate-limited', breaking(error('rate_limit_exceeded'))],
  ];

  it.each(WAYS)('%s is gone on with as one stream', async (_how, judged, reply) => {
    const stage = setStage({ P: () => reply, S: goingOn });
    const call = await streamOn(stage, {}, {}, 21);
    expectWhole(call);
    expect(trail(call)).toBe(`m@P ${judged}, m@S ok`);
    expect(call.stream?.failover).toMatchObject({ degraded: 'continued', deployment: 'm@S', failedOver: true });
    expect(named(stage, 'stream-continued')).toMatchObject([
      { from: 'm@P', to: 'm@S', by: 'repeating', sentCharacters: SENT.length },
    ]);
    expect(named(stage, 'call-answered')).toMatchObject([{ degraded: 'continued', streamed: true }]);
    expect(named(stage, 'call-degraded')).toMatchObject([{ degraded: 'continued' }]);
    expect(stage.failover.status().calls).toMatchObject({ answered: 1, continued: 1, failed: 0, inFlight: 0 });
  });

  it.each([1, 2, 7, 59, 60, 61, 1_000])('is joined whatever pieces the rest comes in: %i characters', async (size) => {
    const whole = SENT.slice(-60).trimStart() + REST;
    const pieces = whole.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
    expect(pieces.join('')).toBe(whole);
    const stage = setStage({ P: cut, S: () => streamWith(pieces) });
    expectWhole(await streamOn(stage));
  });

  it('inside of a character is joined to the other half of it', async () => {
    const text = 'The answer has a face: \u{1F600}, and goes on behind it.';
    const half = text.indexOf('\u{1F600}') + 1;
    const stage = setStage({
      P: () => streamWith([text.slice(0, half), { wait: 100 }, { end: 'cut' }]),
      S: (request) => continueWith(text, request),
    });
    const call = await streamOn(stage);
    expectWhole(call, text);
    expect(JSON.stringify(stage.requests[1]?.body)).not.toMatch(/\\ud83d/i);
  });

  it('is described as continued from the moment at which it is', async () => {
    const stage = setStage({
      P: cut,
      S: (request) => continueWith(TEXT, request, { headersAfter: 1_000, interval: 100 }),
    });
    const call = stage.stream();
    await stage.until(1);
    expect(call.stream?.failover).toMatchObject({ deployment: 'm@P', degraded: undefined });
    await stage.until(2.5);
    expect(call.stream?.failover).toMatchObject({ deployment: 'm@S', degraded: 'continued' });
    expect(trail(call)).toBe('m@P cut, m@S ok');
    expect(call).not.toHaveProperty('at');
    await stage.until(5);
    expectWhole(call);
  });

  it('twice is gone on with twice, and counted together', async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 7, total_tokens: 1_007 };
    const stage = setStage({
      P: cut,
      S: (request) =>
        streamWith(
          piecesOf(continuation(request))
            .slice(0, 12)
            .concat([{ wait: 100 }, { end: 'cut' }]),
        ),
      T: (request) => continueWith(TEXT, request, { usage }),
    });
    const call = await streamOn(stage, { stream_options: { include_usage: true } });
    expect(call.text).toBe(TEXT);
    expect(shapeOf(call.chunks)).toEqual({ ...ONE_STREAM, usages: 1 });
    expect(trail(call)).toBe('m@P cut, m@S cut, m@T ok');
    const [first, second] = named(stage, 'stream-continued');
    expect([first, second]).toMatchObject([
      { from: 'm@P', to: 'm@S', sentCharacters: SENT.length },
      { from: 'm@S', to: 'm@T' },
    ]);
    const sentByS = Number(second?.['sentCharacters']) - SENT.length;
    expect(sentByS).toBeGreaterThan(10);
    // What was cut off is estimated; each part has read the prompt again.
    const sum = call.chunks.at(-1)?.usage;
    const cutParts = tokensOfText(SENT) + tokensOfText(TEXT.slice(SENT.length, SENT.length + sentByS));
    expect(sum?.completion_tokens).toBe(cutParts + 7);
    expect(sum?.prompt_tokens).toBeGreaterThan(1_000 + 2);
    expect(call.outcome).toMatchObject({ usage: sum });
  });

  it('is not counted together with what did not fit', async () => {
    const usages = [];
    for (const S of [goingOn, () => streamWith('Sure, here is the rest of it.')]) {
      const stage = setStage({ P: cut, S, T: goingOn });
      const call = await streamOn(stage, { stream_options: { include_usage: true } });
      expect(call.text).toBe(TEXT);
      usages.push(call.chunks.at(-1)?.usage);
    }
    expect(usages[1]).toEqual(usages[0]);
  });

  it('in another model of the chain is still one answer of the first', async () => {
    const stage = setStage(
      { P: cut, S: goingOn },
      { upstreams: [upstream('P', ['m']), upstream('S', ['n'])], chains: { default: ['m', 'n'] } },
    );
    const call = await streamOn(stage);
    expectWhole(call);
    expect(new Set(call.chunks.map(({ model }) => model))).toEqual(new Set(['m']));
    expect(call.stream?.failover).toMatchObject({ model: 'n', degraded: 'continued' });
  });

  it('is not filled up with a canned reply', async () => {
    const stage = setStage({ P: cut, S: () => failWith(503) });
    const call = await streamOn(stage);
    expectInterrupted(call);
    expect(trail(call)).toBe('m@P cut, m@S overloaded, m@S overloaded');
  });
});

describe('Who goes on', () => {
  it('is never the one that broke off', async () => {
    const stage = setStage({ P: cut });
    const call = await streamOn(stage);
    expectInterrupted(call);
    expect(call.at).toBe(0.1);
    expect(stage.requests).toHaveLength(1);
  });

  it('is the next one that can, whatever the first has against it', async () => {
    const stage = setStage({
      P: cut,
      S: () => failWith(400, { message: 'An assistant message may not be last.' }),
      T: goingOn,
    });
    const call = await streamOn(stage);
    expectWhole(call);
    expect(trail(call)).toBe('m@P cut, m@S request, m@T ok');
  });

  it('is raced when it is silent', async () => {
    const stage = setStage({ P: cut, S: neverAnswer, T: goingOn });
    const call = await streamOn(stage, {}, {}, 12);
    expectWhole(call);
    expect(call.at).toBe(10.1);
    expect(trail(call)).toBe('m@P cut, m@T ok, m@S silent');
    expect(named(stage, 'stream-continued')).toMatchObject([{ from: 'm@P', to: 'm@T' }]);
  });

  it('is nobody when the attempts of the call are used up', async () => {
    const stage = setStage({ P: cut, S: goingOn });
    const call = await streamOn(stage, {}, { maxAttempts: 1 });
    expectInterrupted(call);
    expect(stage.requests).toHaveLength(1);
  });

  it('may not be there before the deadline, which is what the reader is told', async () => {
    const stage = setStage({ P: cut, S: neverAnswer });
    const call = await streamOn(stage, {}, { deadline: 3_000 }, 10);
    expect(call).toMatchObject({ at: 3, text: SENT, error: { kind: 'deadline', status: 504 } });
    expect(call.outcome?.status).toBe('failed');
  });

  it('is aborted at once by a caller who leaves meanwhile', async () => {
    const stage = setStage({ P: cut, S: neverAnswer });
    const controller = new AbortController();
    const call = stage.stream({}, { signal: controller.signal });
    await stage.until(2);
    controller.abort();
    expect(stage.requests[1]?.aborted).toBe(true);
    await stage.until(2);
    expect(call.error).toBe(controller.signal.reason);
    expect(call.outcome).toEqual({ status: 'aborted', reason: controller.signal.reason });
    expect(named(stage, 'call-aborted')).toHaveLength(1);
  });
});

describe('A continuation that does not fit', () => {
  const MISFITS: readonly (readonly [string, ScriptedReply])[] = [
    ['says something else', streamWith('Sure, here is the rest of it.')],
    ['repeats with different white space', streamWith(`${SENT.slice(-60).trimStart().replace(' ', '  ')}${REST}`)],
    ['ends before it has repeated', streamWith(SENT.slice(-60).trimStart().slice(0, 20))],
    ['comes whole in one read', inOneRead(streamFrames('Sure, here is the rest of it.'))],
    [
      'comes as JSON',
      {
        kind: 'respond',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: completion('Sure.'),
        after: 0,
      },
    ],
    ['is a refusal', streamWith([{ delta: { refusal: 'I cannot go on with this.' } }])],
  ];

  it.each(MISFITS)('because it %s is left out, and the next one is asked', async (_why, reply) => {
    const stage = setStage({ P: cut, S: () => reply, T: goingOn });
    const call = await streamOn(stage);
    expectWhole(call);
    expect(named(stage, 'stream-continued')).toMatchObject([{ from: 'm@S', to: 'm@T' }]);
    expect(circuitOf(stage, 'm@S')).toMatchObject({ failed: 0 });
    expect(stage.requests.map((one) => one.upstream)).toEqual(['P', 'S', 'T']);
  });

  it.each(MISFITS)('because it %s is an error when nobody is left', async (_why, reply) => {
    const stage = setStage({ P: cut, S: () => reply });
    const call = await streamOn(stage);
    expectInterrupted(call);
    expect(call.stream?.failover.degraded).toBeUndefined();
    expect(named(stage, 'call-failed')).toHaveLength(1);
    expect(named(stage, 'call-answered')).toEqual([]);
  });

  it('is aborted as soon as that is seen', async () => {
    const stage = setStage({ P: cut, S: () => streamWith('Sure, here is the rest of it.', { interval: 1_000 }) });
    const call = await streamOn(stage);
    expect(stage.requests[1]).toMatchObject({ aborted: true });
    expect(call.at).toBe(0.1);
    expect(trail(call)).toBe('m@P cut, m@S local');
  });
});

describe('A prefilled continuation', () => {
  it('begins behind the last word, and what white space it repeats is not repeated', async () => {
    const sent = 'One, two,  \n';
    const text = `${sent}three, four.`;
    for (const rest of ['three, four.', '  \nthree, four.', ' three, four.'.trimStart()]) {
      const stage = setStage(
        { P: () => streamWith([sent, { wait: 100 }, { end: 'cut' }]), S: () => streamWith([rest]) },
        takesPrefill,
      );
      expectWhole(await streamOn(stage), text);
      expect(messagesOf(stage.requests[1]).at(-1)).toEqual({ role: 'assistant', content: 'One, two,' });
    }
  });

  it('that is refused is asked for in the other way, free of the caps', async () => {
    const stage = setStage(
      { P: cut, S: (request) => continueWith(TEXT, request, { prefill: 'refuse' }) },
      takesPrefill,
    );
    const call = await streamOn(stage, {}, { maxAttempts: 2 });
    expectWhole(call);
    expect(trail(call)).toBe('m@P cut, m@S request, m@S ok');
    expect(named(stage, 'feature-refused')).toMatchObject([{ deployment: 'm@S', feature: 'prefill' }]);
  });

  it('that is refused either way is not the prefill’s fault', async () => {
    const refusing = (): ScriptedReply => failWith(400, { message: 'Too many images.' });
    const stage = setStage({ P: cut, S: refusing }, takesPrefill);
    const call = await streamOn(stage);
    expect(trail(call)).toBe('m@P cut, m@S request, m@S request');
    expect(named(stage, 'feature-refused')).toEqual([]);
    expect(messagesOf(stage.requests[1]).at(-1)).toMatchObject({ role: 'assistant' });
    expect(messagesOf(stage.requests[2]).at(-1)).toMatchObject({ role: 'user' });
  });

  it('that is refused for its content is not asked for in another way', async () => {
    const refusing = (): ScriptedReply =>
      failWith(400, { message: 'The prompt was filtered.', code: 'content_filter' });
    const stage = setStage({ P: cut, S: refusing }, takesPrefill);
    expect(trail(await streamOn(stage))).toBe('m@P cut, m@S request');
    expect(named(stage, 'feature-refused')).toEqual([]);
  });

  it('that is refused to two calls at once is asked for in the other way by both', async () => {
    const refusing = (request: ScriptedRequest): ScriptedReply =>
      messagesOf(request).at(-1)?.role === 'assistant'
        ? failWith(400, { message: 'Prefill is not supported.', after: 500 })
        : goingOn(request);
    const stage = setStage({ P: cut, S: refusing }, takesPrefill);
    const calls = [stage.stream(), stage.stream()];
    await stage.until(5);
    for (const call of calls) expectWhole(call);
    expect(named(stage, 'feature-refused')).toHaveLength(1);
  });

  it('that adds nothing finds the answer whole', async () => {
    const stage = setStage({ P: () => streamWith([TEXT, { wait: 100 }, { end: 'cut' }]), S: goingOn }, takesPrefill);
    const call = await streamOn(stage);
    expectWhole(call);
    expect(trail(call)).toBe('m@P cut, m@S ok');
    expect(circuitOf(stage, 'm@S')).toMatchObject({ failed: 0, completed: 1 });
  });

  it('that refuses to go on does not make the answer whole', async () => {
    const stage = setStage(
      { P: cut, S: () => streamWith([{ delta: { refusal: 'I cannot go on with this.' } }]) },
      takesPrefill,
    );
    const stream = await streamOn(stage);
    expectInterrupted(stream);
    expect(trail(stream)).toBe('m@P cut, m@S ok');
  });

  it('that calls a tool does not make the answer whole', async () => {
    const call = { index: 0, id: 'call-1', type: 'function', function: { name: 'find', arguments: '{}' } };
    const stage = setStage(
      { P: cut, S: () => streamWith([{ delta: { tool_calls: [call] } }], { finish: 'tool_calls' }) },
      takesPrefill,
    );
    const stream = await streamOn(stage);
    expectInterrupted(stream);
    expect(trail(stream)).toBe('m@P cut, m@S ok');
  });

  it('that is cut short by its length is an answer that is', async () => {
    const stage = setStage({ P: cut, S: () => streamWith([' and more'], { finish: 'length' }) }, takesPrefill);
    const call = await streamOn(stage);
    expect(call).toMatchObject({ text: `${SENT} and more`, outcome: { status: 'done', finishReason: 'length' } });
    expect(shapeOf(call.chunks)).toEqual({ ...ONE_STREAM, finishes: ['length'] });
  });
});

describe('When only thoughts have been sent', () => {
  const thinking = (...words: string[]): ScriptedPiece[] =>
    words.map((word) => ({ delta: { reasoning_content: word } }));
  const thoughtsIn = (call: Streamed) =>
    call.chunks.map(({ choices }) => choices[0]?.delta.reasoning_content ?? '').join('');

  it('the next one is asked for the whole, and its own thoughts are kept to itself', async () => {
    const stage = setStage({
      P: () => streamWith([...thinking('Let me', ' see'), { wait: 100 }, { end: 'cut' }]),
      S: () => streamWith([...thinking('Well', ' now'), 'The answer', ' is 42.']),
    });
    const call = await streamOn(stage);
    expectWhole(call, 'The answer is 42.');
    expect(thoughtsIn(call)).toBe('Let me see');
    expect(messagesOf(stage.requests[1])).toEqual(messagesOf(stage.requests[0]));
    expect(named(stage, 'stream-continued')).toMatchObject([{ by: 'asking-again', sentCharacters: 0 }]);
  });

  it('and words after them, the next one goes on with the words', async () => {
    const stage = setStage({
      P: () => streamWith([...thinking('Let me see'), ...WORDS.slice(0, 20), { wait: 100 }, { end: 'cut' }]),
      S: goingOn,
    });
    const call = await streamOn(stage);
    expectWhole(call);
    expect(thoughtsIn(call)).toBe('Let me see');
    expect(messagesOf(stage.requests[1])[1]?.content).toBe(SENT);
  });
});

describe('What the next one may still say', () => {
  it.each([
    ['max_tokens', 500, 500 - tokensOfText(SENT.slice(0, -60))],
    ['max_completion_tokens', 500, 500 - tokensOfText(SENT.slice(0, -60))],
    ['max_tokens', 10, 1],
  ])('is %s %i less what has been sent', async (field, allowed, left) => {
    const stage = setStage({ P: cut, S: goingOn });
    const call = await streamOn(stage, { [field]: allowed });
    expectWhole(call);
    expect(stage.requests[0]?.body[field]).toBe(allowed);
    expect(Math.abs(Number(stage.requests[1]?.body[field]) - left)).toBeLessThanOrEqual(1);
  });
});

describe('Nobody goes on', () => {
  it('where the engine or the call says so', async () => {
    const stage = setStage({ P: cut, S: goingOn }, { onStreamFailure: 'error' });
    expectInterrupted(await streamOn(stage));
    expectWhole(await streamOn(stage, {}, { onStreamFailure: 'continue' }));
    const other = setStage({ P: cut, S: goingOn });
    expectInterrupted(await streamOn(other, {}, { onStreamFailure: 'error' }));
    expect(other.requests).toHaveLength(1);
  });

  const tools = [{ type: 'function', function: { name: 'find', parameters: { type: 'object' } } }];
  const REQUESTS: readonly (readonly [string, object])[] = [
    ['tools', { tools }],
    ['a format', { response_format: { type: 'json_object' } }],
    ['several answers', { n: 2 }],
    ['log probabilities', { logprobs: true }],
  ];

  it.each(REQUESTS)('where %s were asked for', async (_what, request) => {
    const stage = setStage({ P: cut, S: goingOn });
    const call = await streamOn(stage, request);
    expectInterrupted(call);
    expect(call.at).toBe(0.1);
    expect(stage.requests).toHaveLength(1);
  });

  const PIECES: readonly (readonly [string, object])[] = [
    ['a refusal', { refusal: 'I cannot' }],
    [
      'a tool call',
      { tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: { name: 'find', arguments: '' } }] },
    ],
  ];

  it.each(PIECES)('where %s has been sent', async (_what, delta) => {
    const stage = setStage({ P: () => breaking({ delta }, { wait: 100 }, { end: 'cut' }), S: goingOn });
    const call = await streamOn(stage);
    expectInterrupted(call);
    expect(stage.requests).toHaveLength(1);
  });

  it('after an objection of the provider, whose words the reader is told', async () => {
    const error = { message: 'The answer was filtered.', type: 'invalid_request_error', code: 'content_filter' };
    const stage = setStage({ P: () => breaking({ data: { error } }), S: goingOn });
    const call = await streamOn(stage);
    expect(call).toMatchObject({ text: SENT, error: { status: 400, message: 'The answer was filtered.' } });
    expect(call.outcome).toMatchObject({ status: 'failed', error: call.error });
    expect(stage.requests).toHaveLength(1);
    expect(circuitOf(stage, 'm@P')).toMatchObject({ failed: 0 });
  });

  it('after an answer that ended by a content filter, which is its end', async () => {
    const stage = setStage({ P: () => streamWith(WORDS.slice(0, 20), { finish: 'content_filter' }), S: goingOn });
    const call = await streamOn(stage);
    expect(call).toMatchObject({ text: SENT, outcome: { status: 'done', finishReason: 'content_filter' } });
    expect(stage.requests).toHaveLength(1);
  });
});

/** What a well-behaved model says that is asked to go on. */
function continuation(request: ScriptedRequest): string {
  const said = messagesOf(request).at(-2)?.content ?? '';
  return said.slice(-60).trimStart() + TEXT.slice(said.length);
}

function piecesOf(text: string): ScriptedPiece[] {
  return text.match(/\s*\S+/g) ?? [];
}

function completion(content: string): string {
  const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
  return JSON.stringify({ id: 'x', object: 'chat.completion', created: 0, model: 'm', choices: [choice] });
}

function streamFrames(content: string): string {
  const chunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 0, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  return `${chunk({ role: 'assistant', content }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`;
}

function inOneRead(bytes: string): ScriptedReply {
  return sseWith([{ bytes }]);
}
