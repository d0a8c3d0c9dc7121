import {
  answer,
  createFaultyUpstream,
  fail,
  html,
  huge,
  modelList,
  raw,
  reply,
  sse,
  stream,
} from '@ai-failover/testing';
import type { Reply, StreamPart } from '@ai-failover/testing';
import { describe, expect, it } from 'vitest';
import { exchange } from './raw-client.ts';
import type { RawReply } from './raw-client.ts';
import { dataIn } from './sse-data.ts';
import { startUpstream } from './start-upstream.ts';

async function replyTo(script: Reply, body: object = {}): Promise<RawReply> {
  return exchange(await startUpstream(script), body);
}

/** What fetch makes of it: decoded, whole, no framing. */
async function fetched(script: Reply, body: object = {}): Promise<{ response: Response; text: string }> {
  const upstream = await startUpstream(script);
  const response = await fetch(upstream.baseUrl, { method: 'POST', body: JSON.stringify(body) });
  return { response, text: await response.text() };
}

async function dataOf(script: Reply, body: object = {}): Promise<unknown[]> {
  return dataIn((await fetched(script, body)).text);
}

describe('answer', () => {
  it('is an OpenAI completion of the model that was asked for', async () => {
    const { response, text } = await fetched(answer('Hello there'), { model: 'deepseek-v3.2' });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(text)).toEqual({
      id: 'chatcmpl-0',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'deepseek-v3.2',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
    });
  });

  it('takes every part of the completion from its options', async () => {
    const message = { tool_calls: [{ id: 'call_1' }] };
    const { text } = await fetched(answer({ text: null, model: 'm', finish: 'tool_calls', usage: false, message }));
    expect(JSON.parse(text)).toMatchObject({
      model: 'm',
      choices: [{ finish_reason: 'tool_calls', message: { content: null, tool_calls: [{ id: 'call_1' }] } }],
    });
    expect(text).not.toContain('usage');
  });

  it('takes any status, headers, type and body', async () => {
    const headers = { 'x-one': 'a', 'x-two': ['b', 'c'] };
    const { response, text } = await fetched(answer({ status: 201, headers, body: '{', contentType: 'text/plain' }));
    expect([response.status, text, response.headers.get('content-type')]).toEqual([201, '{', 'text/plain']);
    expect([response.headers.get('x-one'), response.headers.get('x-two')]).toEqual(['a', 'b, c']);
  });

  it('lets a header of the test win over its own', async () => {
    const { head } = await replyTo(answer({ headers: { 'Content-Type': 'application/problem+json' } }));
    expect(head.match(/content-type/gi)).toHaveLength(1);
    expect(head).toContain('application/problem+json');
  });

  it('sends bytes as they are', async () => {
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    const { bytes } = await replyTo(answer({ body }));
    expect(bytes.subarray(-3).equals(body)).toBe(true);
  });

  it('is a list of models when it is modelList()', async () => {
    const { text } = await fetched(modelList(['a', 'b']));
    expect(JSON.parse(text)).toMatchObject({ data: [{ id: 'a' }, { id: 'b' }] });
  });
});

