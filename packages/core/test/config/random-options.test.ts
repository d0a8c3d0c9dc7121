import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { ConfigError } from '../../src/errors.js';

const SECRETS = ['sk-secret-one-4f9a8b7c6d5e', 'secret/two+0123456789==', 'hunter2-three'];

const models = fc.oneof(
  fc.constant(['gpt-4.1', 'gpt-4o']),
  fc.constant({
    'gpt-4.1': {
      id: 'their-name',
      reasoning: true,
      prefill: true,
      capabilities: { vision: false },
      maxOutputTokens: 9,
      price: { input: 2, output: 8 },
    },
    'gpt-4o': { limits: { concurrency: 5 } },
  }),
);

const timeouts = fc.record(
  { connect: fc.integer({ min: 1, max: 99_999 }), firstContent: fc.integer({ min: 1, max: 99_999 }) },
  { requiredKeys: [] },
);

const upstream = fc.record(
  {
    name: fc.constant('north'),
    provider: fc.constant('openai'),
    keys: fc.oneof(fc.constant('none'), fc.constant(SECRETS.slice(0, 2))),
    models,
    baseUrl: fc.constantFrom('https://north.example/v1', 'http://127.0.0.1:8080/'),
    region: fc.constantFrom('eu', 'us'),
    tags: fc.constant(['no-retention']),
    priority: fc.integer({ min: 1, max: 99 }),
    weight: fc.integer({ min: 0, max: 9 }),
    connections: fc.integer({ min: 1, max: 9 }),
    headers: fc.constant({ 'x-gateway-token': SECRETS[2] }),
    timeouts,
    breaker: fc.constant({ consecutiveFailures: 2, openFor: 60_000 }),
    retry: fc.constant({ baseDelay: 100 }),
    limits: fc.constant({ requestsPerMinute: 500, concurrency: 100 }),
  },
  { requiredKeys: ['name', 'provider', 'keys', 'models'] },
);

const valid = fc.record(
  {
    upstreams: fc
      .array(upstream, { minLength: 1, maxLength: 3 })
      .map((pool) => pool.map((each, index) => ({ ...each, name: `north-${index}` }))),
    chains: fc.constantFrom<unknown>(
      { default: ['gpt-4.1', 'gpt-4o'] },
      {
        mixed: [{ 'gpt-4.1': 60, 'gpt-4o': 0 }],
        cheap: { steps: ['gpt-4o'], require: { tags: [] }, balance: 'cheapest' },
      },
    ),
    lastResort: fc.constant('gpt-4o'),
    balance: fc.constantFrom('latency', 'sticky'),
    defaults: fc.constant({ temperature: 0.7, max_tokens: 1_000, extra: { deep: [1, 'x'] } }),
    cannedReply: fc.constantFrom<unknown>('Busy.', { en: 'Busy.', 'pt-BR': 'Ocupado.' }),
    timeouts,
    retry: fc.constant({ maxAttempts: 4, budgetRatio: 0.5 }),
    limits: fc.constant({ tokensPerMinute: 200_000 }),
    deadline: fc.integer({ min: 1, max: 600_000 }),
    streamDeadline: fc.integer({ min: 1, max: 900_000 }),
    raceAfter: fc.oneof(fc.constant(false), fc.integer({ min: 1, max: 60_000 })),
    raceAcrossModels: fc.boolean(),
    learnLimits: fc.boolean(),
    onStreamFailure: fc.constantFrom('continue', 'error'),
    streamInside: fc.boolean(),
    strictParameters: fc.boolean(),
    modelMap: fc.constant({ 'openai/gpt-4o': { max_input_tokens: 128_000, supports_vision: true } }),
    expose: fc.boolean(),
  },
  { requiredKeys: ['upstreams'] },
);

/** Frozen, so that no run changes what the next one is given. */
const SHARED: readonly unknown[] = [[], {}, [[]], { a: 1 }].map((each) => Object.freeze(each));

