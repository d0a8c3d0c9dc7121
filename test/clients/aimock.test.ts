/** An independent emulation of OpenAI's API: asked directly, and through us. The client must not see a difference. */
import type { Fixture, LLMock } from '@copilotkit/aimock';
import OpenAI from 'openai';
import { beforeEach, describe, expect, it } from 'vitest';
import { directly, inFrontOf, startAimock } from './aimock.ts';
import { expectWellFormed, read } from './reading.ts';

const STORY = Array.from({ length: 300 }, (_, at) => `Satz ${at} über das Päckchen 📦.`).join(' ');
const WITH_USAGE = { stream_options: { include_usage: true } };
const usage = { prompt_tokens: 11, completion_tokens: 7 };
const WEATHER = { id: 'call_a', name: 'weather', arguments: '{"city":"Köln","days":[1,2,3]}' };
const TIME = { id: 'call_b', name: 'time', arguments: '{"zone":"CET"}' };

/** What the emulation is asked, and what it answers. */
const SCENES: readonly {
  readonly asked: string;
  readonly response: Fixture['response'];
  readonly opts?: Partial<Fixture>;
}[] = [
  { asked: 'words', response: { content: 'Grüße! Ihr Paket 📦 ist in Köln.', usage }, opts: { chunkSize: 3 } },
  {
    asked: 'slow words',
    response: { content: 'One after another.', usage },
    opts: { streamingProfile: { ttft: 40, tps: 200 } },
  },
  { asked: 'a story', response: { content: STORY }, opts: { chunkSize: 20 } },
  { asked: 'two tools', response: { toolCalls: [WEATHER, TIME] }, opts: { chunkSize: 4 } },
  {
    asked: 'words, then a tool',
    response: { content: 'Let me look.', toolCalls: [WEATHER] },
    opts: { chunkSize: 5 },
  },
  {
    asked: 'a tool, then words',
    response: {
      blocks: [
        { type: 'toolCall', ...TIME },
        { type: 'text', text: 'That was the time.' },
      ],
    },
  },
  {
    asked: 'thoughts',
    response: { content: '42', reasoning: 'Let me think about it for a while.' },
    opts: { chunkSize: 6 },
  },
  { asked: 'too much', response: { content: 'As I was say', finishReason: 'length' } },
  { asked: 'what may not be said', response: { content: '', finishReason: 'content_filter' } },
];

async function emulate(): Promise<LLMock> {
  const mock = await startAimock();
  for (const { asked, response, opts } of SCENES) mock.on({ userMessage: new RegExp(`^${asked}$`) }, response, opts);
  return mock;
}

function request(content: string) {
  return { model: 'm', messages: [{ role: 'user' as const, content }] };
}

describe.each(SCENES)('$asked', ({ asked }) => {
  let direct: OpenAI;
  let ours: OpenAI;
  let url: string;

  beforeEach(async () => {
    const mock = await emulate();
    const served = await inFrontOf([mock]);
    direct = directly(mock);
    ours = served.openai();
    url = served.url;
  });

  it('is the same whole', async () => {
    const [one, other] = await Promise.all(
      [direct, ours].map((client) => client.chat.completions.create(request(asked))),
    );
    expect(withoutName(other)).toEqual(withoutName(one));
  });

  it.each([true, false])('is the same piece by piece, with its usage: %s', async (include_usage) => {
    const pieces = async (client: OpenAI): Promise<object[]> => {
      const stream = await client.chat.completions.create({
        ...request(asked),
        stream: true,
        stream_options: { include_usage },
      });
      const all: object[] = [];
      for await (const chunk of stream) all.push(withoutRole(chunk));
      return all;
    };
    const [one, other] = await Promise.all([direct, ours].map(pieces));
    expect(other).toEqual(one);
  });

  it('is well-formed to the byte', async () => {
    const told = await read(url, request(asked));
    expectWellFormed(told);
    expect(told.chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: expect.any(Number) });
  });

  it('is the same assembled', async () => {
    const final = (client: OpenAI) =>
      client.chat.completions.stream({ ...request(asked), ...WITH_USAGE }).finalChatCompletion();
    const [one, other] = await Promise.all([direct, ours].map(final));
    expect(withoutName(other)).toEqual(withoutName(one));
  });
});

