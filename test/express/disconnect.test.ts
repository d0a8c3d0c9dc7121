/** The client leaves, on real sockets. */
import { Agent } from 'node:http';
import { aiFailover } from '@ai-failover/express';
import { answer, createFaultyUpstream, createTestFailover, fail, hang, type Script } from '@ai-failover/testing';
import type { ErrorRequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FRAMEWORKS, listen, post } from './frameworks.ts';

const QUESTION = { messages: [{ role: 'user', content: 'Where is my parcel?' }] };

/** A pool of one faulty upstream, and the names of what happens. */
async function pool(script: Script) {
  const upstream = await createFaultyUpstream({ script });
  const ai = aiFailover({
    upstreams: [{ name: 'real', provider: 'openai', baseUrl: upstream.baseUrl, keys: 'none', models: ['m'] }],
    cannedReply: 'We will be back soon.',
  });
  const events: string[] = [];
  ai.failover.onAny((name) => events.push(name));
  onTestFinished(async () => {
    await ai.failover.close();
    await upstream.close();
  });
  return { upstream, ai, events };
}

/** Resolves with the error of the route, or `undefined` when it ended well. */
function outcome() {
  let settle: (error: unknown) => void = () => {};
  const settled = new Promise<unknown>((resolve) => (settle = resolve));
  return { settled, settle };
}

