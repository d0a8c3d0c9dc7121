/** `streamInside`: a whole answer that is streamed underneath, so that a stall is seen early and a cut costs nobody anything. */
import {
  answerWith,
  failWith,
  neverAnswer,
  sseWith,
  streamWith,
  type ScriptedReply,
  type ScriptedRequest,
} from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream, type Outcome, type Stage, type StageOptions } from '../traces/stage.ts';
import { expectIdle } from './idle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const INSIDE = { streamInside: true };
const named = (stage: Stage, name: string) =>
  stage.events.filter(([event]) => event === name).map(([, event]) => event);

async function ask(stage: Stage, request: object = {}, options: object = INSIDE, seconds = 5): Promise<Outcome> {
  const call = stage.call(request, options);
  await stage.until(stage.at() + seconds);
  return call;
}

describe('A reply that was streamed inside', () => {
  const call = (id: string, name: string, given: object) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(given) },
  });
  const message = (fields: object) => ({ role: 'assistant', content: null, refusal: null, ...fields });
  const choice = (fields: object, finish = 'stop', index = 0) => ({
    index,
    message: message(fields),
    logprobs: null,
    finish_reason: finish,
  });
  const token = (text: string) => ({ token: text, logprob: -0.5, bytes: [...Buffer.from(text)], top_logprobs: [] });

  const ANSWERS: readonly (readonly [string, object])[] = [
    ['a text', { choices: [choice({ content: 'Hello  there,\n\nhow are you? \u{1F600} ' })] }],
    ['an empty text that ends for its length', { choices: [choice({ content: '' }, 'length')] }],
    [
      'a tool call',
      { choices: [choice({ tool_calls: [call('c1', 'find', { query: 'a "b" \u{1F600}' })] }, 'tool_calls')] },
    ],
    [
      'parallel tool calls beside a text',
      {
        choices: [
          choice(
            {
              content: 'Let me look.',
              tool_calls: ['c1', 'c2', 'c3'].map((id, index) => call(id, `find${index}`, { index })),
            },
            'tool_calls',
          ),
        ],
      },
    ],
    [
      'several answers',
      {
        choices: [
          choice({ content: 'one' }),
          choice({ content: 'two two' }, 'length', 1),
          choice({ content: 'three' }, 'stop', 2),
        ],
      },
    ],
    [
      'log probabilities',
      {
        choices: [
          { ...choice({ content: 'Hi there' }), logprobs: { content: [token('Hi'), token(' there')], refusal: null } },
        ],
      },
    ],
    ['a refusal', { choices: [choice({ refusal: 'I cannot help with that.' })] }],
    ['thoughts', { choices: [choice({ content: 'So it is 42.', reasoning_content: 'Let me think about it.' })] }],
    [
      'a detailed usage',
      {
        choices: [choice({ content: 'Hi' })],
        usage: {
          prompt_tokens: 9,
          completion_tokens: 12,
          total_tokens: 21,
          prompt_tokens_details: { cached_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 8 },
        },
      },
    ],
    [
      'fields of the service',
      { choices: [choice({ content: 'Hi' })], system_fingerprint: 'fp_1', service_tier: 'default' },
    ],
  ];

  it.each(ANSWERS)('is the one that would have come whole: %s', async (_what, answer) => {
    const stage = setStage({ P: () => answerWith({ ...answer }) });
    const whole = await ask(stage, {}, {});
    const inside = await ask(stage);
    expect(stage.requests.map(({ body }) => body['stream'])).toEqual([undefined, true]);
    expect([whole.error, inside.error]).toEqual([undefined, undefined]);
    expect(JSON.parse(JSON.stringify(inside.reply))).toEqual(JSON.parse(JSON.stringify(whole.reply)));
    expect({ ...inside.reply }).toEqual({ ...whole.reply });
    expect(inside.reply?.text).toBe(whole.reply?.text);
    const [one, other] = named(stage, 'call-answered');
    expect(other).toEqual({ ...one, callId: other?.['callId'] });
    expectIdle(stage, 'call-answered', 'call-answered');
  });

  it('is put together from arguments in fragments, of calls that take turns', async () => {
    const piece = (index: number, fields: object) => ({ delta: { tool_calls: [{ index, ...fields }] } });
    const begin = (index: number, name: string) =>
      piece(index, { id: `c${index}`, type: 'function', function: { name, arguments: '' } });
    const stage = setStage({
      P: () =>
        streamWith(
          [
            begin(0, 'find'),
            piece(0, { function: { arguments: '{"que' } }),
            begin(1, 'count'),
            piece(1, { function: { arguments: '{"of":' } }),
            piece(0, { function: { arguments: 'ry":"x"}' } }),
            piece(1, { function: { arguments: '[1]}' } }),
          ],
          { finish: 'tool_calls' },
        ),
    });
    const { reply } = await ask(stage);
    expect(reply?.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [call('c0', 'find', { query: 'x' }), call('c1', 'count', { of: [1] })] },
    });
  });

  it('is what the engine makes of every call that does not say otherwise', async () => {
    const stage = setStage({ P: () => answerWith('P') }, INSIDE);
    await ask(stage, {}, {});
    await ask(stage, {}, { streamInside: false });
    expect(stage.requests.map(({ body }) => body['stream'])).toEqual([true, undefined]);
  });
});

