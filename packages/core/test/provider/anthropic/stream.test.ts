/** What the events of a streamed message become. */
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/judgement/classify.js';
import { anthropic } from '../../../src/provider/anthropic/dialect.js';
import type { StreamItem } from '../../../src/provider/dialect.js';
import type { ChatChunk, ChatCompletion } from '../../../src/request/chat-types.js';
import { EventSplitter } from '../../../src/sse/event-splitter.js';
import { byteByByte, cutAt } from '../../sse/split.js';
import { assembled } from '../../stream/assembled.js';
import {
  blockStarted,
  blockStopped,
  delta,
  ended,
  jsonDelta,
  OVERLOADED,
  PING,
  REFUSED,
  type SampleEvent,
  started,
  STOPPED,
  TEXT,
  textDelta,
  THINKING,
  thinkingDelta,
  TOOLS,
  WEB_SEARCH,
  wire,
} from './samples.js';

const HEADERS = { 'content-type': 'text/event-stream', 'retry-after': '7' };

/** All that these bytes say. */
function read(chunks: readonly Buffer[]): StreamItem[] {
  const decoder = anthropic.decodeStream(HEADERS);
  const items: StreamItem[] = [];
  const splitter = new EventSplitter({ onEvent: (data, type) => items.push(decoder.read(data, type)) });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return items;
}

function readEvents(...events: readonly SampleEvent[]): StreamItem[] {
  return read([wire(events)]);
}

function chunksIn(items: readonly StreamItem[]): ChatChunk[] {
  return items.flatMap((item) => (item.kind === 'chunk' ? [item.chunk] : []));
}

/** What the caller has in the end, without the moment in which it began. */
function completionOf(items: readonly StreamItem[]): Omit<ChatCompletion, 'created'> {
  const { created: _, ...completion } = assembled(chunksIn(items));
  return completion;
}

function messageOf(...events: readonly SampleEvent[]): object | undefined {
  return completionOf(readEvents(started(), ...events)).choices[0]?.message;
}

const completion = (message: object, finish_reason: string, usage: object): object => ({
  id: 'msg_1',
  object: 'chat.completion',
  model: 'claude-sonnet-4-5',
  choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason }],
  usage: { prompt_tokens_details: { cached_tokens: 0 }, ...usage },
});

const toolCall = (id: string, name: string, given: string): object => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});

const SAMPLES: [string, readonly SampleEvent[], object][] = [
  [
    'text',
    TEXT,
    completion({ content: 'Grüße, 世界 😀' }, 'stop', { prompt_tokens: 25, completion_tokens: 15, total_tokens: 40 }),
  ],
  [
    'tool calls',
    TOOLS,
    completion(
      {
        content: 'I look it up.',
        tool_calls: [
          toolCall('toolu_1', 'get_weather', '{"location": "Zürich"}'),
          toolCall('toolu_2', 'get_weather', '{"location": "Oslo"}'),
          toolCall('toolu_3', 'get_time', '{}'),
        ],
      },
      'tool_calls',
      { prompt_tokens: 472, completion_tokens: 89, total_tokens: 561 },
    ),
  ],
  [
    'thoughts',
    THINKING,
    completion(
      {
        content: 'It is 21.',
        reasoning_content: '1071 = 2 × 462 + 147',
        reasoning_details: [
          {
            type: 'reasoning.text',
            text: '1071 = 2 × 462 + 147',
            signature: 'c2lnbmVk',
            format: 'anthropic-claude-v1',
            index: 0,
          },
          { type: 'reasoning.encrypted', data: 'ZW5jcnlwdGVk', format: 'anthropic-claude-v1', index: 1 },
        ],
      },
      'stop',
      {
        prompt_tokens: 25,
        completion_tokens: 60,
        total_tokens: 85,
        completion_tokens_details: { reasoning_tokens: 40 },
      },
    ),
  ],
  [
    'a search of the provider',
    WEB_SEARCH,
    completion({ content: 'Sunny.' }, 'stop', {
      prompt_tokens: 10_682,
      completion_tokens: 510,
      total_tokens: 11_192,
    }),
  ],
  [
    'a refusal',
    REFUSED,
    completion({ content: null, refusal: 'Too risky.' }, 'content_filter', {
      prompt_tokens: 18,
      completion_tokens: 5,
      total_tokens: 23,
    }),
  ],
];

