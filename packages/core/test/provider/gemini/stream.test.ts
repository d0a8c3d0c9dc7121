/** What the events of a streamed reply become. */
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/judgement/classify.js';
import type { StreamItem } from '../../../src/provider/dialect.js';
import { gemini } from '../../../src/provider/gemini/dialect.js';
import type { ChatChunk, ChatCompletion } from '../../../src/request/chat-types.js';
import { EventSplitter } from '../../../src/sse/event-splitter.js';
import { byteByByte, cutAt } from '../../sse/split.js';
import { assembled } from '../../stream/assembled.js';
import {
  BLOCKED,
  call,
  CALLS,
  event,
  FACTS,
  OVERLOADED,
  PICTURE,
  type SampleEvent,
  STOP,
  TEXT,
  text,
  thought,
  THOUGHTS,
  UNSAFE,
  wire,
} from './samples.js';

const HEADERS = { 'content-type': 'text/event-stream', 'retry-after': '7' };

/** All that these bytes say. */
function read(chunks: readonly Buffer[]): StreamItem[] {
  const decoder = gemini.decodeStream(HEADERS);
  const items: StreamItem[] = [];
  const splitter = new EventSplitter({ onEvent: (data, type) => items.push(decoder.read(data, type)) });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return items;
}

function readEvents(...events: readonly SampleEvent[]): StreamItem[] {
  return read([wire(events)]);
}

function readData(data: string, type = ''): StreamItem {
  return gemini.decodeStream(HEADERS).read(data, type);
}

function chunksIn(items: readonly StreamItem[]): ChatChunk[] {
  return items.flatMap((item) => (item.kind === 'chunk' ? [item.chunk] : []));
}

/** What the caller has in the end, without the moment in which it began. */
function completionOf(items: readonly StreamItem[]): Omit<ChatCompletion, 'created'> {
  const { created: _, ...completion } = assembled(chunksIn(items));
  return completion;
}

const completion = (message: object, finish_reason: string, usage: object): object => ({
  id: 'GMusaMCLO_iQjrEP2P-28QE',
  object: 'chat.completion',
  model: 'gemini-2.5-flash',
  choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason }],
  usage: {
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
    ...usage,
  },
});

const toolCall = (id: string, name: string, given: string): object => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});
const signature = (data: string, index: number, more: object = {}): object => ({
  type: 'reasoning.encrypted',
  data,
  format: 'google-gemini-v1',
  index,
  ...more,
});

const SAMPLES: [string, readonly SampleEvent[], object][] = [
  [
    'text',
    TEXT,
    completion({ content: 'Grüße, 世界 😀' }, 'length', {
      prompt_tokens: 7,
      completion_tokens: 198,
      total_tokens: 205,
      completion_tokens_details: { reasoning_tokens: 45 },
    }),
  ],
  [
    'tool calls',
    CALLS,
    completion(
      {
        content: 'I look it up.',
        reasoning_details: [signature('c2lnbmF0dXJl', 1, { id: '8f2b1a3c' })],
        tool_calls: [
          toolCall('8f2b1a3c', 'get_weather', '{"city":"Zürich"}'),
          toolCall('m6rogicj', 'get_weather', '{"city":"Oslo"}'),
          toolCall('call_GMusaMCLO_iQjrEP2P-28QE_0', 'get_time', '{}'),
        ],
      },
      'tool_calls',
      {
        prompt_tokens: 125,
        completion_tokens: 62,
        total_tokens: 187,
        completion_tokens_details: { reasoning_tokens: 42 },
      },
    ),
  ],
  [
    'thoughts',
    THOUGHTS,
    completion(
      {
        content: 'It is 4.',
        reasoning_content: '**Adding**\n\n2 + 2',
        reasoning_details: [signature('ZW1wdHk=', 1)],
      },
      'stop',
      {
        prompt_tokens: 15,
        completion_tokens: 53,
        total_tokens: 68,
        prompt_tokens_details: { cached_tokens: 8 },
        completion_tokens_details: { reasoning_tokens: 52 },
      },
    ),
  ],
  [
    'a picture',
    PICTURE,
    completion(
      {
        content: 'Here it is.',
        images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' }, index: 0 }],
      },
      'stop',
      { prompt_tokens: 15, completion_tokens: 1290, total_tokens: 1305 },
    ),
  ],
  [
    'an unsafe answer',
    UNSAFE,
    completion({ content: 'How to', refusal: 'Too risky.' }, 'content_filter', {
      prompt_tokens: 18,
      completion_tokens: 0,
      total_tokens: 18,
    }),
  ],
];