describe.each(FRAMEWORKS)('A client of $name that leaves', ({ express }) => {
  it.each(['chat', 'respond'] as const)('destroys the request of the upstream at once: %s', async (way) => {
    const { upstream, ai, events } = await pool(hang());
    const { settled, settle } = outcome();
    const app = express();
    app.use(express.json(), ai);
    app.post('/', (req) => {
      req.ai[way](req.body).then(() => settle(undefined), settle);
    });
    const client = post(`http://127.0.0.1:${await listen(app)}/`, QUESTION);
    const sent = await upstream.waitForRequest();
    expect(ai.failover.status().calls.inFlight).toBe(1);
    client.request.destroy();
    expect(await sent.settled).toBe('aborted');

    const error = await settled;
    if (way === 'chat') expect(error).toMatchObject({ name: 'AbortError' });
    else expect(error).toBeUndefined();
    // Nothing is blamed, nobody else is asked, nobody is answered.
    expect(events).toEqual(['call-started', 'attempt-started', 'attempt-aborted', 'call-aborted']);
    const { calls, deployments, retryBudget } = ai.failover.status();
    expect(calls).toMatchObject({ total: 1, inFlight: 0, aborted: 1, canned: 0, failed: 0 });
    expect(deployments).toMatchObject([{ inFlight: 0, failures: 0, neutral: 1, rest: undefined, available: true }]);
    expect(retryBudget.inUse).toBe(0);
    expect(upstream.requests).toHaveLength(1);
  });

  it('ends a route made of respond without an error, for nobody is there to be told', async () => {
    const { upstream, ai } = await pool(hang());
    const errors: unknown[] = [];
    const app = express();
    app.post(
      '/',
      express.json(),
      ai.respond((req) => req.body),
    );
    app.use(((error: unknown, _req, _res, next) => {
      errors.push(error);
      next(error);
    }) satisfies ErrorRequestHandler);
    const client = post(`http://127.0.0.1:${await listen(app)}/`, QUESTION);
    const sent = await upstream.waitForRequest();
    const aborted = new Promise<void>((resolve) => ai.failover.on('call-aborted', () => resolve()));
    client.request.destroy();
    await aborted;
    expect(await sent.settled).toBe('aborted');
    expect(errors).toEqual([]);
  });

  it('leaves no listener behind, however many calls a connection has carried', async () => {
    const { ai } = await pool(answer('yes'));
    const listeners: number[] = [];
    const app = express();
    app.use(express.json(), ai);
    app.post('/', (req, res, next) => {
      async function twice(): Promise<void> {
        await Promise.all([req.ai.chat(req.body), req.ai.chat(req.body)]);
        listeners.push(req.socket.listenerCount('close') + res.listenerCount('close'));
        res.end();
      }
      twice().then(undefined, next);
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const url = `http://127.0.0.1:${await listen(app)}/`;
    for (let round = 0; round < 5; round += 1) await post(url, QUESTION, agent).response;
    expect(listeners).toEqual(Array.from({ length: 5 }, () => listeners[0]));
  });

  it('does not abort what an earlier request of the connection has left running', async () => {
    const { upstream, ai } = await pool(async (received) => {
      if (received.index === 0) await later;
      return answer('done');
    });
    let release = (): void => {};
    const later = new Promise<void>((resolve) => (release = resolve));
    const { settled, settle } = outcome();
    const app = express();
    app.use(express.json(), ai);
    app.post('/background', (req, res) => {
      req.ai.chat(req.body).then(() => settle(undefined), settle);
      res.json({ accepted: true });
    });
    app.post(
      '/',
      ai.respond((req) => req.body),
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const port = await listen(app);
    await post(`http://127.0.0.1:${port}/background`, QUESTION, agent).response;
    const second = await post(`http://127.0.0.1:${port}/`, QUESTION, agent).response;
    expect(second.status).toBe(200);
    agent.destroy();
    // The server has seen the connection close when it has answered another one that was made later.
    await post(`http://127.0.0.1:${port}/`, QUESTION).response;
    release();
    expect(await settled).toBeUndefined();
    expect(upstream.requests.map(({ outcome: how }) => how)).toEqual(['answered', 'answered', 'answered']);
  });

  it('is noticed on the second request of a connection as on the first', async () => {
    const { upstream, ai } = await pool([answer('first'), hang()]);
    const app = express();
    app.post(
      '/',
      express.json(),
      ai.respond((req) => req.body),
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const url = `http://127.0.0.1:${await listen(app)}/`;
    await post(url, QUESTION, agent).response;
    const client = post(url, QUESTION, agent);
    const sent = await upstream.waitForRequest(1);
    expect(client.request.reusedSocket).toBe(true);
    client.request.destroy();
    expect(await sent.settled).toBe('aborted');
  });

  it('does not end a call that is detached', async () => {
    const { upstream, ai, events } = await pool(async () => {
      await later;
      return answer('for the archive');
    });
    let release = (): void => {};
    const later = new Promise<void>((resolve) => (release = resolve));
    const { settled, settle } = outcome();
    const app = express();
    app.use(express.json(), ai.with({ detached: true }));
    app.post('/', (req, res) => {
      res.once('close', release);
      req.ai.respond(req.body).then(() => settle(undefined), settle);
    });
    const client = post(`http://127.0.0.1:${await listen(app)}/`, QUESTION);
    await upstream.waitForRequest();
    client.request.destroy();
    expect(await settled).toBeUndefined();
    expect(events.at(-1)).toBe('call-answered');
    expect(upstream.requests[0]?.outcome).toBe('answered');
  });

  it('before the call begins costs nothing', async () => {
    const { upstream, ai, events } = await pool(answer('nobody reads this'));
    const { settled, settle } = outcome();
    const app = express();
    const here = outcome();
    app.use(express.json(), ai);
    app.post('/', (req, res) => {
      here.settle(undefined);
      res.once('close', () => {
        req.ai.chat(req.body).then(() => settle(undefined), settle);
      });
    });
    const client = post(`http://127.0.0.1:${await listen(app)}/`, QUESTION);
    await here.settled;
    client.request.destroy();
    expect(await settled).toMatchObject({ name: 'AbortError' });
    expect(upstream.requests).toHaveLength(0);
    expect(events).toEqual([]);
  });

  it('after it was answered does not keep the route from working on', async () => {
    const { upstream, ai } = await pool(answer('for the archive'));
    const { settled, settle } = outcome();
    const app = express();
    app.use(express.json(), ai);
    app.post('/', (req, res) => {
      res.once('close', () => {
        req.ai.chat(req.body).then(() => settle(undefined), settle);
      });
      res.json({ accepted: true });
    });
    await post(`http://127.0.0.1:${await listen(app)}/`, QUESTION).response;
    expect(await settled).toBeUndefined();
    expect(upstream.requests).toHaveLength(1);
  });

  it('during a back-off ends the wait', async () => {
    const { upstream, ai, events } = await pool(fail(503));
    const { settled, settle } = outcome();
    const app = express();
    app.use(express.json(), ai);
    app.post('/', (req) => {
      req.ai.chat(req.body, { maxAttempts: 3 }).then(() => settle(undefined), settle);
    });
    const port = await listen(app);
    const waiting = new Promise<void>((resolve) => ai.failover.on('call-waiting', () => resolve()));
    const client = post(`http://127.0.0.1:${port}/`, QUESTION);
    await waiting;
    client.request.destroy();
    const error = await settled;
    // A short back-off may be over before the socket is seen to close; the call is aborted in any case.
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(events.at(-1)).toBe('call-aborted');
    expect(upstream.requests.length).toBeLessThanOrEqual(2);
  });

  it("obeys the application's own signal beside the client's leaving", async () => {
    const { upstream, ai } = await pool(hang());
    const { settled, settle } = outcome();
    const controller = new AbortController();
    const app = express();
    app.use(express.json(), ai);
    app.post('/', (req, res) => {
      req.ai.respond(req.body, { signal: controller.signal }).then(
        () => settle(undefined),
        (error: unknown) => {
          settle(error);
          res.status(418).end();
        },
      );
    });
    const client = post(`http://127.0.0.1:${await listen(app)}/`, QUESTION);
    const sent = await upstream.waitForRequest();
    const reason = new Error('the operator pressed stop');
    controller.abort(reason);
    expect(await sent.settled).toBe('aborted');
    expect(await settled).toBe(reason);
    expect((await client.response).status).toBe(418);
  });
});

describe.each(FRAMEWORKS)('What we know of $name', ({ express }) => {
  it('closes `req` as soon as a POST body has been read, and `res` only when the answer is sent', async () => {
    const order: string[] = [];
    const app = express();
    app.post('/', express.json(), (req, res) => {
      res.once('close', () => order.push(`res closed, finished: ${res.writableFinished}`));
      const answerIt = (): void => {
        order.push(`req closed, client connected: ${!req.socket.destroyed}`);
        res.end('ok');
      };
      // It may have closed before the handler ran.
      if (req.closed) answerIt();
      else req.once('close', answerIt);
    });
    const { body } = await post(`http://127.0.0.1:${await listen(app)}/`, QUESTION).response;
    expect(body).toBe('ok');
    expect(order[0]).toBe('req closed, client connected: true');
    await expect.poll(() => order).toEqual(['req closed, client connected: true', 'res closed, finished: true']);
  });
});

describe('createTestFailover', () => {
  it.each(FRAMEWORKS)('stands in for a pool behind $name', async ({ express }) => {
    const failover = createTestFailover({ reply: 'Hello' });
    const app = express();
    app.post(
      '/',
      express.json(),
      aiFailover(failover).respond((req) => req.body),
    );
    const { status, body } = await post(`http://127.0.0.1:${await listen(app)}/`, QUESTION).response;
    expect([status, JSON.parse(body).choices[0].message.content]).toEqual([200, 'Hello']);
  });
});
