/** What the events of a streamed answer say, in the shapes in which OpenAI and the compatible services send them. */
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/judgement/classify.js';
import { readErrorBody } from '../../src/judgement/error-body.js';
import type { Failure } from '../../src/judgement/failure.js';
import type { StreamItem } from '../../src/provider/dialect.js';
import { openai } from '../../src/provider/openai.js';
import { EventSplitter } from '../../src/sse/event-splitter.js';

const HEADERS = { 'content-type': 'text/event-stream', 'retry-after': '7' };
const FACTS = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_718_000_000, model: 'gpt-4.1' };
const USAGE = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };

function read(event: unknown, type = ''): StreamItem {
  return openai.decodeStream(HEADERS).read(typeof event === 'string' ? event : JSON.stringify(event), type);
}

/** All that a stream of bytes says. */
function readStream(text: string): StreamItem[] {
  const decoder = openai.decodeStream(HEADERS);
  const items: StreamItem[] = [];
  const splitter = new EventSplitter({ onEvent: (data, type) => items.push(decoder.read(data, type)) });
  splitter.push(Buffer.from(text));
  splitter.end();
  return items;
}

const chunkOf = (...choices: unknown[]): object => ({ ...FACTS, choices });
const choiceOf = (delta: unknown, finish: unknown = null): object => ({ index: 0, delta, finish_reason: finish });
const deltaOf = (delta: unknown): object => chunkOf(choiceOf(delta));
const callOf = (call: unknown): object => deltaOf({ tool_calls: [call] });

function failureOf(item: StreamItem): Failure {
  if (item.kind !== 'error') throw new Error(`it is no error but ${item.kind}`);
  return item.failure;
}