/** Each answer has an id and a time of its own. */
function withoutName(answer: object | undefined): object {
  return { ...answer, id: '', created: 0 };
}

/** Thoughts come before the role there, and behind it through us. */
function withoutRole(chunk: OpenAI.ChatCompletionChunk): object {
  for (const { delta } of chunk.choices) delete delta.role;
  return withoutName(chunk);
}

describe('Errors', () => {
  it("in the emulation's words are told as it tells them", async () => {
    const mock = await startAimock();
    const error = { message: 'temperature is out of range', type: 'invalid_request_error', code: 'out_of_range' };
    mock.onMessage('bad', { error, status: 400 });
    const { openai } = await inFrontOf([mock]);
    for (const client of [directly(mock), openai()]) {
      const create = client.chat.completions.create(request('bad'));
      await expect(create).rejects.toMatchObject({ ...error, message: '400 temperature is out of range', status: 400 });
    }
  });

  it('with a hint keep it', async () => {
    const mock = await startAimock();
    const error = { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' };
    mock.onMessage('much', { error, status: 429, retryAfter: 23 });
    const { openai } = await inFrontOf([mock]);
    for (const client of [directly(mock), openai()]) {
      const thrown: unknown = await client.chat.completions.create(request('much')).catch((reason: unknown) => reason);
      expect(thrown).toBeInstanceOf(OpenAI.RateLimitError);
      expect((thrown as InstanceType<typeof OpenAI.RateLimitError>).headers.get('retry-after')).toBe('23');
    }
  });

  it.each([false, true])('that come once are not seen, streamed: %s', async (stream) => {
    const mock = await startAimock();
    mock.onMessage('words', { content: 'Here they are.' });
    mock.nextRequestError(503, { message: 'Overloaded' });
    await expect(directly(mock).chat.completions.create(request('words'))).rejects.toMatchObject({ status: 503 });
    mock.nextRequestError(503, { message: 'Overloaded' });
    const { openai } = await inFrontOf([mock]);
    const { completions } = openai().chat;
    const { choices } = stream
      ? await completions.stream(request('words')).finalChatCompletion()
      : await completions.create(request('words'));
    expect(choices[0]?.message.content).toBe('Here they are.');
  });
});

describe('A stream that the emulation cuts', () => {
  /** Goes on where it is told to; notes how it was told. */
  function goOn(mock: LLMock, told: string[]): void {
    mock.on({ predicate: () => true }, ({ messages }) => {
      const last = messages.at(-1);
      const text = typeof last?.content === 'string' ? last.content : '';
      const tail = /\n<ending>(.*)<\/ending>/s.exec(text)?.[1];
      told.push(last?.role === 'assistant' ? 'prefilled' : tail === undefined ? 'asked' : 'told to repeat');
      if (last?.role === 'assistant') return { content: STORY.slice(text.length) };
      return { content: tail === undefined ? STORY : STORY.slice(STORY.indexOf(tail)) };
    });
  }

  it.each([
    ['told to repeat', false],
    ['prefilled', true],
  ])('is gone on with by another that is %s', async (way, prefill) => {
    const [north, south] = [await startAimock(), await startAimock()];
    north.onMessage('a story', { content: STORY }, { chunkSize: 100, truncateAfterChunks: 6, latency: 1 });
    const told: string[] = [];
    goOn(south, told);
    const cut = directly(north).chat.completions.stream(request('a story'));
    await expect(cut.finalContent()).rejects.toBeInstanceOf(Error);

    const { openai } = await inFrontOf([north, south], { m: { prefill } });
    const whole = openai().chat.completions.stream({ ...request('a story'), ...WITH_USAGE });
    expect(await whole.finalContent()).toBe(STORY);
    expect(told).toEqual([way]);
  });
});
