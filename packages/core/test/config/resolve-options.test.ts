import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MockAgent } from 'undici';
import * as defaults from '../../src/config/defaults.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { deployment, KEY, onlyUpstream, options, upstream } from './sample-options.js';
import { O200K } from '../../src/tokens/tokenizer.js';

/** The numbers, switches and words that the doc comments of an interface name as defaults. */
function promisedIn(name: string): Record<string, unknown> {
  const file =
    { ModelOptions: 'model-options', HealthOptions: 'health-options', StateOptions: 'state-options' }[name] ??
    'options';
  const source = readFileSync(new URL(`../../src/config/${file}.ts`, import.meta.url), 'utf8');
  const body = new RegExp(`interface ${name}\\b.*?\\n\\}`, 's').exec(source)?.[0] ?? '';
  const promised = body.matchAll(/@default ([\d_.]+|true|false|'[\w-]+')(?:,[^\n]*)?(?: \*\/|\n\s+\*\/)\n\s+(\w+)\?/g);
  return Object.fromEntries([...promised].map(([, value = '', field = '']) => [field, literal(value)]));
}

function literal(text: string): unknown {
  return text.startsWith("'") ? text.slice(1, -1) : JSON.parse(text.replaceAll('_', ''));
}

describe('defaults', () => {
  it('complete the smallest options', () => {
    const settings = resolveOptions(options());
    const north = onlyUpstream(settings);
    expect(north).toEqual({
      name: 'north',
      provider: 'openai',
      baseUrl: 'https://api.openai.com/v1',
      keys: [{ secret: KEY, name: undefined }],
      region: undefined,
      tags: [],
      discovers: false,
      strictModels: false,
      limitsScope: 'key',
      learnLimits: true,
      breaker: defaults.DEFAULT_BREAKER,
      timeouts: defaults.DEFAULT_TIMEOUTS,
      health: { ...defaults.DEFAULT_HEALTH, probe: 'models' },
      headers: {},
      dispatcher: undefined,
      sign: undefined,
      connections: undefined,
      maxResponseBytes: 16_777_216,
    });
    expect(settings.deployments).toHaveLength(2);
    expect(settings.deployments[0]).toEqual({
      id: 'gpt-4.1@north',
      model: 'gpt-4.1',
      modelId: 'gpt-4.1',
      upstream: north,
      priority: 1,
      weight: 1,
      reasoning: false,
      prefill: false,
      contextWindow: 1_047_576,
      maxInputTokens: undefined,
      maxOutputTokens: 32_768,
      tokenizer: O200K,
      capabilities: { audio: false, speech: false, video: false },
      refuses: [],
      timeouts: defaults.DEFAULT_TIMEOUTS,
      retry: defaults.DEFAULT_DEPLOYMENT_RETRY,
      breaker: defaults.DEFAULT_BREAKER,
      limits: {},
      laneLimits: [{}],
      health: { ...defaults.DEFAULT_HEALTH, probe: 'models' },
      ownProbe: false,
    });
    expect(settings).toMatchObject({
      lastResort: undefined,
      defaults: {},
      cannedReply: undefined,
      retry: defaults.DEFAULT_CALL_RETRY,
      deadline: 300_000,
      streamDeadline: 600_000,
      raceAfter: undefined,
      raceAcrossModels: true,
      onStreamFailure: 'continue',
      streamInside: false,
      queueWait: 2_000,
      maxQueue: 10_000,
      classify: undefined,
      expose: false,
      strictParameters: false,
      modelsInterval: 600_000,
      criticalRatio: 0.5,
      state: undefined,
    });
  });

  it('are those that the doc comments of the options promise', () => {
    const groups = {
      TimeoutOptions: defaults.DEFAULT_TIMEOUTS,
      DeploymentRetryOptions: defaults.DEFAULT_DEPLOYMENT_RETRY,
      RetryOptions: defaults.DEFAULT_CALL_RETRY,
      BreakerOptions: defaults.DEFAULT_BREAKER,
      StateOptions: { interval: defaults.DEFAULT_STATE_INTERVAL },
      HealthOptions: { probe: defaults.DEFAULT_PROBE, ...defaults.DEFAULT_HEALTH },
    };
    for (const [name, values] of Object.entries(groups)) {
      expect({ [name]: promisedIn(name) }).toEqual({ [name]: values });
    }
  });

  it('of single options are those that their doc comments promise', () => {
    const settings = resolveOptions(options());
    const { strictModels } = onlyUpstream(settings);
    const balance = settings.chains.get('default')?.balance;
    expect({ balance, strictModels, ...settings }).toMatchObject(promisedIn('FailoverOptions'));
    expect(Object.keys(promisedIn('FailoverOptions')).toSorted()).toEqual([
      'balance',
      'criticalRatio',
      'deadline',
      'expose',
      'learnLimits',
      'maxQueue',
      'modelsInterval',
      'onStreamFailure',
      'queueWait',
      'raceAcrossModels',
      'streamDeadline',
      'streamInside',
      'strictModels',
      'strictParameters',
    ]);
    expect(settings.deployments[0]).toMatchObject(promisedIn('ModelOptions'));
    expect(Object.keys(promisedIn('ModelOptions'))).toEqual(['reasoning', 'prefill']);
  });
});

