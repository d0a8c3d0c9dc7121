/** Streamed answers through Express, with a real upstream and real clients. */
import { Agent, get, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { aiFailover, type AIFailoverMiddleware } from '@ai-failover/express';
import {
  createFaultyUpstream,
  fail,
  hang,
  reply,
  stream,
  type FaultyUpstream,
  type Script,
} from '@ai-failover/testing';
import compression from 'compression';
import cors from 'cors';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FRAMEWORKS, listen, post } from './frameworks.ts';
import { readEvents } from './read-events.ts';

const QUESTION = { stream: true, messages: [{ role: 'user', content: 'Where is my parcel?' }] };
const ANSWER = 'It left the warehouse on Tuesday';

interface Pool {
  readonly upstream: FaultyUpstream;
  readonly ai: AIFailoverMiddleware<'m', 'default'>;
  readonly events: readonly string[];
}

/** A pool of one faulty upstream, and the names of what happens. */
async function pool(script: Script, options: object = {}): Promise<Pool> {
  const upstream = await createFaultyUpstream({ script });
  const ai = aiFailover({
    upstreams: [{ name: 'real', provider: 'openai', baseUrl: upstream.baseUrl, keys: 'none', models: ['m'] }],
    ...options,
  });
  const events: string[] = [];
  ai.failover.onAny((name) => events.push(name));
  onTestFinished(async () => {
    await ai.failover.close();
    await upstream.close();
  });
  return { upstream, ai, events };
}

/** A request whose response a test reads in its own way. */
function ask(url: string, headers: Record<string, string> = {}, agent: Agent | false = false): ClientRequest {
  const all = { 'content-type': 'application/json', ...headers };
  return request(url, { method: 'POST', headers: all, agent });
}