describe('An answer that breaks off inside', () => {
  const error = (code: string) => ({ data: { error: { message: 'no', type: code, code } } });
  const WAYS: readonly (readonly [string, string, ScriptedReply, number])[] = [
    ['by a connection that dies', 'cut', streamWith(['half an', { wait: 100 }, { end: 'cut' }]), 0.1],
    ['by a stall', 'timeout', streamWith('half an answer', { hangAfter: 2 }), 20],
    ['by an error frame', 'server', streamWith(['half an', { wait: 100 }, error('server_error')]), 0.1],
    ['by silence', 'silent', neverAnswer(), 60],
  ];

  it.each(WAYS)('%s is asked for elsewhere, and nothing of it is seen', async (_how, judged, reply, at) => {
    const stage = setStage({ P: () => reply, S: () => streamWith('the whole answer') }, { raceAfter: false });
    const call = await ask(stage, {}, INSIDE, 61);
    expect(call).toMatchObject({ at, reply: { text: 'the whole answer' } });
    expect(trail(call)).toBe(`m@P ${judged}, m@S ok`);
    expect(call.reply?.failover.degraded).toBeUndefined();
    // The request as it was: nothing is gone on with.
    expect(stage.requests[1]?.body['messages']).toEqual(stage.requests[0]?.body['messages']);
    expect(named(stage, 'stream-continued')).toEqual([]);
    expectIdle(stage, 'call-answered');
  });

  it('is asked for once more where there is nobody else', async () => {
    const stage = setStage({
      P: ({ number }) => (number === 1 ? streamWith(['half', { wait: 100 }, { end: 'cut' }]) : streamWith('all of it')),
    });
    const call = await ask(stage);
    expect(call).toMatchObject({ at: 0.225, reply: { text: 'all of it' } });
    expect(trail(call)).toBe('m@P cut, m@P ok');
  });

  it('everywhere is an answer of nobody', async () => {
    const cut = () => streamWith(['half', { wait: 100 }, { end: 'cut' }]);
    const stage = setStage({ P: cut, S: cut });
    const call = await ask(stage);
    expect(call.reply).toMatchObject({ text: CANNED });
    const other = setStage({ P: cut, S: cut }, { cannedReply: undefined });
    const { error: failure } = await ask(other);
    expect(failure).toMatchObject({ kind: 'exhausted', status: 502 });
    expectIdle(other, 'call-failed');
  });

  it('whatever was asked for: tools, a format, several answers', async () => {
    const tools = [{ type: 'function', function: { name: 'find', parameters: { type: 'object' } } }];
    const stage = setStage({
      P: () => streamWith(['half', { wait: 100 }, { end: 'cut' }]),
      S: () => streamWith('whole'),
    });
    const call = await ask(stage, { tools, response_format: { type: 'json_object' } });
    expect(call.reply?.text).toBe('whole');
  });

  it('by an objection of the provider is not asked for elsewhere', async () => {
    const stage = setStage({
      P: () => streamWith(['half', { wait: 100 }, error('content_filter')]),
      S: () => streamWith('no'),
    });
    const call = await ask(stage);
    expect(call.error).toMatchObject({ status: 400, providerCode: 'content_filter' });
    expect(stage.requests).toHaveLength(1);
  });

  it('is over at once when the caller leaves', async () => {
    const stage = setStage({ P: () => streamWith('one two three', { interval: 1_000 }) });
    const controller = new AbortController();
    const call = stage.call({}, { ...INSIDE, signal: controller.signal });
    await stage.until(1.5);
    controller.abort();
    expect(stage.requests[0]?.aborted).toBe(true);
    await stage.until(1.5);
    expect(call.error).toBe(controller.signal.reason);
    expectIdle(stage, 'call-aborted');
  });
});

