/** `req.ai.chat` and the options of mounts. */
import { aiFailover, type ChatReply } from '@ai-failover/express';
import {
  answer,
  createFaultyUpstream,
  createTestFailover,
  failWith,
  type ScriptedRequest,
  type TestReply,
} from '@ai-failover/testing';
import type { Request, RequestHandler, Response } from 'express';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FRAMEWORKS } from './frameworks.ts';
import { upstream } from './upstream.ts';

const QUESTION = { messages: [{ role: 'user', content: 'Where is my parcel?' }] };

/** Three models, each at an upstream of its own, and chains that tell them apart. */
function shop(reply: TestReply | ((sent: ScriptedRequest) => TestReply) = ({ model }) => `from ${model}`) {
  return createTestFailover({
    reply,
    options: {
      upstreams: [
        upstream('north', ['large'], { tags: ['no-retention'], region: 'cn-north' }),
        upstream('south', ['small'], { region: 'cn-south' }),
        upstream('east', ['tiny'], { tags: ['no-retention'], region: 'cn-east' }),
      ],
      chains: { default: ['large', 'small'], cheap: ['small', 'tiny'], tiny: ['tiny'] },
    },
  });
}

/** Express 4 does not catch what an async handler throws; applications there do it like this. */
function chats(ask: (req: Request, res: Response) => Promise<unknown>): RequestHandler {
  return (req, res, next) => {
    ask(req, res).then((reply) => res.json(reply), next);
  };
}

