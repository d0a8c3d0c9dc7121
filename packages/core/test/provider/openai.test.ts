/** OpenAI's wire format: what is sent, and what counts as an answer. */
import { describe, expect, it } from 'vitest';
import type { UpstreamOptions } from '../../src/config/options.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import type { DeploymentSettings, Settings } from '../../src/config/settings.js';
import { classify } from '../../src/judgement/classify.js';
import { openai } from '../../src/provider/openai.js';
import { checkRequest } from '../../src/request/check-request.js';
import type { WireHeaders } from '../../src/transport/transport.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT = { role: 'assistant', content: 'Hello' };

function settingsOf(upstream: Partial<UpstreamOptions> = {}): Settings & { readonly first: DeploymentSettings } {
  const given = { name: 'north', provider: 'openai', keys: ['sk-live-0123456789'], models: ['gpt-4.1'] } as const;
  const settings = resolveOptions({ upstreams: [{ ...given, ...upstream }] });
  const [first] = settings.deployments;
  if (first === undefined) throw new Error('there is a deployment');
  return { ...settings, first };
}

const choices = (...given: unknown[]): object => ({ id: 'chatcmpl-1', choices: given });
const choice = (message: object, finish = 'stop'): object => ({ index: 0, message, finish_reason: finish });

/** More can be read than can be written. */
const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const choicesWithArguments = (given: string): string =>
  `{"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":${given}}}]}}]}`;
const NO_COMPLETION = 'the reply is not in the form of a completion';
const UNNAMED = 'the answer ended with an error that is not named';

function decode(body: unknown, headers: WireHeaders = JSON_TYPE) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return openai.decode(headers, bytes);
}

describe('a request', () => {
  it.each([
    ['https://api.openai.com/v1', undefined],
    ['https://north.example/v1', 'https://north.example/v1'],
    ['https://north.example/v1', 'https://north.example/v1//'],
    ['http://127.0.0.1:1234/openai', 'http://127.0.0.1:1234/openai/'],
  ])('goes to %s/chat/completions for the base URL %s', (expected, baseUrl) => {
    const { first } = settingsOf(baseUrl === undefined ? {} : { baseUrl });
    expect(openai.url(first.upstream, first, false)).toBe(`${expected}/chat/completions`);
  });

  it('carries the key, and no header of authorization without one', () => {
    const { first } = settingsOf();
    const always = { 'content-type': 'application/json', accept: 'application/json' };
    expect(openai.headers(first.upstream, 'k')).toEqual({ ...always, authorization: 'Bearer k' });
    expect(openai.headers(first.upstream, undefined)).toEqual(always);
  });

  it("carries the upstream's own headers, which win", () => {
    const { first } = settingsOf({ headers: { 'X-Team': 'shop', Authorization: 'Basic abc', Accept: '*/*' } });
    const headers = openai.headers(first.upstream, 'k');
    expect(headers).toMatchObject({ 'x-team': 'shop', authorization: 'Basic abc', accept: '*/*' });
    expect(Object.keys(headers).filter((name) => /authorization/i.test(name))).toHaveLength(1);
  });

  it("names the model as the upstream does, and is otherwise the caller's", () => {
    const settings = settingsOf({ models: { 'gpt-4.1': { id: 'their-name' } } });
    const request = { messages: [{ role: 'user' as const, content: 'Grüße' }], temperature: 0.5, x_vendor: { a: 1 } };
    const body: unknown = JSON.parse(openai.encode(checkRequest(request, settings), settings.first));
    expect(body).toEqual({ ...request, model: 'their-name' });
  });
});