describe('nearest wins', () => {
  it('for learnLimits', () => {
    const upstreams = [upstream(), upstream({ name: 'south', learnLimits: true })];
    expect(resolveOptions({ learnLimits: false, upstreams }).upstreams).toMatchObject([
      { learnLimits: false },
      { learnLimits: true },
    ]);
  });

  it('for every group, one number at a time', () => {
    const settings = resolveOptions({
      timeouts: { connect: 1, write: 1, pool: 1 },
      retry: { baseDelay: 1, maxHintWait: 1, maxAttempts: 9 },
      breaker: { consecutiveFailures: 1, trialCalls: 7, ramp: 1 },
      limits: { requestsPerMinute: 1, concurrency: 1 },
      upstreams: [
        upstream({
          timeouts: { connect: 2, write: 2 },
          retry: { baseDelay: 2, maxHintWait: 2 },
          breaker: { consecutiveFailures: 2, trialCalls: 8 },
          limits: { requestsPerMinute: 2, tokensPerMinute: 2 },
          models: {
            near: {
              timeouts: { connect: 3 },
              retry: { baseDelay: 3 },
              breaker: { consecutiveFailures: 3 },
              limits: { requestsPerMinute: 3 },
            },
            far: {},
          },
        }),
      ],
    });
    expect(deployment(settings, 'near@north')).toMatchObject({
      timeouts: { connect: 3, write: 2, pool: 1, unary: 30_000 },
      retry: { baseDelay: 3, maxHintWait: 2, maxDelay: 8_000 },
      breaker: { consecutiveFailures: 3, trialCalls: 8, ramp: 1, window: 60_000 },
      limits: { requestsPerMinute: 3, tokensPerMinute: 2, concurrency: 1 },
    });
    expect(deployment(settings, 'far@north')).toMatchObject({
      timeouts: { connect: 2 },
      retry: { baseDelay: 2 },
      breaker: { consecutiveFailures: 2 },
      limits: { requestsPerMinute: 2 },
    });
    expect(onlyUpstream(settings)).toMatchObject({ timeouts: { connect: 2, pool: 1 }, breaker: { trialCalls: 8 } });
    expect(settings.retry).toEqual({ ...defaults.DEFAULT_CALL_RETRY, maxAttempts: 9 });
  });

  it('for health, where false switches off what is farther away and is switched on again nearer', () => {
    const probe = (): boolean => true;
    const settings = resolveOptions({
      health: { interval: 1, fall: 1, rise: 1 },
      upstreams: [
        upstream({
          name: 'north',
          health: { interval: 2, fall: 2, probe: 'head' },
          models: {
            near: { health: { interval: 3, probe } },
            chatty: { health: { probe: 'chat' } },
            off: { health: false },
            far: {},
          },
        }),
        upstream({ name: 'south', health: false, models: { on: { health: { rise: 7 } }, off: {} } }),
      ],
    });
    expect(deployment(settings, 'near@north')).toMatchObject({
      health: { interval: 3, fall: 2, rise: 1, timeout: 5_000, probe },
      ownProbe: true,
    });
    expect(deployment(settings, 'chatty@north')).toMatchObject({ health: { probe: 'chat' }, ownProbe: false });
    expect(deployment(settings, 'far@north').health).toMatchObject({ interval: 2, probe: 'head' });
    expect(deployment(settings, 'off@north').health).toBeUndefined();
    expect(deployment(settings, 'off@south').health).toBeUndefined();
    expect(deployment(settings, 'on@south').health).toMatchObject({ interval: 1, rise: 7, probe: 'models' });
    const [north, south] = settings.upstreams;
    expect(north?.health).toMatchObject({ interval: 2 });
    expect(south?.health).toBeUndefined();
  });

  it('also for priority and weight', () => {
    const models = { a: { weight: 0, priority: 9 }, b: {} };
    const settings = resolveOptions({ upstreams: [upstream({ priority: 2, weight: 3, models })] });
    expect(deployment(settings, 'a@north')).toMatchObject({ priority: 9, weight: 0 });
    expect(deployment(settings, 'b@north')).toMatchObject({ priority: 2, weight: 3 });
  });

  it('takes undefined for "not said"', () => {
    const timeouts = { connect: undefined, write: 7 };
    const settings = resolveOptions({
      upstreams: [upstream({ timeouts, region: undefined })],
      timeouts: { connect: 5 },
    });
    expect(onlyUpstream(settings).timeouts).toMatchObject({ connect: 5, write: 7 });
    const limits = { concurrency: undefined };
    expect(deployment(resolveOptions(options({ limits })), 'gpt-4.1@north').limits).toEqual({});
  });

  it('lifts a ceiling that stands farther away than what it would cut', () => {
    const settings = resolveOptions({
      breaker: { maxOpenFor: 30_000 },
      retry: { maxDelay: 100 },
      upstreams: [upstream({ breaker: { openFor: 60_000 }, retry: { baseDelay: 500 } })],
    });
    expect(deployment(settings, 'gpt-4.1@north')).toMatchObject({
      breaker: { openFor: 60_000, maxOpenFor: 60_000 },
      retry: { baseDelay: 500, maxDelay: 500 },
    });
  });
});