describe('fail', () => {
  it.each([
    [401, 'invalid_api_key'],
    [404, 'model_not_found'],
    [418, null],
    [429, 'rate_limit_exceeded'],
    [500, 'server_error'],
    [503, 'server_is_overloaded'],
  ])('says with %i what OpenAI says', async (status, code) => {
    const { response, text } = await fetched(fail(status));
    expect(response.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject({ error: { code, param: null } });
  });

  it('takes its words and headers from the test', async () => {
    const options = { code: 'insufficient_quota', type: 't', message: 'm', headers: { 'retry-after': '2' } };
    const { response, text } = await fetched(fail(429, options));
    expect(JSON.parse(text)).toEqual({ error: { code: 'insufficient_quota', type: 't', message: 'm', param: null } });
    expect(response.headers.get('retry-after')).toBe('2');
  });

  it('takes any body', async () => {
    expect((await fetched(fail(500, { body: '' }))).text).toBe('');
    expect((await fetched(fail(500, { body: { detail: 'x' } }))).text).toBe('{"detail":"x"}');
  });

  it('can be an HTML page', async () => {
    const { response, text } = await fetched(html(404));
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(text).toContain('<h1>404</h1>');
  });
});

describe('stream', () => {
  it('sends the role, the words, the finish and the marker', async () => {
    const chunks = await dataOf(stream(' two  words '), { model: 'm' });
    expect(chunks).toMatchObject([
      { object: 'chat.completion.chunk', model: 'm', choices: [{ delta: { role: 'assistant' }, finish_reason: null }] },
      { choices: [{ delta: { content: ' two' } }] },
      { choices: [{ delta: { content: '  words' } }] },
      { choices: [{ delta: { content: ' ' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      '[DONE]',
    ]);
  });

  it('sends usage when the request asks for it, or the test', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
    const asked = await dataOf(stream('two words'), { stream_options: { include_usage: true } });
    expect(asked.at(-2)).toMatchObject({ choices: [], usage });
    expect((await dataOf(stream('two words', { usage: true }))).at(-2)).toMatchObject({ usage });
    const own = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    expect((await dataOf(stream('a', { usage: own }))).at(-2)).toMatchObject({ usage: own });
  });

  it('can leave out the finish and the marker', async () => {
    const chunks = await dataOf(stream('word', { finish: false, done: false }));
    expect(chunks).toHaveLength(2);
  });

  it('sends deltas, comments, bare events and pauses as they are listed', async () => {
    const parts: StreamPart[] = [{ comment: 'ping' }, { delta: { refusal: 'no' } }, { wait: 1 }, { data: '{"x":1}' }];
    const { text } = await fetched(stream(parts));
    const frames = text.split('\n\n');
    expect(frames[1]).toBe(': ping');
    expect(frames[2]).toContain('"delta":{"refusal":"no"}');
    expect(frames[3]).toBe('data: {"x":1}');
  });

  it('keeps its pauses before the first content and between the words', async () => {
    const upstream = await startUpstream(stream('a b', { firstContentAfter: 10, interval: 10 }));
    const { pieces } = await exchange(upstream);
    const contents = pieces.filter((piece) => /content":" ?[ab]/.test(piece.toString()));
    expect(contents).toHaveLength(2);
  });

  it('can be of any dialect', async () => {
    const { response, text } = await fetched(
      sse([{ event: 'message_start', id: '7', data: { a: 1 } }, { wait: 1 }, { data: 'two\nlines' }]),
    );
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(text).toBe('event: message_start\nid: 7\ndata: {"a":1}\n\ndata: two\ndata: lines\n\n');
  });

  it('comes from reply() only when the request asks for it', async () => {
    expect(await dataOf(reply('hi'), { stream: true })).toHaveLength(4);
    expect((await fetched(reply('hi'))).text).toContain('"chat.completion"');
  });
});

describe('huge', () => {
  const size = 5 * 1024 * 1024 + 17;

  it('is a whole completion of exactly so many bytes', async () => {
    const { response, text } = await fetched(huge(size));
    expect([response.headers.get('content-length'), text.length]).toEqual([String(size), size]);
    expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion' });
  });

  it('can keep its size to itself', async () => {
    const { response, text } = await fetched(huge(size, { declared: false }));
    expect([response.headers.get('content-length'), text.length]).toEqual([null, size]);
  });

  it('waits for a client that does not read, and stops when it leaves', async () => {
    const upstream = await startUpstream(huge(200 * 1024 * 1024));
    const abort = new AbortController();
    const response = await fetch(upstream.baseUrl, { method: 'POST', body: '{}', signal: abort.signal });
    expect(response.status).toBe(200);
    abort.abort();
    expect(await upstream.requests[0]?.settled).toBe('aborted');
  });

  it('cannot be smaller than a completion', async () => {
    const upstream = await createFaultyUpstream({ script: huge(10) });
    await exchange(upstream);
    await expect(upstream.close()).rejects.toThrow('needs at least');
  });
});

describe('raw', () => {
  it('sends exactly these bytes and closes', async () => {
    expect(await replyTo(raw('not http'))).toMatchObject({ text: 'not http', ending: 'end' });
  });

  it('can reset afterwards', async () => {
    expect(await replyTo(raw(Buffer.from('HTTP/1.1 2'), 'reset'))).toMatchObject({
      text: 'HTTP/1.1 2',
      ending: 'ECONNRESET',
    });
  });
});