describe('a stream of', () => {
  it.each(SAMPLES)('%s is what the documentation says', (_, events, expected) => {
    const items = readEvents(...events);
    expect(completionOf(items)).toEqual(expected);
    expect(items.map(({ kind }) => kind)).toEqual(events.map(() => 'chunk'));
  });

  it.each(SAMPLES)('%s is the same wherever its bytes are cut', (_, events) => {
    const bytes = wire(events);
    const whole = completionOf(read([bytes]));
    expect(completionOf(read(byteByByte(bytes)))).toEqual(whole);
    for (let at = 1; at < bytes.length; at += 1) expect(completionOf(read(cutAt(bytes, at)))).toEqual(whole);
  });
});

describe('the chunks', () => {
  it('are one for each event, begin with the role, and never pass as they came', () => {
    const items = readEvents(...CALLS);
    const deltas = chunksIn(items).map(({ choices }) => choices[0]?.delta);
    expect(deltas[0]).toEqual({ role: 'assistant', content: 'I look it up.' });
    expect(deltas.slice(1).every((delta) => delta !== undefined && !('role' in delta))).toBe(true);
    expect(items.some((item) => item.kind === 'chunk' && item.asItCame)).toBe(false);
  });

  it('have one id, model and time', () => {
    const chunks = chunksIn(readEvents(...TEXT));
    expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`)).size).toBe(1);
    expect(Math.abs((chunks[0]?.created ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('number the calls of tools over all events', () => {
    const calls = chunksIn(readEvents(...CALLS)).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(calls.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('hold a call, a text and an end of one event together', () => {
    const [chunk] = chunksIn(readEvents(event([thought('Hm.'), text('Hi'), call('f', { x: [1] })], STOP)));
    expect(chunk?.choices).toEqual([
      {
        index: 0,
        delta: {
          role: 'assistant',
          content: 'Hi',
          reasoning_content: 'Hm.',
          tool_calls: [{ index: 0, ...toolCall('call_GMusaMCLO_iQjrEP2P-28QE_0', 'f', '{"x":[1]}') }],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
  });

  it('keep several answers apart', () => {
    const candidate = (words: string, index: number, more = {}): object => ({
      content: { parts: [text(words)] },
      ...(index === 0 ? {} : { index }),
      ...more,
    });
    const items = readEvents(
      { candidates: [candidate('a', 0), candidate('b', 1)], ...FACTS },
      { candidates: [candidate('B', 1, STOP)], ...FACTS },
      { candidates: [candidate('A', 0, STOP)], usageMetadata: { candidatesTokenCount: 4 }, ...FACTS },
    );
    expect(completionOf(items).choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
      ['aA', 'stop'],
      ['bB', 'stop'],
    ]);
    expect(chunksIn(items).map(({ usage }) => usage?.completion_tokens)).toEqual([undefined, undefined, 4]);
  });

  it('say nothing where the event says nothing', () => {
    const items = readEvents(
      { usageMetadata: { promptTokenCount: 7 }, ...FACTS },
      event([]),
      { candidates: [{}], ...FACTS },
      { candidates: [{ safetyRatings: [] }], ...FACTS },
      event([{ text: '' }]),
      event([{ codeExecutionResult: { outcome: 'OUTCOME_OK' } }]),
      { candidates: [], ...FACTS },
    );
    expect(items.map(({ kind }) => kind)).toEqual(Array.from({ length: 7 }, () => 'nothing'));
  });

  it('do not begin with a signature: alone it is no answer', () => {
    const items = readEvents(event([{ text: '', thoughtSignature: 'YQ==' }]), event([text('Hi')]));
    expect(items[0]).toEqual({ kind: 'nothing' });
    expect(chunksIn(items)[0]?.choices[0]?.delta).toEqual({
      role: 'assistant',
      content: 'Hi',
      reasoning_details: [signature('YQ==', 0)],
    });
  });
});

describe('how it ends', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['OTHER', 'content_filter'],
    ['SOMETHING_NEW', 'stop'],
  ])('%s is %s', (finishReason, expected) => {
    expect(completionOf(readEvents(event([text('Hi')]), event([], { finishReason }))).choices[0]?.finish_reason).toBe(
      expected,
    );
  });

  it('is an end of an empty answer where nothing explains it, for the engine to see', () => {
    const [last] = chunksIn(readEvents(event([], STOP)));
    expect(last?.choices[0]).toMatchObject({ delta: { role: 'assistant', content: '' }, finish_reason: 'stop' });
  });

  it('is a failure where it ended for an unknown reason before a word', () => {
    expect(readEvents(event([], { finishReason: 'OTHER' }))).toEqual([
      { kind: 'error', failure: { kind: 'protocol', problem: 'the answer is empty' } },
    ]);
  });

  it('is told once', () => {
    const items = readEvents(event([text('Hi')], STOP), event([], { finishReason: 'MAX_TOKENS' }));
    expect(items.map(({ kind }) => kind)).toEqual(['chunk', 'nothing']);
  });

  it('is not told by [DONE], which Gemini does not send', () => {
    expect(readData('[DONE]')).toEqual({ kind: 'nothing' });
  });

  it.each([
    ['MALFORMED_FUNCTION_CALL', 'the model wrote a tool call that cannot be read'],
    ['MALFORMED_RESPONSE', 'the model wrote an answer that cannot be read'],
    ['UNEXPECTED_TOOL_CALL', 'the model called a tool that it was not given'],
    ['TOO_MANY_TOOL_CALLS', 'the model called too many tools'],
    ['MISSING_THOUGHT_SIGNATURE', 'the model misses the signature of a thought'],
  ])('%s is a failure, also behind words', (finishReason, problem) => {
    expect(readEvents(event([text('Hi')]), event([], { finishReason })).at(-1)).toEqual({
      kind: 'error',
      failure: { kind: 'protocol', problem },
    });
  });
});

describe('the usage', () => {
  it('is told at the end alone, and a count that falls takes nothing back', () => {
    const items = readEvents(
      event([text('a')], {}, { promptTokenCount: 10, candidatesTokenCount: 5 }),
      event([text('b')], STOP, { promptTokenCount: 10, candidatesTokenCount: 9, thoughtsTokenCount: 0 }),
      { usageMetadata: { candidatesTokenCount: 8, cachedContentTokenCount: 4 }, ...FACTS },
    );
    const usages = chunksIn(items).map(({ usage }) => usage);
    expect(usages[0]).toBeUndefined();
    expect(usages.slice(1)).toMatchObject([
      { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19 },
      { total_tokens: 19, prompt_tokens_details: { cached_tokens: 4 } },
    ]);
    expect(chunksIn(items).at(-1)?.choices).toEqual([]);
  });

  it('is left out where nothing is known', () => {
    expect(completionOf(readEvents(event([text('a')], STOP)))).not.toHaveProperty('usage');
  });
});

describe('an error', () => {
  it.each([
    ['alone', OVERLOADED],
    ['in a list', [OVERLOADED]],
  ])('inside the stream is judged by its status, with the wait that the reply named: %s', (_, body) => {
    const item = readData(JSON.stringify(body));
    if (item.kind !== 'error') throw new Error('it is an error');
    expect(classify(item.failure)).toMatchObject({ class: 'overloaded', code: 'UNAVAILABLE', hint: 7000 });
  });

  it('is known by the name of its event too', () => {
    expect(readData('Overloaded', 'error')).toEqual({
      kind: 'error',
      failure: { kind: 'error-body', headers: HEADERS, body: 'Overloaded' },
    });
  });

  it('is a quota with the wait that its body names: https://ai.google.dev/gemini-api/docs/rate-limits', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '46s' }];
    const error = { code: 429, message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED', details };
    const item = gemini.decodeStream({}).read(JSON.stringify({ error }), '');
    if (item.kind !== 'error') throw new Error('it is an error');
    expect(classify(item.failure)).toMatchObject({ class: 'rate-limited', hint: 46_000 });
  });

  it('is a prompt that was blocked: a request that was refused', () => {
    const [item] = readEvents(BLOCKED);
    if (item?.kind !== 'error') throw new Error('it is an error');
    expect(classify(item.failure)).toMatchObject({ class: 'request', code: 'content_filter' });
  });
});

describe('what is no event', () => {
  it.each(['{', 'null', '7', '[]', '[{}]', '{}', '{"choices":[]}', '{"candidates":[{"index":-1}]}'])(
    'is malformed: %s',
    (data) => {
      expect(readData(data)).toEqual({ kind: 'malformed' });
    },
  );

  it('is malformed where it is nested too deeply to be written', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const data = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"x":${deep}}}}]}}]}`;
    expect(readData(data)).toEqual({ kind: 'malformed' });
  });

  it.each(['', ' '])('is nothing: %j', (data) => {
    expect(readData(data)).toEqual({ kind: 'nothing' });
  });
});