describe('reasoning models', () => {
  const timeoutsOf = (timeouts: unknown, own: unknown) => {
    const models = { o5: { reasoning: true, timeouts: own } };
    return deployment(resolveOptions({ timeouts, upstreams: [upstream({ models })] }), 'o5@north').timeouts;
  };

  it('have five minutes to begin', () => {
    expect(timeoutsOf({}, {})).toMatchObject({ firstContent: 300_000, unary: 300_000, betweenChunks: 20_000 });
  });

  it('have what the user says, wherever it stands', () => {
    expect(timeoutsOf({ firstContent: 90_000 }, {})).toMatchObject({ firstContent: 90_000, unary: 300_000 });
    expect(timeoutsOf({ unary: 1 }, { unary: 90_000 })).toMatchObject({ firstContent: 300_000, unary: 90_000 });
  });

  it('do not change the timeouts of their upstream', () => {
    const settings = resolveOptions({ upstreams: [upstream({ models: { o5: { reasoning: true } } })] });
    expect(onlyUpstream(settings).timeouts).toEqual(defaults.DEFAULT_TIMEOUTS);
  });
});

describe('connections', () => {
  const connections = (fields: Readonly<Record<string, unknown>>, whole = {}) =>
    onlyUpstream(resolveOptions({ ...whole, upstreams: [upstream(fields)] })).connections;

  it('are never fewer than the lanes of the upstream may use at once', () => {
    const fields = { keys: ['key-1', 'key-2'], models: ['m'], limits: { concurrency: 100 } };
    expect(connections({ ...fields, connections: 30 })).toBe(200);
    expect(connections({ ...fields, connections: 300 })).toBe(300);
    expect(connections({ ...fields, connections: 30, models: { m: { limits: { concurrency: 20 } }, n: {} } })).toBe(
      240,
    );
    expect(connections({ keys: 'none', connections: 3 }, { limits: { concurrency: 4 } })).toBe(8);
  });

  it('count one set of limits for all keys of an account', () => {
    const fields = { keys: ['key-1', 'key-2'], models: ['m'], limits: { concurrency: 100 }, limitsScope: 'account' };
    expect(connections({ ...fields, connections: 30 })).toBe(100);
  });

  it('stay unlimited and as they are without a limit', () => {
    expect(connections({ limits: { concurrency: 100 } })).toBeUndefined();
    expect(connections({ connections: 30 })).toBe(30);
  });
});