describe.each(FRAMEWORKS)('A streamed answer in $name', ({ express }) => {
  /** An application with one route that answers by itself; resolves with its URL. */
  async function respondingWith(ai: Pool['ai'], options = {}, before?: RequestHandler) {
    const app = express();
    app.use(express.json());
    if (before !== undefined) app.use(before);
    app.post(
      '/',
      ai.respond((req) => req.body, options),
    );
    const errors: unknown[] = [];
    app.use(((error: unknown, _req, res, _next) => {
      errors.push(error);
      res.status(599).end('rendered by the application');
    }) satisfies ErrorRequestHandler);
    return { url: `http://127.0.0.1:${await listen(app)}/`, errors };
  }

  it('arrives whole, and says that it does', async () => {
    const { ai } = await pool(stream(ANSWER));
    const { url } = await respondingWith(ai);
    const { status, body } = await post(url, QUESTION).response;
    expect(status).toBe(200);
    expect(readEvents(body)).toEqual({ text: ANSWER, done: true, error: undefined, keepAlives: 0 });
  });

  it('arrives as it comes behind middleware that compresses, with the headers of all', async () => {
    let release = (): void => {};
    const later = new Promise<void>((resolve) => (release = resolve));
    const { ai } = await pool(stream(['a', 'b', 'c', { wait: 600_000 }]));
    const app = express();
    app.use(compression({ threshold: 0 }), cors({ origin: 'https://shop.example', credentials: true }), express.json());
    app.use((_req, res, next) => {
      res.setHeader('cache-control', 'no-store');
      next();
    });
    app.post(
      '/',
      ai.respond((req) => req.body),
    );
    const url = `http://127.0.0.1:${await listen(app)}/`;
    const headers = { 'accept-encoding': 'gzip', origin: 'https://shop.example' };
    const sent = ask(url, headers).end(JSON.stringify(QUESTION));
    const response = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-credentials': 'true',
      'x-request-id': expect.any(String),
    });
    expect(response.headers).not.toHaveProperty('content-encoding');
    let body = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
      if (readEvents(body).text === 'abc') release();
    });
    response.on('error', () => {});
    // The answer has not ended.
    await later;
    sent.destroy();
  });

  it('that cannot begin is an error for the application to render', async () => {
    const { ai } = await pool(fail(400, { message: 'No such tool.' }));
    const { url, errors } = await respondingWith(ai);
    const { status, body } = await post(url, QUESTION).response;
    expect([status, body]).toEqual([599, 'rendered by the application']);
    expect(errors).toMatchObject([{ code: 'AIF_BAD_REQUEST', message: 'No such tool.' }]);
  });

  it('that breaks off and cannot be continued ends with an error, and not as if it were whole', async () => {
    const { ai } = await pool(stream(ANSWER).resetAfter({ events: 4 }));
    const { url, errors } = await respondingWith(ai, { onStreamFailure: 'error' });
    const { status, body } = await post(url, QUESTION).response;
    expect(status).toBe(200);
    expect(readEvents(body)).toMatchObject({
      text: 'It left the',
      done: false,
      error: { type: 'server_error', code: 'AIF_INTERRUPTED' },
    });
    expect(errors).toEqual([]);
  });

  it('that is canned is a whole stream, and says what it is', async () => {
    const { ai } = await pool(fail(503), { cannedReply: 'We will be back soon.', retry: { baseDelay: 0 } });
    const { url } = await respondingWith(ai);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(QUESTION),
    });
    expect(response.headers.get('x-ai-failover-degraded')).toBe('canned');
    expect(readEvents(await response.text())).toMatchObject({ text: 'We will be back soon.', done: true });
  });

  it.each([
    ['before there is content', hang(), 'call-aborted'],
    ['while it is read', stream(ANSWER).stallAfter({ events: 3 }), 'call-aborted'],
  ] as const)('is aborted when the client leaves %s', async (when, script, last) => {
    const { upstream, ai, events } = await pool(script);
    const { url, errors } = await respondingWith(ai);
    const client = post(url, QUESTION);
    const sent = await upstream.waitForRequest();
    if (when === 'while it is read') {
      await new Promise((resolve) => client.request.once('response', resolve));
    }
    client.request.destroy();
    expect(await sent.settled).toBe('aborted');
    await expect.poll(() => events.at(-1)).toBe(last);
    expect(ai.failover.status().calls).toMatchObject({ inFlight: 0, aborted: 1 });
    expect(ai.failover.status().deployments).toMatchObject([{ inFlight: 0, failures: 0 }]);
    expect(errors).toEqual([]);
  });

  it('is not begun for a client that has left before', async () => {
    const { upstream, ai } = await pool(reply(ANSWER));
    let arrive = (): void => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const { url, errors } = await respondingWith(ai, {}, (_req, res, next) => {
      res.once('close', next);
      arrive();
    });
    const client = post(url, QUESTION);
    await arrived;
    client.request.destroy();
    await client.response.catch(() => {});
    // Another request has been answered when everything of the first is over.
    await ai.failover.chat({ messages: QUESTION.messages });
    expect(upstream.requests).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('that is detached goes on to its end though the client has left', async () => {
    let release = (): void => {};
    const later = new Promise<void>((resolve) => (release = resolve));
    const { upstream, ai, events } = await pool(async () => {
      await later;
      return stream(ANSWER);
    });
    const { url } = await respondingWith(ai, { detached: true }, (_req, res, next) => {
      res.once('close', release);
      next();
    });
    const client = post(url, QUESTION);
    await upstream.waitForRequest();
    client.request.destroy();
    await expect.poll(() => events.at(-1)).toBe('call-answered');
    expect(upstream.requests[0]?.outcome).toBe('answered');
  });

  it('waits for a slow reader, who misses nothing', async () => {
    const words = Array.from({ length: 3_000 }, (_, index) => `${index}:${'x'.repeat(1_000)} `);
    const { ai, upstream } = await pool(stream(words));
    const { url } = await respondingWith(ai);
    // Closing what a reader has not taken yet is the kernel's to do; this one keeps its connection.
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const sent = ask(url, {}, agent).end(JSON.stringify(QUESTION));
    const response = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
    let body = '';
    for await (const piece of response.setEncoding('utf8')) {
      body += String(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { text, done } = readEvents(body);
    expect([done, text.length]).toEqual([true, words.join('').length]);
    expect(text === words.join('')).toBe(true);
    expect(upstream.requests[0]?.outcome).toBe('answered');
  });

  it('shows signs of life until it begins, and afterwards an error as an event', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    for (const [played, expected] of [
      [stream(ANSWER), { text: ANSWER, done: true, error: undefined, keepAlives: 1 }],
      [fail(400, { message: 'No such tool.' }), { done: false, error: { message: 'No such tool.' }, keepAlives: 1 }],
    ] as const) {
      let release = (): void => {};
      const later = new Promise<void>((resolve) => (release = resolve));
      const { upstream, ai } = await pool(async () => {
        await later;
        return played;
      });
      const { url } = await respondingWith(ai);
      const client = post(url, QUESTION);
      await upstream.waitForRequest();
      vi.advanceTimersByTime(10_000);
      await new Promise((resolve) => client.request.once('response', resolve));
      release();
      const { status, body } = await client.response;
      expect(status).toBe(200);
      expect(readEvents(body)).toMatchObject(expected);
    }
  });

  it('can be read by the application itself', async () => {
    const { ai } = await pool(stream(ANSWER));
    const app = express();
    app.use(express.json(), ai);
    app.get('/', (req, res, next) => {
      async function answer(): Promise<void> {
        const answered = await req.ai.stream({ messages: QUESTION.messages });
        for await (const { choices } of answered) res.write(choices[0]?.delta.content ?? '');
        res.end(` (${(await answered.finished).status})`);
      }
      answer().catch(next);
    });
    const port = await listen(app);
    const body = await new Promise<string>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve(text)).on('error', reject);
      });
    });
    expect(body).toBe(`${ANSWER} (done)`);
  });

  it('ends in the hands of the application when the client leaves', async () => {
    const { upstream, ai } = await pool(stream(ANSWER).stallAfter({ events: 3 }));
    let settle: (error: unknown) => void = () => {};
    const settled = new Promise<unknown>((resolve) => (settle = resolve));
    const app = express();
    app.use(express.json(), ai);
    app.post('/', (req, res) => {
      async function answer(): Promise<void> {
        for await (const { choices } of await req.ai.stream(req.body)) res.write(choices[0]?.delta.content ?? '');
      }
      answer().then(settle, settle);
    });
    const client = post(`http://127.0.0.1:${await listen(app)}/`, QUESTION);
    await new Promise((resolve) => client.request.once('response', resolve));
    client.request.destroy();
    expect(await settled).toMatchObject({ name: 'AbortError' });
    expect(await upstream.requests[0]?.settled).toBe('aborted');
  });
});