describe('a chunk in the form of OpenAI', () => {
  const logprobs = { content: [{ token: 'a', bytes: [97], logprob: -0.1, top_logprobs: [] }], refusal: null };
  it.each([
    ['the role', deltaOf({ role: 'assistant', content: '', refusal: null })],
    ['content', deltaOf({ content: 'Grüße 😀' })],
    ['null as content', deltaOf({ role: 'assistant', content: null })],
    ['an empty delta', deltaOf({})],
    ['the end', chunkOf(choiceOf({}, 'stop'))],
    ['content with its end', chunkOf(choiceOf({ content: 'a' }, 'length'))],
    ['an end that only one service knows', chunkOf(choiceOf({}, 'insufficient_system_resource'))],
    ['nothing but the usage', { ...chunkOf(), usage: USAGE }],
    ['usage beside content', { ...deltaOf({ content: 'a' }), usage: { ...USAGE, prompt_cache_hit_tokens: 3 } }],
    ['null as usage', { ...deltaOf({ content: 'a' }), usage: null }],
    ['several choices', chunkOf(choiceOf({ content: 'a' }), { ...choiceOf({ content: 'b' }), index: 1 })],
    ['log probabilities', chunkOf({ ...choiceOf({ content: 'a' }), logprobs })],
    ['null as log probabilities', chunkOf({ ...choiceOf({ content: 'a' }), logprobs: null })],
    ['a refusal', deltaOf({ refusal: 'No.' })],
    ['obfuscation', { ...deltaOf({ content: 'a' }), obfuscation: 'X3hQ', service_tier: 'default' }],
    ['null as fingerprint', { ...deltaOf({ content: 'a' }), system_fingerprint: null }],
    ["DeepSeek's thoughts", deltaOf({ content: null, reasoning_content: 'Hm.' })],
    ["OpenRouter's thoughts", deltaOf({ role: 'assistant', content: '', reasoning: 'Hm.', reasoning_details: [{}] })],
    [
      'the begin of a tool call',
      callOf({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
    ],
    ['a fragment of its arguments', callOf({ index: 0, function: { arguments: '{"cit' } })],
    ['parallel tool calls', deltaOf({ tool_calls: [0, 1].map((index) => ({ index, function: { arguments: '' } })) })],
    ['a call of a custom tool', callOf({ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: 'x' } })],
    ['a function call of old', deltaOf({ function_call: { name: 'f', arguments: '{' } })],
    ['no id, date and model', { object: FACTS.object, choices: [choiceOf({ content: 'a' })] }],
    [
      "Azure's first chunk",
      { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [{ prompt_index: 0 }] },
    ],
    ["Azure's filter results", chunkOf({ ...choiceOf({ content: 'a' }), content_filter_results: { hate: {} } })],
    ["a vendor's fields", { ...deltaOf({ content: 'a', vendor: [1] }), provider: 'X', x_groq: { id: 'y' } }],
  ])('passes as it came with %s', (_, event) => {
    expect(read(event)).toEqual({ kind: 'chunk', chunk: event, asItCame: true });
  });

  it('may have white space around it', () => {
    expect(read(` \n${JSON.stringify(deltaOf({ content: 'a' }))}\n`)).toMatchObject({ kind: 'chunk', asItCame: true });
  });

  it('may be of any type that says nothing', () => {
    expect(read(deltaOf({ content: 'a' }), 'message')).toMatchObject({ kind: 'chunk' });
  });

  it.each([
    ['role', { role: null, content: 'a' }],
    ['tool_calls', { content: 'a', tool_calls: null }],
    ['function_call', { content: 'a', function_call: null }],
  ])('passes as it came with null as %s, which is read as absent', (_, delta) => {
    expect(read(deltaOf(delta))).toEqual({ kind: 'chunk', chunk: deltaOf({ content: 'a' }), asItCame: true });
  });

  it('passes as it came with null inside of a tool call, which is read as absent', () => {
    const call = { index: 0, id: null, type: null, function: { name: null, arguments: '{}' }, custom: null };
    const chunk = callOf({ index: 0, function: { arguments: '{}' } });
    expect(read(callOf(call))).toEqual({ kind: 'chunk', chunk, asItCame: true });
  });
});

describe('a chunk in a loose form', () => {
  const finish_reason = null;
  const delta = { content: 'a' };
  it.each<[string, object, object]>([
    ['no object', { ...chunkOf(), object: undefined }, chunkOf()],
    ['a number as id', { ...chunkOf(), id: 7 }, { ...chunkOf(), id: undefined }],
    ['a text as date', { ...chunkOf(), created: 'today' }, { ...chunkOf(), created: undefined }],
    ['no choices beside the usage', { ...FACTS, usage: USAGE }, { ...chunkOf(), usage: USAGE }],
    ['null as choices beside the usage', { ...FACTS, choices: null, usage: USAGE }, { ...chunkOf(), usage: USAGE }],
    ['usage that is a text', { ...chunkOf(), usage: 'none' }, chunkOf()],
    ['usage without counts', { ...chunkOf(), usage: { cost: 1 } }, chunkOf()],
    [
      'usage without a total',
      { ...chunkOf(), usage: { prompt_tokens: 9, completion_tokens: 4, cost: 1 } },
      { ...chunkOf(), usage: { ...USAGE, cost: 1 } },
    ],
    [
      'usage with a count below 0',
      { ...chunkOf(), usage: { ...USAGE, completion_tokens: -1 } },
      { ...chunkOf(), usage: { ...USAGE, completion_tokens: 0 } },
    ],
    ['no index', chunkOf({ delta, finish_reason }), deltaOf(delta)],
    ['an index that is a text', chunkOf({ index: '0', delta, finish_reason }), deltaOf(delta)],
    ['an index below 0', chunkOf({ index: -1, delta, finish_reason }), deltaOf(delta)],
    ['an index beyond all that was asked', chunkOf({ index: 1e9, delta, finish_reason }), deltaOf(delta)],
    ['no delta', chunkOf({ index: 0, finish_reason: 'stop' }), chunkOf(choiceOf({}, 'stop'))],
    ['null as delta', chunkOf(choiceOf(null)), deltaOf({})],
    ['no finish_reason', chunkOf({ index: 0, delta }), deltaOf(delta)],
    ['an empty finish_reason', chunkOf(choiceOf(delta, '')), deltaOf(delta)],
    [
      'log probabilities that are a list',
      chunkOf({ ...choiceOf(delta), logprobs: [] }),
      chunkOf({ ...choiceOf(delta), logprobs: null }),
    ],
    ['an empty role', deltaOf({ role: '', content: 'a' }), deltaOf(delta)],
    ['another role', deltaOf({ role: 'model', content: 'a' }), deltaOf({ role: 'assistant', content: 'a' })],
    ['thoughts that are no text', deltaOf({ content: 'a', reasoning: { effort: 1 } }), deltaOf(delta)],
    ['a refusal that is no text', deltaOf({ content: 'a', refusal: false }), deltaOf(delta)],
    [
      'content in parts',
      deltaOf({ content: [{ type: 'text', text: 'a' }, { type: 'reference' }, 'b'] }),
      deltaOf({ content: 'ab' }),
    ],
    [
      "Mistral's thoughts",
      deltaOf({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }] }),
      deltaOf({ content: '', reasoning_content: 'Hm.' }),
    ],
    [
      'a picture among parts',
      deltaOf({ content: ['a', { type: 'image_url', image_url: { url: 'data:,' } }] }),
      deltaOf({ content: 'a', images: [{ type: 'image_url', image_url: { url: 'data:,' } }] }),
    ],
    ['a tool call without an index', callOf({ function: {} }), callOf({ index: 0, function: {} })],
    ['a tool call without a function', callOf({ index: 1, id: 'a' }), callOf({ index: 1, id: 'a', function: {} })],
    [
      'a number as id of a tool call',
      callOf({ index: 0, id: 7, function: {} }),
      callOf({ index: 0, id: '7', function: {} }),
    ],
    ['an object as id of a tool call', callOf({ index: 0, id: {}, function: {} }), callOf({ index: 0, function: {} })],
    ['an empty type of a tool call', callOf({ index: 0, type: '', function: {} }), callOf({ index: 0, function: {} })],
    [
      'arguments that were parsed',
      callOf({ index: 0, function: { name: 'f', arguments: { city: 'Köln' } } }),
      callOf({ index: 0, function: { name: 'f', arguments: '{"city":"Köln"}' } }),
    ],
    ['null as error', { ...deltaOf(delta), error: null }, deltaOf(delta)],
    ['an error beside content', { ...deltaOf(delta), error: { message: 'partly' } }, deltaOf(delta)],
    ['an error beside the end', { ...chunkOf(choiceOf({}, 'stop')), error: 'late' }, chunkOf(choiceOf({}, 'stop'))],
  ])('is repaired: %s', (_, event, expected) => {
    // Serialised, so that a field that is undefined is one that is missing.
    const item = read(event);
    expect(item).toMatchObject({ kind: 'chunk', asItCame: false });
    expect(item.kind === 'chunk' && JSON.parse(JSON.stringify(item.chunk))).toEqual(
      JSON.parse(JSON.stringify(expected)),
    );
  });

  it('numbers choices and calls by their position', () => {
    const calls = [{ function: { name: 'f' } }, { function: { name: 'g' } }];
    const item = read(chunkOf({ delta: { content: 'a' } }, { delta: { tool_calls: calls } }));
    expect(item).toMatchObject({
      chunk: { choices: [{ index: 0 }, { index: 1, delta: { tool_calls: [{ index: 0 }, { index: 1 }] } }] },
    });
  });

  it('keeps thoughts that it has told in another word', () => {
    const content = [{ type: 'thinking', thinking: 'Hm.' }];
    const item = read(deltaOf({ content, reasoning_content: 'Ah.' }));
    expect(item).toMatchObject({ chunk: { choices: [{ delta: { content: '', reasoning_content: 'Ah.' } }] } });
  });

  it("keeps a vendor's fields at every depth", () => {
    const call = { function: { name: 'f', v: 1 }, v: 2 };
    const item = read({ ...chunkOf({ delta: { tool_calls: [call], v: 3 }, v: 4 }), v: 5 });
    const tool_calls = [{ index: 0, ...call }];
    expect(item).toMatchObject({ chunk: { v: 5, choices: [{ v: 4, delta: { v: 3, tool_calls } }] } });
  });
});