describe('an answer', () => {
  it.each([
    ['text', choices(choice(TEXT))],
    ['text without a finish_reason', choices({ message: TEXT })],
    ['several choices', choices(choice(TEXT), choice(TEXT, 'length'))],
    ['a tool call', choices(choice({ content: null, tool_calls: [{ id: 'a' }] }, 'tool_calls'))],
    ['a tool call that ends with stop', choices(choice({ content: null, tool_calls: [{ id: 'a' }] }))],
    ['a refusal', choices(choice({ content: null, refusal: 'No.' }))],
    ['a function call of old', choices(choice({ content: null, function_call: { name: 'f' } }))],
    ['sound', choices(choice({ content: null, audio: { id: 'a' } }))],
    ['thoughts alone', choices(choice({ content: '', reasoning_content: 'Hm.' }))],
    ["thoughts alone, in OpenRouter's word", choices(choice({ content: '', reasoning: 'Hm.' }))],
    ['null in each place that may be empty', choices(choice({ ...TEXT, tool_calls: null, function_call: null }))],
    ['nothing, for it was at its length', choices(choice({ content: '' }, 'length'))],
    ['nothing, for it was filtered', choices(choice({ content: null }, 'content_filter'))],
    ['text beside an error of null', { ...choices(choice(TEXT)), error: null }],
    ['text beside an error that is told, too', { ...choices(choice(TEXT)), error: { message: 'partly' } }],
  ])('may be %s', (_, body) => {
    expect(decode(body)).toEqual({ ok: true, completion: body, asItCame: true });
  });

  it.each([
    ['no type', {}],
    ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ["a vendor's type", { 'content-type': 'application/vnd.vendor+json' }],
    ['capitals', { 'content-type': 'Application/JSON' }],
    ['a repeated type', { 'content-type': ['application/json', 'text/html'] }],
    ['no compression, and it says so', { ...JSON_TYPE, 'content-encoding': 'identity' }],
  ])('may have %s', (_, headers) => {
    expect(decode(choices(choice(TEXT)), headers).ok).toBe(true);
  });

  it('passes unknown fields through as they came', () => {
    const body = { ...choices({ ...choice(TEXT), vendor: [1] }), vendor: { a: null } };
    expect(decode(body)).toEqual({ ok: true, completion: body, asItCame: true });
  });

  it('keeps its letters', () => {
    const decoded = decode(choices(choice({ content: 'Grüße, 世界 😀' })));
    expect(decoded.ok && decoded.completion.choices[0]?.message.content).toBe('Grüße, 世界 😀');
  });
});

/** What services put into OpenAI's form without its types. */
describe('an answer in a loose form', () => {
  const called = (given: unknown): object => ({ id: 'a', type: 'function', function: { name: 'f', arguments: given } });
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] };
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };

  it.each([
    [
      'content in parts',
      choices(choice({ content: [thinking, { type: 'text', text: 'Hel' }, 'lo'] })),
      choices(choice({ content: 'Hello', reasoning_content: 'Hm.' })),
    ],
    [
      'a picture among the parts',
      choices(choice({ content: [picture] })),
      choices(choice({ content: '', images: [picture] })),
    ],
    [
      'arguments that are parsed',
      choices(choice({ content: null, tool_calls: [called({ city: 'Zürich' })] }, 'tool_calls')),
      choices(choice({ content: null, tool_calls: [called('{"city":"Zürich"}')] }, 'tool_calls')),
    ],
    [
      'arguments of old that are parsed',
      choices(choice({ content: null, function_call: { name: 'f', arguments: {} } })),
      choices(choice({ content: null, function_call: { name: 'f', arguments: '{}' } })),
    ],
    [
      'a number as the id of a call',
      choices(choice({ content: null, tool_calls: [{ ...called('{}'), id: 7 }] })),
      choices(choice({ content: null, tool_calls: [{ ...called('{}'), id: '7' }] })),
    ],
    ['an empty end', choices(choice(TEXT, '')), choices(choice(TEXT))],
    [
      'an empty end behind a call',
      choices(choice({ content: null, tool_calls: [called('{}')] }, '')),
      choices(choice({ content: null, tool_calls: [called('{}')] }, 'tool_calls')),
    ],
    ['an index out of its range', choices({ ...choice(TEXT), index: 1e9 }), choices(choice(TEXT))],
    ['a role of another kind', choices(choice({ ...TEXT, role: 'model' })), choices(choice(TEXT))],
    ['a refusal that is no text', choices(choice({ ...TEXT, refusal: false })), choices(choice(TEXT))],
    [
      'probabilities in another form',
      choices({ ...choice(TEXT), logprobs: 7 }),
      choices({ ...choice(TEXT), logprobs: null }),
    ],
    ['an id that is a number', { ...choices(choice(TEXT)), id: 7, created: 'now' }, { choices: [choice(TEXT)] }],
    [
      'an object that is none',
      { ...choices(choice(TEXT)), object: {} },
      { ...choices(choice(TEXT)), object: 'chat.completion' },
    ],
    [
      'a usage of words',
      { ...choices(choice(TEXT)), usage: { prompt_tokens: '5', total_tokens: 'x' } },
      choices(choice(TEXT)),
    ],
    [
      'half a usage',
      { ...choices(choice(TEXT)), usage: { prompt_tokens: 5, completion_tokens: -1, cost: 2 } },
      { ...choices(choice(TEXT)), usage: { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5, cost: 2 } },
    ],
  ])('is put right: %s', (_, body, completion) => {
    expect(decode(body)).toEqual({ ok: true, completion, asItCame: false });
  });

  it('is passed on where nothing but null stands in the place of nothing', () => {
    const call = { ...called('{}'), custom: null };
    const completion = choices(choice({ ...TEXT, tool_calls: [called('{}')] }));
    expect(decode(choices(choice({ ...TEXT, tool_calls: [call] })))).toEqual({ ok: true, completion, asItCame: true });
  });

  it('may stand behind a byte order mark, which is not passed on', () => {
    const body = choices(choice(TEXT));
    const bytes = Buffer.from(`\uFEFF${JSON.stringify(body)}`);
    expect(decode(bytes)).toEqual({ ok: true, completion: body, asItCame: false });
  });
});