const weird = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, 0, -0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 10n),
  fc.constantFrom<unknown>('', ' ', '__proto__', 'gpt4.1', 'none', 'constructor', '\u0000', '\ud800', 'x'.repeat(500)),
  // In a place where no key belongs only what looks like one can be known for a secret.
  fc.constantFrom<unknown>(SECRETS[0], `Bearer ${SECRETS[1]}`, `https://u:${SECRETS[2]}@x.example/v1`),
  fc.constantFrom<unknown>(...SHARED, Symbol('mark'), () => SECRETS[0], new Map(), new Date(0), /x/u),
  fc.constantFrom<unknown>(
    JSON.parse('{"__proto__":{"name":1},"constructor":2}'),
    Object.create(null),
    new URL('https://x.example/'),
  ),
  fc.string(),
  fc.anything({
    withBigInt: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
  }),
);

const name = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'baseURL',
    'apiKey',
    'timeout',
    'keys',
    'headers',
    'dispatcher',
    'require',
    '',
  ),
  fc.string({ maxLength: 8 }),
);

/** What to do at a place that is chosen by walking down the options. */
interface Mutation {
  readonly walk: readonly number[];
  readonly action: 'replace' | 'remove' | 'add';
  readonly name: string;
  readonly value: unknown;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  walk: fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 6 }),
  action: fc.constantFrom('replace' as const, 'remove' as const, 'add' as const),
  name,
  value: weird,
});

function mutate(root: unknown, { walk, action, name: added, value }: Mutation): void {
  let holder = root;
  for (const [depth, step] of walk.entries()) {
    if (typeof holder !== 'object' || holder === null || !Object.isExtensible(holder)) return;
    const keys = Object.keys(holder);
    const key = keys[step % Math.max(1, keys.length)];
    const inner: unknown = key === undefined ? undefined : Reflect.get(holder, key);
    const isLast = depth === walk.length - 1 || typeof inner !== 'object' || inner === null;
    if (!isLast) {
      holder = inner;
      continue;
    }
    if (action === 'add' || key === undefined) {
      Object.defineProperty(holder, added, { value, enumerable: true, configurable: true, writable: true });
    } else if (action === 'remove') Reflect.deleteProperty(holder, key);
    else Reflect.set(holder, key, value);
    return;
  }
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const entry of Object.values(value)) deepFreeze(entry);
}

const SHOW_ALL = { depth: 30, maxArrayLength: null, maxStringLength: null, showHidden: true };

it('resolves 1,000 random options or refuses them with a ConfigError that holds no secret, and leaves them alone', () => {
  let resolved = 0;
  const property = fc.property(valid, fc.array(mutation, { maxLength: 3 }), fc.boolean(), (base, mutations, frozen) => {
    // Random shapes of fast-check share objects between runs.
    const given: unknown = structuredClone(base);
    for (const each of mutations) mutate(given, each);
    if (frozen) deepFreeze(given);
    const before = inspect(given, SHOW_ALL);
    try {
      const settings = resolveOptions(given);
      resolved += 1;
      expect(settings.deployments.length).toBeGreaterThan(0);
      expect(settings.chains.has('default')).toBe(true);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      expectToBeSafe(error);
    }
    expect(inspect(given, SHOW_ALL)).toBe(before);
  });
  fc.assert(property, { numRuns: 1_000 });
  // Both ways must have been taken often, or the test would prove nothing.
  expect(resolved).toBeGreaterThan(100);
  expect(resolved).toBeLessThan(900);
});

function expectToBeSafe(error: ConfigError): void {
  expect(error.issues.length).toBeGreaterThan(0);
  expect(error.cause).toBeUndefined();
  for (const issue of error.issues) {
    expect(issue.path).not.toBe('');
    expect(issue.expected).not.toBe('');
  }
  const everything = [error.message, error.stack, inspect(error, SHOW_ALL), JSON.stringify(error)].join('\n');
  for (const secret of SECRETS) expect(everything).not.toContain(secret);
}
