/** Uses that cannot work well are reported while they happen. */
import { aiFailover } from '@ai-failover/express';
import { createTestFailover } from '@ai-failover/testing';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { FRAMEWORKS, type Application } from './frameworks.ts';
import { upstream } from './upstream.ts';

const OPTIONS = { upstreams: [upstream('north', ['m'])] };

let warn: MockInstance<typeof process.emitWarning>;

beforeEach(() => {
  warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

function warnings(): unknown[] {
  return warn.mock.calls.map(([message, options]) => [message, options]);
}

const REPORTED = [
  expect.stringContaining('Call it once, when the application starts'),
  { type: 'AIFailoverWarning', code: 'AIF_MISUSE_ENGINE_IN_HANDLER' },
];

describe.each(FRAMEWORKS)('In $name', ({ express }) => {
  async function visit(mount: (app: Application) => void): Promise<void> {
    const app = express();
    mount(app);
    await request(app).get('/').expect(200);
  }

  it('an engine built at the start is fine, also while the application is put together', async () => {
    await visit((app) => {
      const ai = aiFailover(OPTIONS);
      const router = express.Router();
      router.use(aiFailover(createTestFailover({ reply: 'yes' })));
      app.use(ai, router, ai.with({ maxAttempts: 1 }), (_req, res) => {
        res.end();
      });
    });
    expect(warnings()).toEqual([]);
  });

  it('an engine built inside a handler is reported', async () => {
    await visit((app) => {
      app.use((req, res, next) => {
        aiFailover(OPTIONS)(req, res, next);
      });
      app.use((_req, res) => {
        res.end();
      });
    });
    expect(warnings()).toEqual([REPORTED]);
  });

  it('an engine built inside a handler is reported from under many layers of the application', async () => {
    function layers(depth: number): ReturnType<typeof aiFailover<'m'>> {
      return depth === 0 ? aiFailover(OPTIONS) : layers(depth - 1);
    }
    const { stackTraceLimit } = Error;
    await visit((app) => {
      app.get('/', (_req, res) => {
        layers(30);
        res.end();
      });
    });
    expect(warnings()).toEqual([REPORTED]);
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });
});
