/** What counts as a whole answer, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/judgement/classify.js';
import { anthropic } from '../../../src/provider/anthropic/dialect.js';
import type { ChatCompletion } from '../../../src/request/chat-types.js';
import type { WireHeaders } from '../../../src/transport/transport.js';

const JSON_TYPE = { 'content-type': 'application/json' };

function decode(body: unknown, headers: WireHeaders = JSON_TYPE) {
  return anthropic.decode(headers, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

/** The example of https://platform.claude.com/docs/en/api/messages, with this content. */
const message = (content: unknown, more: object = {}): object => ({
  id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5-20250929',
  content,
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 2095, cache_read_input_tokens: 5, cache_creation_input_tokens: 0, output_tokens: 503 },
  ...more,
});

function completionOf(body: unknown): ChatCompletion {
  const decoded = decode(body);
  if (!decoded.ok) throw new Error('it is an answer');
  return decoded.completion;
}

const text = (words: string): object => ({ type: 'text', text: words });

describe('a message', () => {
  it('may be empty where it ended at a word that it was told to end at', () => {
    const { choices } = completionOf(message([], { stop_reason: 'stop_sequence', stop_sequence: 'END' }));
    expect(choices).toMatchObject([{ message: { content: null }, finish_reason: 'stop' }]);
  });

  it('may stand behind a byte order mark', () => {
    expect(decode(`\uFEFF${JSON.stringify(message([text('Hello')]))}`).ok).toBe(true);
  });

  it('is a completion', () => {
    const { created, ...completion } = completionOf(message([text('Hello')]));
    expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(60);
    expect(completion).toEqual({
      id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
      object: 'chat.completion',
      model: 'claude-sonnet-4-5-20250929',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 2100,
        completion_tokens: 503,
        total_tokens: 2603,
        prompt_tokens_details: { cached_tokens: 5 },
      },
    });
  });

  it('has its texts joined, its calls in order and its thoughts apart', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm. ', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'ZW5j' },
      text('I look '),
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
      text('it up.'),
      { type: 'thinking', thinking: 'Unsigned.' },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { city: 'Zürich' } },
      { type: 'tool_use', id: 'toolu_2', name: 'g' },
    ];
    const { choices } = completionOf(message(content, { stop_reason: 'tool_use' }));
    const format = 'anthropic-claude-v1';
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls' });
    expect(choices[0]?.message).toEqual({
      role: 'assistant',
      content: 'I look it up.',
      refusal: null,
      reasoning_content: 'Hm. Unsigned.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm. ', signature: 'c2ln', format, index: 0 },
        { type: 'reasoning.encrypted', data: 'ZW5j', format, index: 1 },
      ],
      tool_calls: [
        { id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"city":"Zürich"}' } },
        { id: 'toolu_2', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    });
  });

  it.each([
    ['{"x": 9007199254740993}', '{"x": 9007199254740993}'],
    [' ', '{}'],
    ['no JSON', '"no JSON"'],
    [null, '{}'],
  ])('may have the input of a tool as text: %j', (input, given) => {
    const { choices } = completionOf(message([{ type: 'tool_use', id: 'a', name: 'f', input }]));
    expect(choices).toMatchObject([{ message: { tool_calls: [{ function: { arguments: given } }] } }]);
  });

  it('without content is null where only tools are called', () => {
    const { choices } = completionOf(message([{ type: 'tool_use', id: 'a', name: 'f', input: {} }]));
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
  });

  it.each([
    ['with a reason', { type: 'refusal', category: 'cyber', explanation: 'Too risky.' }, 'Too risky.'],
    ['without a reason', null, null],
    ['with an empty one', { type: 'refusal', explanation: '' }, null],
  ])('that was refused is one %s', (_, stop_details, refusal) => {
    const [choice] = completionOf(message([], { stop_reason: 'refusal', stop_details })).choices;
    expect(choice).toMatchObject({ finish_reason: 'content_filter', message: { content: null, refusal } });
  });

  it('may be cut by its limit before the first word', () => {
    expect(completionOf(message([], { stop_reason: 'max_tokens' })).choices[0]?.finish_reason).toBe('length');
  });

  it('needs neither usage nor names', () => {
    expect(completionOf({ content: [text('Hello')] })).toEqual({
      id: '',
      object: 'chat.completion',
      created: expect.any(Number),
      model: '',
      choices: [expect.objectContaining({ finish_reason: 'stop' })],
    });
  });
});

describe('no answer', () => {
  it.each([
    ['without content', message(undefined), 'the reply has no content'],
    ['with a text as content', message('Hello'), 'the reply has no content'],
    ['with empty content', message([]), 'the answer is empty'],
    ['with nothing that can be read', message([null, 7, { type: 'text', text: 7 }]), 'the answer is empty'],
    ['that is a list', [], 'the reply is no JSON object'],
    ['that is no JSON', '{"content":[', 'the reply is not valid JSON'],
    ['that is empty', '', 'the reply is empty'],
    [
      'that is too deep',
      `{"content":[{"type":"tool_use","input":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`,
      'the reply is nested too deeply',
    ],
  ])('is a reply %s', (_, body, problem) => {
    expect(decode(body)).toEqual({ ok: false, failure: { kind: 'protocol', problem } });
  });

  it.each([
    [{ 'content-type': 'text/html' }, 'the reply is not JSON by its content-type'],
    [{ ...JSON_TYPE, 'content-encoding': 'gzip' }, 'the reply is compressed, which was not asked for'],
  ])('is a reply with the headers %j', (headers, problem) => {
    expect(decode(message([text('Hello')]), headers)).toEqual({ ok: false, failure: { kind: 'protocol', problem } });
  });

  it('is an error inside a 200, which is judged by its type', () => {
    const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const decoded = decode(body);
    if (decoded.ok) throw new Error('it is no answer');
    expect(classify(decoded.failure).class).toBe('overloaded');
  });
});