describe.each(FRAMEWORKS)('req.ai in $name', ({ express }) => {
  it('answers with JSON that says nothing of the pool', async () => {
    const app = express();
    app.use(express.json(), aiFailover(shop()));
    let seen: ChatReply | undefined;
    app.post(
      '/support',
      chats(async (req) => (seen = await req.ai.chat({ messages: req.body.messages }))),
    );
    const { status, body, text } = await request(app).post('/support').send(QUESTION);
    expect(status).toBe(200);
    expect(body.choices[0].message.content).toBe('from large');
    expect(Object.keys(body).toSorted()).toEqual(['choices', 'created', 'id', 'model', 'object', 'usage']);
    expect(text).not.toMatch(/failover|north|attempt/i);
    expect(seen?.failover).toMatchObject({ deployment: 'large@north', model: 'large', degraded: undefined });
    expect(seen?.text).toBe('from large');
  });

  it('sends what the route asks for, and nothing of the mount', async () => {
    const failover = shop();
    const app = express();
    app.use(express.json(), aiFailover(failover));
    app.post(
      '/support',
      chats((req) => req.ai.chat({ ...req.body, temperature: 0.2 }, { metadata: { user: 'u1' } })),
    );
    await request(app).post('/support').send(QUESTION).expect(200);
    expect(failover.requests.map(({ body }) => body)).toEqual([{ ...QUESTION, temperature: 0.2, model: 'large' }]);
  });

  it('takes options as well as an engine, and gives the engine back', async () => {
    const real = await createFaultyUpstream({ script: answer('over a socket') });
    const ai = aiFailover({
      upstreams: [{ name: 'real', provider: 'openai', baseUrl: real.baseUrl, keys: 'none', models: ['m'] }],
    });
    onTestFinished(async () => {
      await ai.failover.close();
      await real.close();
    });
    const app = express();
    app.use(express.json(), ai);
    app.post(
      '/support',
      chats((req) => req.ai.chat(req.body)),
    );
    const { body } = await request(app).post('/support').send(QUESTION).expect(200);
    expect(body.choices[0].message.content).toBe('over a socket');
    expect(ai.failover.status().calls).toMatchObject({ total: 1, answered: 1, inFlight: 0 });

    const engine = shop();
    expect(aiFailover(engine).failover).toBe(engine);
  });

  it('works when mounted under a prefix, and in a router', async () => {
    const ai = aiFailover(shop());
    const app = express();
    const router = express.Router();
    router.post(
      '/ask',
      chats((req) => req.ai.chat(req.body)),
    );
    app.use('/api', express.json(), ai, router);
    app.post('/outside', (req, res) => {
      res.json({ ai: typeof req.ai });
    });
    const { body } = await request(app).post('/api/ask').send(QUESTION).expect(200);
    expect(body.choices[0].message.content).toBe('from large');
    expect((await request(app).post('/outside').send(QUESTION)).body).toEqual({ ai: 'undefined' });
  });

  it('lets two engines stand side by side, the nearer one answering', async () => {
    const [first, second] = [shop('first'), shop('second')];
    const app = express();
    app.use(express.json(), aiFailover(first));
    app.use('/second', aiFailover(second).with({ chain: 'cheap' }));
    app.use(chats(async (req) => ({ text: (await req.ai.chat(req.body)).text })));
    expect((await request(app).post('/').send(QUESTION)).body).toEqual({ text: 'first' });
    expect((await request(app).post('/second').send(QUESTION)).body).toEqual({ text: 'second' });
    expect(first.requests.map(({ model }) => model)).toEqual(['large']);
    expect(second.requests.map(({ model }) => model)).toEqual(['small']);
  });

  it('needs no body parser', async () => {
    const failover = shop();
    const app = express();
    app.use(aiFailover(failover));
    app.get(
      '/joke',
      chats((req) => req.ai.chat({ messages: [{ role: 'user', content: `Joke about ${req.originalUrl}` }] })),
    );
    await request(app).get('/joke').expect(200);
    expect(failover.requests[0]?.body['messages']).toEqual([{ role: 'user', content: 'Joke about /joke' }]);
  });

  it('is told by the 400 when the body was never parsed', async () => {
    const failover = shop();
    const app = express();
    app.use(aiFailover(failover));
    app.post(
      '/support',
      chats((req) => req.ai.chat(req.body)),
    );
    const { status, text } = await request(app).post('/support').send(QUESTION);
    expect(status).toBe(400);
    expect(text).toContain('must be an object with messages');
    expect(failover.requests).toHaveLength(0);
  });

  describe('ai.with', () => {
    async function chosen(
      failover: ReturnType<typeof shop>,
      mount: (app: ReturnType<typeof express>) => void,
      path: string,
    ) {
      const app = express();
      app.use(express.json());
      mount(app);
      app.use(chats((req) => req.ai.chat(req.body)));
      const { status } = await request(app).post(path).send(QUESTION);
      return { status, models: failover.requests.map(({ model }) => model) };
    }

    it('gives the routes of a mount another chain, and leaves the others alone', async () => {
      const [inside, outside] = [shop(), shop()];
      const mount = (failover: typeof inside) => (app: ReturnType<typeof express>) => {
        const ai = aiFailover(failover);
        app.use(ai);
        app.use('/faq', ai.with({ chain: 'cheap' }));
      };
      expect(await chosen(inside, mount(inside), '/faq/1')).toEqual({ status: 200, models: ['small'] });
      expect(await chosen(outside, mount(outside), '/other')).toEqual({ status: 200, models: ['large'] });
    });

    it('adds to an outer mount, the nearer one winning where both speak', async () => {
      const failover = shop(() => failWith(503));
      const ai = aiFailover(failover);
      const result = await chosen(
        failover,
        (app) => {
          app.use(ai.with({ chain: 'cheap', maxAttempts: 1 }));
          app.use('/faq', ai.with({ chain: 'tiny' }));
        },
        '/faq',
      );
      expect(result).toEqual({ status: 502, models: ['tiny'] });
    });

    it('yields to the options of a call, but not to those that are undefined', async () => {
      const failover = shop();
      const ai = aiFailover(failover);
      const app = express();
      app.use(express.json(), ai.with({ chain: 'cheap' }));
      app.post(
        '/tiny',
        chats((req) => req.ai.chat(req.body, { chain: 'tiny' })),
      );
      app.post(
        '/undefined',
        chats((req) => req.ai.chat(req.body, { chain: undefined })),
      );
      app.post(
        '/bound',
        chats((req) => req.ai.with({ chain: 'tiny' }).chat(req.body)),
      );
      for (const path of ['/tiny', '/undefined', '/bound']) await request(app).post(path).send(QUESTION).expect(200);
      expect(failover.requests.map(({ model }) => model)).toEqual(['tiny', 'small', 'tiny']);
    });

    it('keeps the demands of an outer mount when a nearer one or the call makes its own', async () => {
      const failover = shop();
      const ai = aiFailover(failover);
      const app = express();
      app.use(express.json(), ai.with({ require: { tags: ['no-retention'] } }));
      app.use('/east', ai.with({ require: { regions: ['cn-east', 'cn-south'] } }));
      app.post(
        '/east',
        chats((req) => req.ai.chat({ ...req.body, model: 'cheap' })),
      );
      app.post(
        '/call',
        chats((req) => req.ai.chat(req.body, { chain: 'cheap', require: { regions: ['cn-south'] } })),
      );
      await request(app).post('/east').send(QUESTION).expect(200);
      expect(failover.requests.map(({ model }) => model)).toEqual(['tiny']);
      await request(app).post('/call').send(QUESTION).expect(503);
      expect(failover.requests).toHaveLength(1);
    });

    it('leaves the fields of a group that a nearer one does not name', async () => {
      const seen: unknown[] = [];
      const failover = shop();
      failover.on('call-started', ({ metadata }) => seen.push(metadata));
      const ai = aiFailover(failover);
      const app = express();
      app.use(express.json(), ai.with({ metadata: { area: 'support', tier: 1 } }));
      app.post(
        '/',
        chats((req) => req.ai.chat(req.body, { metadata: { tier: 2 } })),
      );
      await request(app).post('/').send(QUESTION).expect(200);
      expect(seen).toEqual([{ area: 'support', tier: 2 }]);
    });

    it('refuses an unknown chain when it is mounted, naming the nearest', () => {
      const ai = aiFailover(shop());
      // @ts-expect-error -- a typing mistake
      const mount = () => ai.with({ chain: 'cheep' });
      expect(mount).toThrow(
        expect.objectContaining({ code: 'AIF_CONFIG', message: expect.stringContaining('"cheap"') }),
      );
      // @ts-expect-error -- likewise
      expect(() => ai.respond(() => QUESTION, { chain: 'cheep' })).toThrow(/Did you mean "cheap"/);
    });
  });

  describe('the headers of the request', () => {
    it('choose the language of the canned reply', async () => {
      const failover = createTestFailover({
        reply: failWith(503),
        options: {
          upstreams: [upstream('north', ['m'])],
          cannedReply: { en: 'Back soon.', de: 'Gleich zurück.', 'pt-BR': 'Já voltamos.' },
        },
      });
      const app = express();
      app.use(express.json(), aiFailover(failover));
      app.post(
        '/',
        chats(async (req) => ({ text: (await req.ai.chat(req.body)).text })),
      );
      const said = async (language?: string) => {
        const sent = request(app).post('/');
        if (language !== undefined) sent.set('accept-language', language);
        const { body } = await sent.send(QUESTION).expect(200);
        return body.text;
      };
      expect(await said('fr;q=0.9, de-AT;q=0.8, en;q=0.5')).toBe('Gleich zurück.');
      expect(await said('pt')).toBe('Já voltamos.');
      expect(await said('xx')).toBe('Back soon.');
      expect(await said()).toBe('Back soon.');
    });

    it('make one attempt fewer when the client is itself trying again', async () => {
      const upstreams = [upstream('north', ['m']), upstream('south', ['m'])];
      const breaker = { consecutiveFailures: 1_000, minimumAttempts: 1_000 };
      const failover = createTestFailover({ reply: failWith(503), options: { upstreams, breaker } });
      const app = express();
      app.use(express.json(), aiFailover(failover));
      app.post(
        '/',
        chats((req) => req.ai.chat(req.body)),
      );
      const attempts = async (count?: string) => {
        const before = failover.requests.length;
        const sent = request(app).post('/');
        if (count !== undefined) sent.set('x-stainless-retry-count', count);
        await sent.send(QUESTION).expect(502);
        return failover.requests.length - before;
      };
      expect(await attempts()).toBe(3);
      expect(await attempts('0')).toBe(3);
      expect(await attempts('not a number')).toBe(3);
      expect(await attempts('1')).toBe(2);
    });
  });
});