describe('the terminal marker', () => {
  it.each(['[DONE]', ' [DONE] ', '[DONE]\n'])('is %j', (data) => {
    expect(read(data)).toEqual({ kind: 'done' });
  });
});

describe('an event that says nothing', () => {
  it.each([
    ['empty data', '', ''],
    ['white space', ' \n', ''],
    ['an empty object', {}, ''],
    ['a ping', { type: 'ping' }, ''],
    ['a ping by its type', 'now', 'ping'],
  ])('is %s', (_, event, type) => {
    expect(read(event, type)).toEqual({ kind: 'nothing' });
  });
});

describe('an event that cannot be read', () => {
  it.each([
    ['half of its JSON', '{"choices":[{"ind'],
    ['words', 'Bad gateway'],
    ['a page', '<html></html>'],
    ['a number', '7'],
    ['a text', '"[DONE]"'],
    ['null', 'null'],
    ['a list', [deltaOf({ content: 'a' })]],
    ['no choices', FACTS],
    ['choices that are no list', { ...FACTS, choices: { 0: choiceOf({ content: 'a' }) } }],
    ['choices that are no list beside the usage', { ...FACTS, choices: 'none', usage: USAGE }],
    ['no choices but null as usage', { ...FACTS, usage: null }],
    ['a choice of null', chunkOf(null)],
    ['a choice that is a list', chunkOf([])],
    ['a delta that is a text', deltaOf('a')],
    ['content that is a number', deltaOf({ content: 7 })],
    ['content that is an object', deltaOf({ content: { text: 'a' } })],
    ['content with a part that is a number', deltaOf({ content: [7] })],
    ['an end that is a number', chunkOf(choiceOf({}, 1))],
    ['tool calls that are no list', deltaOf({ tool_calls: {} })],
    ['a tool call of null', callOf(null)],
    ['a function that is a text', callOf({ index: 0, function: 'f' })],
    ['a name that is a number', callOf({ index: 0, function: { name: 7 } })],
    ['a function call of old that is a text', deltaOf({ function_call: 'f' })],
    ['inherited choices', '{"__proto__": {"choices": []}}'],
  ])('has %s', (_, event) => {
    expect(read(event)).toEqual({ kind: 'malformed' });
  });
});