describe('chains', () => {
  const pool = [
    upstream({ models: ['b', 'a'] }),
    upstream({ name: 'south', region: 'eu', tags: ['x', 'x'], models: { a: { id: 'their-a' }, c: undefined, d: {} } }),
  ];

  it('are one of all models in the order of the pool when there is no default', () => {
    const steps = [[{ model: 'b', weight: 1 }], [{ model: 'a', weight: 1 }], [{ model: 'd', weight: 1 }]];
    expect(resolveOptions({ upstreams: pool }).chains).toEqual(
      new Map([['default', { name: 'default', steps, require: undefined, balance: 'weighted' }]]),
    );
    const { chains } = resolveOptions({ upstreams: pool, chains: { cheap: ['a'] } });
    expect([...chains.keys()]).toEqual(['cheap', 'default']);
    expect(chains.get('default')?.steps).toEqual(steps);
  });

  it('become steps of weighted models, without those of weight 0', () => {
    const { chains } = resolveOptions({
      upstreams: pool,
      chains: {
        default: ['d', { a: 60, b: 0, d: 0.5 }],
        strict: { steps: ['a'], require: { tags: ['x'], regions: ['eu'] } },
        open: { steps: ['a'], require: { tags: [] } },
      },
    });
    expect(chains.get('default')?.steps).toEqual([
      [{ model: 'd', weight: 1 }],
      [
        { model: 'a', weight: 60 },
        { model: 'd', weight: 0.5 },
      ],
    ]);
    expect(chains.get('strict')?.require).toEqual({ tags: ['x'], regions: ['eu'] });
    expect(chains.get('open')?.require).toBeUndefined();
  });

  it('leave the deployments in the order of the pool, with the names that their upstreams use', () => {
    const { deployments } = resolveOptions({ upstreams: pool });
    expect(deployments.map(({ id, modelId }) => [id, modelId])).toEqual([
      ['b@north', 'b'],
      ['a@north', 'a'],
      ['a@south', 'their-a'],
      ['d@south', 'd'],
    ]);
    expect(deployments[3]?.upstream.tags).toEqual(['x']);
  });
});

describe('streams', () => {
  it('are raced, continued and asked for as the options say', () => {
    const fields = {
      raceAfter: 2_500,
      raceAcrossModels: false,
      streamDeadline: 90_000,
      onStreamFailure: 'error',
      streamInside: true,
    };
    expect(resolveOptions(options(fields))).toMatchObject(fields);
    expect(resolveOptions(options({ raceAfter: false })).raceAfter).toBe(false);
  });

  it('are continued by prefill where a model is said to take it', () => {
    const settings = resolveOptions({ upstreams: [upstream({ models: { a: { prefill: true }, b: {} } })] });
    expect(deployment(settings, 'a@north').prefill).toBe(true);
    expect(deployment(settings, 'b@north').prefill).toBe(false);
  });
});

describe("the user's object", () => {
  it('is not kept: changing it later changes nothing', () => {
    const given = {
      upstreams: [upstream({ keys: ['key-1'], tags: ['a'], headers: { 'x-a': '1' } })],
      chains: { default: { steps: ['gpt-4.1'], require: { tags: ['a'] } } },
      defaults: { stop: ['x'], extra: { deep: 1 } },
      cannedReply: { en: 'Busy.' },
    };
    const settings = resolveOptions(given);
    const before = structuredClone(settings);
    const scramble = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, entry] of Object.entries(value)) {
        scramble(entry);
        Reflect.set(value, key, 'changed');
      }
    };
    scramble(given);
    expect(settings).toEqual(before);
  });

  it('gives its functions and dispatchers by reference', async () => {
    const dispatcher = new MockAgent();
    const sign = () => ({ 'x-signature': '1' });
    const classify = () => undefined;
    const cannedReply = () => 'Busy.';
    const settings = resolveOptions({ upstreams: [upstream({ dispatcher, sign })], classify, cannedReply });
    expect(onlyUpstream(settings).dispatcher).toBe(dispatcher);
    expect(onlyUpstream(settings).sign).toBe(sign);
    expect(settings.classify).toBe(classify);
    expect(settings.cannedReply).toBe(cannedReply);
    await dispatcher.close();
  });

  it('keeps a dispatcher that is a plain object whole', () => {
    const dispatcher = { dispatch: () => true };
    expect(onlyUpstream(resolveOptions({ upstreams: [upstream({ dispatcher })] })).dispatcher).toBe(dispatcher);
  });
});