describe('An answer that is streamed inside', () => {
  it('is raced where it is silent', async () => {
    const stage = setStage({ P: neverAnswer, S: () => streamWith('from S', { interval: 1_000 }) });
    const call = await ask(stage, {}, INSIDE, 15);
    expect(call).toMatchObject({ at: 11, reply: { text: 'from S' } });
    expect(trail(call)).toBe('m@P silent, m@S ok');
  });

  it('has no limit to the whole but the deadline of calls that are answered whole', async () => {
    const words = Array.from({ length: 300 }, (_, index) => ` ${index}`);
    const stage = setStage({ P: () => streamWith(words, { interval: 1_000 }) }, { cannedReply: undefined });
    const call = await ask(stage, {}, INSIDE, 300);
    expect(call).toMatchObject({ at: 299, reply: { text: words.join('') } });
    const late = await ask(stage, {}, { ...INSIDE, deadline: 100_000 }, 101);
    expect(late.error).toMatchObject({ kind: 'deadline' });
  });

  it('is no stream of the caller’s: it is told whole', async () => {
    const stage = setStage({ P: () => streamWith('one two three') });
    await ask(stage);
    const usage = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 };
    expect(named(stage, 'call-answered')).toMatchObject([{ streamed: false, usage }]);
  });

  it('may come in one piece all the same', async () => {
    const stage = setStage({
      P: () => sseWith([{ bytes: wholeAnswer('in one piece') }], { headers: { 'content-type': 'application/json' } }),
    });
    expect((await ask(stage)).reply?.text).toBe('in one piece');
  });
});

describe('An upstream that refuses', () => {
  const NO_STREAM = 'Streaming is not supported for this model.';
  const NO_OPTIONS = 'Unrecognized request argument supplied: stream_options';

  /** As an upstream does that takes only some fields. */
  const refusing =
    (fields: Readonly<Record<string, string>>, after = 0) =>
    ({ body }: ScriptedRequest): ScriptedReply => {
      const refused = Object.keys(fields).find((field) => field in body);
      return refused === undefined
        ? answerWith('fine', { after })
        : failWith(400, { message: fields[refused] ?? '', after });
    };
  const STREAM = { stream: NO_STREAM };
  const OPTIONS = { stream_options: NO_OPTIONS };
  const ALONE: StageOptions = { upstreams: [upstream('P', ['m'])] };

  it.each([
    ['stream', STREAM, [true, undefined, undefined]],
    ['stream-options', OPTIONS, [true, true, true]],
  ])('%s is remembered and asked again without, free of the caps', async (feature, fields, streams) => {
    const stage = setStage({ P: refusing(fields) }, ALONE);
    const first = await ask(stage, {}, { ...INSIDE, maxAttempts: 1 });
    expect(first).toMatchObject({ at: 0, reply: { text: 'fine' } });
    expect(trail(first)).toBe('m@P request, m@P ok');
    const second = await ask(stage, {}, { ...INSIDE, maxAttempts: 1 });
    expect(trail(second)).toBe('m@P ok');
    expect(stage.requests.map(({ body }) => body['stream'])).toEqual(streams);
    expect(stage.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false]);
    expect(named(stage, 'feature-refused')).toMatchObject([{ deployment: 'm@P', feature }]);
    expect(stage.failover.status().deployments[0]).toMatchObject({ refuses: [feature], circuit: { failed: 0 } });
    expectIdle(stage, 'call-answered', 'call-answered');
  });

  it('both is asked without both', async () => {
    const stage = setStage({ P: refusing({ ...OPTIONS, ...STREAM }) }, ALONE);
    const call = await ask(stage, {}, { ...INSIDE, maxAttempts: 1 });
    expect(trail(call)).toBe('m@P request, m@P request, m@P ok');
    expect(stage.failover.status().deployments[0]?.refuses).toEqual(['stream', 'stream-options']);
  });

  it.each([
    ['stream', STREAM],
    ['stream-options', OPTIONS],
  ])('%s in two answers at once loses neither, and says so once', async (_feature, fields) => {
    const stage = setStage({ P: refusing(fields, 500) }, ALONE);
    const calls = [stage.call({}, INSIDE), stage.stream(), stage.call({}, { ...INSIDE, maxAttempts: 1 })];
    await stage.until(2);
    expect(calls).toMatchObject([{ reply: { text: 'fine' } }, { text: 'fine' }, { reply: { text: 'fine' } }]);
    expect(named(stage, 'feature-refused')).toHaveLength(1);
    expect(stage.requests).toHaveLength(6);
  });

  it('something else is believed', async () => {
    const stage = setStage({
      P: () => failWith(400, { message: 'The stream of thoughts is too long.' }),
      S: () => answerWith('no'),
    });
    const call = await ask(stage);
    expect(call.error).toMatchObject({ status: 400, message: 'The stream of thoughts is too long.' });
    expect(stage.requests).toHaveLength(1);
  });

  it('what it was not sent is believed', async () => {
    const stage = setStage({ P: () => failWith(400, { message: NO_STREAM }) }, ALONE);
    const call = await ask(stage);
    // Once as a stream and once without.
    expect(stage.requests.map(({ body }) => body['stream'])).toEqual([true, undefined]);
    expect(call.error).toMatchObject({ status: 400, message: NO_STREAM });
  });
});

function wholeAnswer(content: string): string {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  return JSON.stringify({ id: 'x', object: 'chat.completion', created: 0, model: 'm', choices });
}