/** The same errors that are known inside a stream. */
describe('an error in the place of an answer', () => {
  const failed = {
    ...choice({ role: 'assistant', content: 'Once upon' }, 'error'),
    error: { code: 502, message: 'died' },
  };

  it.each([
    [
      'without balance, in MiniMax’s words',
      { choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
      'quota',
    ],
    [
      "in the form of vLLM's of old",
      { object: 'error', message: 'Too many requests', type: 'rate_limit', code: 429 },
      'rate-limited',
    ],
    ["in new-api's form", { success: false, message: 'insufficient balance' }, 'quota'],
    ['of a choice whose provider has failed', choices(failed), 'server'],
    ['of one of two choices', choices(choice(TEXT), failed), 'server'],
    [
      'beside a choice that says nothing',
      { error: { code: 429, message: 'Slow down' }, ...choices({ message: { content: '' } }) },
      'rate-limited',
    ],
  ] as const)('is judged by what it says: %s', (_, body, expected) => {
    const decoded = decode(body);
    if (decoded.ok) throw new Error('it is no answer');
    expect(decoded.failure.kind).toBe('error-body');
    expect(classify(decoded.failure).class).toBe(expected);
    const streamed = openai.decodeStream(JSON_TYPE).read(JSON.stringify(body), '');
    if (streamed.kind !== 'error') throw new Error(`streamed it is ${streamed.kind}`);
    expect(classify(streamed.failure).class).toBe(expected);
  });
});

describe('no answer', () => {
  const html = { 'content-type': 'text/html; charset=utf-8' };

  it.each([
    ['nothing', '', JSON_TYPE, 'the reply is empty'],
    ['half of it', '{"choices": [', JSON_TYPE, 'the reply is not valid JSON'],
    ['a page', '<html></html>', html, 'the reply is not JSON by its content-type'],
    ['JSON that calls itself a page', choices(choice(TEXT)), html, 'the reply is not JSON by its content-type'],
    ['a stream', 'data: {}\n\n', { 'content-type': 'text/event-stream' }, 'the reply is not JSON by its content-type'],
    [
      'something compressed',
      choices(choice(TEXT)),
      { ...JSON_TYPE, 'content-encoding': 'br' },
      'the reply is compressed, which was not asked for',
    ],
    ['a text', '"Hello"', JSON_TYPE, 'the reply is no JSON object'],
    ['null', 'null', JSON_TYPE, 'the reply is no JSON object'],
    ['a number', '7', JSON_TYPE, 'the reply is no JSON object'],
    ['a list', '[]', JSON_TYPE, 'the reply is no JSON object'],
    ['an empty object', {}, JSON_TYPE, 'the reply has no choices'],
    ['no choices', choices(), JSON_TYPE, 'the reply has no choices'],
    ['choices that are no list', { choices: { length: 1 } }, JSON_TYPE, 'the reply has no choices'],
    ['inherited choices', '{"__proto__": {"choices": [{"message": {}}]}}', JSON_TYPE, 'the reply has no choices'],
    ['a choice of null', choices(null), JSON_TYPE, 'a choice has no message'],
    ['a choice without a message', choices({ index: 0 }), JSON_TYPE, 'a choice has no message'],
    ['a message that is text', choices({ message: 'Hello' }), JSON_TYPE, 'a choice has no message'],
    ['a second choice without a message', choices(choice(TEXT), {}), JSON_TYPE, 'a choice has no message'],
    ['an empty text', choices(choice({ content: '' })), JSON_TYPE, 'the answer is empty'],
    ['an empty list of tools', choices(choice({ content: null, tool_calls: [] })), JSON_TYPE, 'the answer is empty'],
    ['a role alone', choices(choice({ role: 'assistant' })), JSON_TYPE, 'the answer is empty'],
    ['nothing in parts', choices(choice({ content: [{ type: 'text', text: '' }] })), JSON_TYPE, 'the answer is empty'],
    ['content that is an object', choices(choice({ content: {} })), JSON_TYPE, NO_COMPLETION],
    [
      'content that is a list of lists',
      `{"choices":[{"message":{"content":${DEEP}}}]}`,
      JSON_TYPE,
      'the answer is empty',
    ],
    ['arguments that are too deep', choicesWithArguments(DEEP), JSON_TYPE, NO_COMPLETION],
    [
      'something odd beside something too deep',
      `{"id":7,${choicesWithArguments(`"{}","x":${DEEP}`).slice(1)}`,
      JSON_TYPE,
      NO_COMPLETION,
    ],
    ['tool calls that are no list', choices(choice({ content: 'x', tool_calls: {} })), JSON_TYPE, NO_COMPLETION],
    ['an end that is no text', choices({ ...choice(TEXT), finish_reason: 7 }), JSON_TYPE, NO_COMPLETION],
    ['a choice that failed without a word', choices(choice(TEXT, 'error')), JSON_TYPE, UNNAMED],
    ['a choice that failed too deeply', `{"choices":[{"message":{},"error":${DEEP}}]}`, JSON_TYPE, UNNAMED],
    ['one empty choice of two', choices(choice(TEXT), choice({})), JSON_TYPE, 'the answer is empty'],
  ])('is %s', (_, body, headers, problem) => {
    expect(decode(body, headers)).toEqual({ ok: false, failure: { kind: 'protocol', problem } });
  });

  it('says nothing of the bytes that came', () => {
    const decoded = decode('{"secret": "sk-live');
    expect(JSON.stringify(decoded)).not.toContain('secret');
  });

  it.each([
    ['an object', { error: { message: 'Oops', code: 'oops' } }],
    ["Baidu's", { error_code: 17, error_msg: 'Oops' }],
    ['a bare one beside no choices', { choices: [], base_resp: { status_code: 1008, status_msg: 'Oops' } }],
    ['a text', { error: 'Oops' }],
    ['an object beside no choices', { error: { message: 'Oops' }, choices: [] }],
    ['one of another dialect', { type: 'error', error: { type: 'overloaded_error' } }],
  ])('is an error inside a 200: %s', (_, body) => {
    const headers = { ...JSON_TYPE, 'retry-after': '3' };
    const text = JSON.stringify(body);
    expect(decode(body, headers)).toEqual({ ok: false, failure: { kind: 'error-body', headers, body: text } });
  });

  it('keeps no more than the beginning of a huge error', () => {
    const decoded = decode({ error: { message: 'x'.repeat(1_000_000) } });
    expect(!decoded.ok && decoded.failure.kind === 'error-body' && decoded.failure.body.length).toBe(64 * 1024);
  });
});