describe('a stream of', () => {
  it.each(SAMPLES)('%s is what the documentation says', (_, events, expected) => {
    const items = readEvents(...events);
    expect(completionOf(items)).toEqual(expected);
    expect(items.at(-1)).toEqual({ kind: 'done' });
    expect(items.map(({ kind }) => kind)).not.toContain('malformed');
  });

  it.each(SAMPLES)('%s is the same wherever its bytes are cut', (_, events) => {
    const bytes = wire(events);
    const whole = completionOf(read([bytes]));
    expect(completionOf(read(byteByByte(bytes)))).toEqual(whole);
    for (let at = 1; at < bytes.length; at += 1) expect(completionOf(read(cutAt(bytes, at)))).toEqual(whole);
  });

  it.each(SAMPLES)('%s is the same without the names of its events', (_, events) => {
    const decoder = anthropic.decodeStream(HEADERS);
    expect(completionOf(events.map((event) => decoder.read(JSON.stringify(event), '')))).toEqual(
      completionOf(readEvents(...events)),
    );
  });
});

describe('the chunks', () => {
  it('begin with the role, have one id, model and time, and never pass as they came', () => {
    const items = readEvents(...TOOLS);
    const chunks = chunksIn(items);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`)).size).toBe(1);
    expect(Math.abs((chunks[0]?.created ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(items.some((item) => item.kind === 'chunk' && item.asItCame)).toBe(false);
  });

  it('number the calls of tools, whatever stands between them', () => {
    const calls = chunksIn(readEvents(...TOOLS)).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    const begun = calls.filter(({ id }) => id !== undefined);
    expect(begun.map(({ index, id }) => [index, id])).toEqual([
      [0, 'toolu_1'],
      [1, 'toolu_2'],
      [2, 'toolu_3'],
    ]);
  });

  it('say nothing where the event says nothing', () => {
    const kinds = readEvents(
      started(),
      blockStarted(0, { type: 'text', text: '' }),
      textDelta(0, ''),
      PING,
      delta(0, { type: 'emotion_delta', emotion: 'joy' }),
      { type: 'message_mood' },
      blockStarted(1, { type: 'fallback', from: {}, to: {} }),
      blockStopped(1),
      { type: 'message_delta', delta: {}, usage: { output_tokens: 3 } },
    ).map(({ kind }) => kind);
    expect(kinds).toEqual(['chunk', ...Array.from({ length: 8 }, () => 'nothing')]);
  });

  it('have the whole text of a thought with its signature, at its end', () => {
    const items = readEvents(...THINKING.slice(0, 6));
    expect(items.map(({ kind }) => kind)).toEqual(['chunk', 'nothing', 'chunk', 'chunk', 'nothing', 'chunk']);
  });
});

describe('how it ends', () => {
  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['something_new', 'stop'],
  ])('%s is %s', (reason, expected) => {
    const [last] = chunksIn([anthropic.decodeStream({}).read(JSON.stringify(ended(reason)), '')]);
    expect(last?.choices[0]?.finish_reason).toBe(expected);
  });

  it('is a call of tools where there is one, whatever an imitation says', () => {
    const calling = blockStarted(0, { type: 'tool_use', id: 'a', name: 'f', input: {} });
    const items = readEvents(started(), calling, blockStopped(0), ended('end_turn'));
    expect(completionOf(items).choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('is told once', () => {
    const items = readEvents(...TEXT.slice(0, -1), ended('max_tokens'));
    const reasons = chunksIn(items).flatMap(({ choices }) => choices.map((choice) => choice.finish_reason ?? []));
    expect(reasons.flat()).toEqual(['stop']);
  });

  it('needs no reason for a refusal', () => {
    expect(messageOf(ended('refusal', {}, { stop_details: null }))).toMatchObject({ content: '', refusal: null });
  });
});

describe('the usage', () => {
  const usageOf = (first: object, last: object): unknown =>
    completionOf(readEvents(started(first), ended('end_turn', last))).usage;

  it('counts what was read from the cache and written to it as input', () => {
    const cached = { cache_read_input_tokens: 100, cache_creation_input_tokens: 30 };
    expect(usageOf({ input_tokens: 7, output_tokens: 1, ...cached }, { output_tokens: 9 })).toEqual({
      prompt_tokens: 137,
      completion_tokens: 9,
      total_tokens: 146,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 30 },
    });
  });

  it('is cumulative: what comes last is the whole, and a 0 takes nothing back', () => {
    const usage = usageOf({ input_tokens: 43, output_tokens: 1 }, { input_tokens: 61, output_tokens: 2 });
    expect(usage).toMatchObject({ prompt_tokens: 61, completion_tokens: 2 });
    expect(usageOf({ input_tokens: 43 }, { input_tokens: 0, output_tokens: 2 })).toMatchObject({ prompt_tokens: 43 });
  });

  it.each([{ input_tokens: -5 }, { input_tokens: '9' }, { input_tokens: null }])('counts no %j', (usage) => {
    expect(usageOf(usage, { output_tokens: 2 })).toMatchObject({ prompt_tokens: 0, total_tokens: 2 });
  });

  it('is left out where nothing is known', () => {
    const items = readEvents({ type: 'message_start', message: {} }, ended('end_turn', {}));
    expect(completionOf(items)).not.toHaveProperty('usage');
  });
});

describe('an error', () => {
  it('inside the stream is judged by its type, with the wait that the reply named', () => {
    const item = readEvents(...TEXT.slice(0, 4), OVERLOADED).at(-1);
    if (item?.kind !== 'error') throw new Error('it is an error');
    expect(classify(item.failure)).toMatchObject({ class: 'overloaded', code: 'overloaded_error', hint: 7000 });
  });

  it.each([
    ['without the name of its event', JSON.stringify(OVERLOADED), ''],
    ['that only its event names', '{"message":"Overloaded"}', 'error'],
    ['of a proxy', '{"error":{"message":"Bad gateway"}}', ''],
    ['that is no JSON', 'Overloaded', 'error'],
  ])('is one %s', (_, data, type) => {
    const item = anthropic.decodeStream(HEADERS).read(data, type);
    expect(item).toEqual({ kind: 'error', failure: { kind: 'error-body', headers: HEADERS, body: data } });
  });

  it('is a second message in one stream', () => {
    expect(readEvents(...TEXT.slice(0, 4), started()).at(-1)).toEqual({
      kind: 'error',
      failure: { kind: 'protocol', problem: 'a second message began inside the stream' },
    });
  });
});

describe('a stream in a loose form', () => {
  it('may give text and thoughts with the begin of their blocks', () => {
    const message = messageOf(
      blockStarted(0, { type: 'thinking', thinking: 'Hm', signature: 'c2ln' }),
      thinkingDelta(0, '.'),
      blockStopped(0),
      blockStarted(1, { type: 'text', text: 'Hel' }),
      textDelta(1, 'lo'),
    );
    expect(message).toMatchObject({
      content: 'Hello',
      reasoning_content: 'Hm.',
      reasoning_details: [{ text: 'Hm.', signature: 'c2ln' }],
    });
  });

  it('may give the input of a tool at once', () => {
    const message = messageOf(
      blockStarted(0, { type: 'tool_use', id: 'a', name: 'f', input: { x: [1] } }),
      blockStopped(0),
    );
    expect(message).toMatchObject({ tool_calls: [toolCall('a', 'f', '{"x":[1]}')] });
  });

  it('may leave out the ends of its blocks', () => {
    const message = messageOf(
      blockStarted(0, { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }),
      blockStarted(1, { type: 'tool_use', id: 'a', name: 'f', input: { x: [1] } }),
      blockStarted(2, { type: 'tool_use', id: 'b', name: 'g', input: {} }),
      jsonDelta(2, '{"y":2}'),
      blockStarted(3, { type: 'tool_use', id: 'c', name: 'h' }),
      ended('tool_use'),
    );
    expect(message).toMatchObject({
      reasoning_details: [{ text: 'Hm.', signature: 'c2ln' }],
      tool_calls: [toolCall('a', 'f', '{"x":[1]}'), toolCall('b', 'g', '{"y":2}'), toolCall('c', 'h', '{}')],
    });
  });

  it.each([
    ['{"x": 9007199254740993}', '{"x": 9007199254740993}'],
    ['', '{}'],
    ['no JSON', '"no JSON"'],
  ])('may give the input of a tool as text: %j', (input, given) => {
    const begin = blockStarted(0, { type: 'tool_use', id: 'a', name: 'f', input });
    expect(messageOf(begin, blockStopped(0))).toMatchObject({ tool_calls: [toolCall('a', 'f', given)] });
  });

  it('may mix its blocks', () => {
    const message = messageOf(
      blockStarted(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      blockStarted(1, { type: 'tool_use', id: 'b', name: 'g', input: {} }),
      jsonDelta(1, '{"y":'),
      jsonDelta(0, '{"x":1}'),
      jsonDelta(1, '2}'),
      blockStopped(0),
      blockStopped(1),
    );
    expect(message).toMatchObject({ tool_calls: [toolCall('a', 'f', '{"x":1}'), toolCall('b', 'g', '{"y":2}')] });
  });

  it('shows thoughts that are not signed, and keeps nothing to send back', () => {
    const message = messageOf(
      blockStarted(0, { type: 'thinking', thinking: '' }),
      thinkingDelta(0, 'Hm.'),
      blockStopped(0),
    );
    expect(message).toMatchObject({ reasoning_content: 'Hm.' });
    expect(message).not.toHaveProperty('reasoning_details');
  });

  it('keeps thoughts that are signed and not shown', () => {
    const message = messageOf(
      blockStarted(0, { type: 'thinking', thinking: '', signature: '' }),
      thinkingDelta(0, ''),
      delta(0, { type: 'signature_delta', signature: 'c2ln' }),
      blockStopped(0),
    );
    expect(message).toMatchObject({ reasoning_details: [{ text: '', signature: 'c2ln' }] });
    expect(message).not.toHaveProperty('reasoning_content');
  });

  it.each(['', ' ', '[DONE]'])('says nothing with %j', (data) => {
    expect(anthropic.decodeStream({}).read(data, '')).toEqual({ kind: 'nothing' });
  });

  it.each(['{', 'null', '7', '[]', '{}', '{"choices":[]}'])('is malformed with %j', (data) => {
    expect(anthropic.decodeStream({}).read(data, '')).toEqual({ kind: 'malformed' });
  });

  it('is malformed with arguments of a call that nobody saw begin', () => {
    expect(readEvents(started(), jsonDelta(4, '{}')).at(-1)).toEqual({ kind: 'malformed' });
  });

  it('is malformed with input that is nested too deeply to be written', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const decoder = anthropic.decodeStream({});
    const block = `{"type":"tool_use","id":"a","name":"f","input":{"x":${deep}}}`;
    decoder.read(`{"type":"content_block_start","index":0,"content_block":${block}}`, '');
    expect(decoder.read(JSON.stringify(blockStopped(0)), '')).toEqual({ kind: 'malformed' });
  });

  it('ends without a message having begun', () => {
    expect(readEvents(STOPPED)).toEqual([{ kind: 'done' }]);
  });
});