describe('an error inside a stream', () => {
  const error = { message: 'words', type: 'some_type', param: null, code: 'some_code' };
  it.each([
    ['an object', { error }],
    ['an object beside empty choices', { ...chunkOf(), error }],
    ['an object beside a delta of nothing', { ...deltaOf({ role: 'assistant', content: '' }), error }],
    [
      "OpenRouter's",
      { ...chunkOf(choiceOf({ content: '' }, 'error')), error: { code: 'some_code', message: 'words' } },
    ],
    ["OpenRouter's in a choice", chunkOf({ ...choiceOf({ content: '' }, 'error'), error })],
    ["Anthropic's", { type: 'error', error: { type: 'some_code', message: 'words' } }],
    ['an object of its own', { code: 'some_code', message: 'words' }],
    ["vLLM's of old", { object: 'error', message: 'words', type: 'some_code', param: null, code: 40_303 }],
    ["Baidu's", { error_code: 'some_code', error_msg: 'words' }],
    ["MiniMax's", { choices: null, base_resp: { status_code: 'some_code', status_msg: 'words' } }],
  ])('may be %s', (_, event) => {
    const failure = failureOf(read(event));
    expect(failure).toMatchObject({ kind: 'error-body', headers: HEADERS });
    const body = readErrorBody('body' in failure ? failure.body : '');
    expect(body.codes).toContain('some_code');
    expect(body).toMatchObject({ message: 'words', isProviderError: true });
  });

  it.each([
    ['a text in place of an object', { error: 'words' }, ''],
    ['an event of that type', { message: 'words' }, 'error'],
    ['an event of that type that is no JSON', 'words', 'error'],
    ['an event of that type in the shape of an answer', { ...deltaOf({ content: 'a' }), message: 'words' }, 'error'],
  ])('may be %s', (_, event, type) => {
    const failure = failureOf(read(event, type));
    expect(readErrorBody('body' in failure ? failure.body : '').message).toBe('words');
  });

  it.each([
    ['empty', { error: '' }],
    ['false', { error: false }],
    ['null', { error: null }],
    ['a message alone', { message: 'queued' }],
    ['a success of MiniMax', { base_resp: { status_code: 0, status_msg: 'success' } }],
  ])('is none that is %s', (_, event) => {
    expect(read(event)).toEqual({ kind: 'malformed' });
    expect(read({ ...deltaOf({ content: 'a' }), ...event })).toMatchObject({ kind: 'chunk' });
  });

  it('may be an end that does not name it', () => {
    expect(failureOf(read(chunkOf(choiceOf({}, 'error'))))).toMatchObject({ kind: 'protocol' });
  });

  it('is kept to 64 KB', () => {
    const failure = failureOf(read({ error: { message: 'a'.repeat(100_000) } }));
    expect('body' in failure && failure.body.length).toBe(65_536);
    const inChoice = failureOf(read(chunkOf({ ...choiceOf({}), error: { message: 'a'.repeat(100_000) } })));
    expect('body' in inChoice && inChoice.body.length).toBe(65_536);
  });

  it('is judged by its words', () => {
    const exceeded = {
      message: 'You exceeded your current quota',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    };
    expect(classify(failureOf(read({ error: exceeded }))).class).toBe('quota');
    expect(classify(failureOf(read({ error: { type: 'overloaded_error', message: 'Overloaded' } }))).class).toBe(
      'overloaded',
    );
  });
});

