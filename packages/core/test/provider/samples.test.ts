/** What the documented streams say, and that they say it however their bytes are cut; for errors and filters of every provider too. */
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/judgement/classify.js';
import type { FailureClass } from '../../src/judgement/failure.js';
import { anthropic } from '../../src/provider/anthropic/dialect.js';
import type { Dialect, StreamItem } from '../../src/provider/dialect.js';
import { gemini } from '../../src/provider/gemini/dialect.js';
import { openai } from '../../src/provider/openai.js';
import { EventSplitter } from '../../src/sse/event-splitter.js';
import { byteByByte, cutAt } from '../sse/split.js';
import { assembled } from '../stream/assembled.js';
import * as claude from './anthropic/samples.js';
import * as google from './gemini/samples.js';
import * as samples from './openai-samples.js';

interface Sample {
  readonly what: string;
  readonly dialect: Dialect;
  readonly bytes: Buffer;
  /** Parts of the message. */
  readonly says?: object;
  readonly ends?: string;
  readonly usage?: object;
  /** What becomes of it instead of an end. */
  readonly breaks?: FailureClass;
}

const USAGE = { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 };
const ofOpenAI = (what: string, text: string, expected: Partial<Sample>): Sample => ({
  what,
  dialect: openai,
  bytes: Buffer.from(text),
  ...expected,
});
const called = (id: string, name: string, given: string): object => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});

const SAMPLES: readonly Sample[] = [
  ofOpenAI('OpenAI: text', samples.TEXT, { says: { content: 'Grüße, 世界 😀' }, ends: 'stop', usage: USAGE }),
  ofOpenAI('OpenAI: parallel tools', samples.TOOLS, {
    says: { tool_calls: [called('call_a', 'get_weather', '{"city":"Zürich"}'), called('call_b', 'get_time', '{}')] },
    ends: 'tool_calls',
  }),
  ofOpenAI('OpenAI: a refusal', samples.REFUSAL, {
    says: { content: null, refusal: "I'm sorry, I cannot assist with that." },
    ends: 'stop',
  }),
  ofOpenAI('OpenAI: no quota as the third event', samples.NO_QUOTA, { breaks: 'quota' }),
  ofOpenAI('Azure: results of filters', samples.AZURE, { says: { content: 'Color' }, ends: 'stop' }),
  ofOpenAI('Azure: ended by a filter', samples.AZURE_FILTERED, { says: { content: 'How to' }, ends: 'content_filter' }),
  ofOpenAI('DeepSeek: comments and thoughts', samples.DEEPSEEK, {
    says: { content: '4', reasoning_content: '2 + 2…' },
    ends: 'stop',
    usage: USAGE,
  }),
  ofOpenAI('OpenRouter: an error after content', samples.OPENROUTER_CUT, {
    says: { content: 'Once' },
    breaks: 'server',
  }),
  {
    what: 'Anthropic: overload inside a 200',
    dialect: anthropic,
    bytes: claude.wire([claude.started(), claude.PING, claude.OVERLOADED]),
    breaks: 'overloaded',
  },
  {
    what: 'Anthropic: overload after content',
    dialect: anthropic,
    bytes: claude.wire([...claude.TEXT.slice(0, 4), claude.OVERLOADED]),
    says: { content: 'Grüße' },
    breaks: 'overloaded',
  },
  {
    what: 'Anthropic: a refusal',
    dialect: anthropic,
    bytes: claude.wire(claude.REFUSED),
    says: { refusal: 'Too risky.' },
    ends: 'content_filter',
  },
  {
    what: 'Gemini: a prompt that was not let through',
    dialect: gemini,
    bytes: google.wire([google.BLOCKED]),
    breaks: 'request',
  },
  {
    what: 'Gemini: stopped for safety',
    dialect: gemini,
    bytes: google.wire(google.UNSAFE),
    says: { content: 'How to', refusal: 'Too risky.' },
    ends: 'content_filter',
  },
  {
    // https://ai.google.dev/gemini-api/docs/troubleshooting: the answer resembled certain data
    what: 'Gemini: stopped for a recitation',
    dialect: gemini,
    bytes: google.wire([
      google.event([google.text('Call me')]),
      { candidates: [{ finishReason: 'RECITATION', index: 0 }], ...google.FACTS },
    ]),
    says: { content: 'Call me' },
    ends: 'content_filter',
  },
  { what: 'Gemini: overload', dialect: gemini, bytes: google.wire([google.OVERLOADED]), breaks: 'overloaded' },
  {
    what: 'Gemini: overload after content',
    dialect: gemini,
    bytes: google.wire([google.event([google.text('Grüße')]), google.OVERLOADED]),
    says: { content: 'Grüße' },
    breaks: 'overloaded',
  },
];

/** All that these bytes say, without the moment in which it was read. */
function read({ dialect }: Sample, pieces: readonly Buffer[]): StreamItem[] {
  const decoder = dialect.decodeStream({ 'content-type': 'text/event-stream' });
  const items: StreamItem[] = [];
  const splitter = new EventSplitter({
    onEvent(data, type) {
      const item = decoder.read(data, type);
      items.push(item.kind === 'chunk' ? { ...item, chunk: { ...item.chunk, created: 0 } } : item);
    },
  });
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return items;
}

describe.each(SAMPLES)('$what', (sample) => {
  const { bytes, says, ends, usage, breaks } = sample;

  it('is what the documentation says', () => {
    const items = read(sample, [bytes]);
    const chunks = items.flatMap((item) => (item.kind === 'chunk' ? [item.chunk] : []));
    expect(items.map(({ kind }) => kind)).not.toContain('malformed');
    const errors = items.flatMap((item) => (item.kind === 'error' ? [classify(item.failure, undefined, 0).class] : []));
    expect(errors).toEqual(breaks === undefined ? [] : [breaks]);
    if (says !== undefined) expect(assembled(chunks).choices[0]?.message).toMatchObject(says);
    else expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('');
    const reasons = chunks.flatMap(({ choices }) => choices.map(({ finish_reason: reason }) => reason));
    expect(reasons.filter((reason) => reason !== null)).toEqual(ends === undefined ? [] : [ends]);
    if (usage !== undefined) expect(assembled(chunks).usage).toMatchObject(usage);
  });

  it('is the same wherever its bytes are cut', () => {
    const whole = read(sample, [bytes]);
    expect(read(sample, byteByByte(bytes))).toEqual(whole);
    for (let at = 1; at < bytes.length; at += 1) expect(read(sample, cutAt(bytes, at))).toEqual(whole);
  });
});