describe('a name that is dangerous', () => {
  it.each([
    ['ordinary', ''],
    ['repaired', '"index": null,'],
  ])('changes nothing in a chunk that is %s', (_, repaired) => {
    const proto = '"__proto__": {"polluted": true}';
    const call = `{"index": 0, "function": {"name": "f", ${proto}}, ${proto}}`;
    const choice = `{"index": 0, ${repaired} "delta": {"tool_calls": [${call}], ${proto}}, "finish_reason": null, ${proto}}`;
    const item = read(`{"object": "x", "choices": [${choice}], "constructor": 7, ${proto}}`);
    if (item.kind !== 'chunk') throw new Error('it is a chunk');
    const first = item.chunk.choices[0];
    const calls = first?.delta.tool_calls;
    for (const part of [item.chunk, first, first?.delta, calls?.[0], calls?.[0]?.function, {}]) {
      expect(part).toBeDefined();
      expect(Object.getPrototypeOf(part)).toBe(Object.prototype);
      expect(part).not.toHaveProperty('polluted');
    }
  });
});

describe('a whole stream', () => {
  it("is read past DeepSeek's signs of life", () => {
    const event = deltaOf({ content: 'a' });
    const text = `: keep-alive\n\n: keep-alive\n\ndata: ${JSON.stringify(event)}\n\n: keep-alive\n\ndata: [DONE]\n\n`;
    expect(readStream(text)).toEqual([{ kind: 'chunk', chunk: event, asItCame: true }, { kind: 'done' }]);
  });

  it('may bring its error as the third event', () => {
    const code = 'insufficient_quota';
    const events = [
      deltaOf({ role: 'assistant', content: '' }),
      deltaOf({ content: 'a' }),
      { error: { message: 'Oops', code } },
    ];
    const items = readStream(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    expect(items.map(({ kind }) => kind)).toEqual(['chunk', 'chunk', 'error']);
  });

  it('may be cut inside of an event, which then cannot be read', () => {
    const text = `data: ${JSON.stringify(deltaOf({ content: 'a' }))}`;
    expect(readStream(text)).toMatchObject([{ kind: 'chunk' }]);
    for (let length = 7; length < text.length; length += 1) {
      expect(readStream(text.slice(0, length))).toEqual([{ kind: 'malformed' }]);
    }
  });
});
