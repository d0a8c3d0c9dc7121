import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { issueOf, issuesOf, options, upstream } from './sample-options.js';

/** `{ a: { b: value } }` for `a.b`. */
function nested(path: string, value: unknown): Record<string, unknown> {
  const [name = '', ...inner] = path.split('.');
  return { [name]: inner.length === 0 ? value : nested(inner.join('.'), value) };
}

const DURATIONS = [
  'deadline',
  'streamDeadline',
  'raceAfter',
  'timeouts.connect',
  'timeouts.firstContent',
  'timeouts.unary',
  'breaker.openFor',
  'breaker.window',
  'health.interval',
  'health.timeout',
];
const WAITS = ['queueWait', 'retry.baseDelay', 'retry.maxHintWait', 'breaker.ramp', 'timeouts.unaryPerOutputToken'];
const COUNTS = [
  'retry.maxAttempts',
  'retry.maxAttemptsPerModel',
  'breaker.trialCalls',
  'breaker.consecutiveFailures',
  'limits.concurrency',
  'health.fall',
];

describe('numbers', () => {
  const never = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, '5000', '5s', null, true, {}, []];

  it.each([...DURATIONS, ...WAITS])('refuses what is no duration: %s', (path) => {
    for (const value of [...never, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      expect(issueOf(options(nested(path, value))).path).toBe(path);
    }
    expect(() => resolveOptions(options(nested(path, 2 ** 31 - 1)))).not.toThrow();
  });

  it('refuses a timeout of 0, which might be taken for none, but not a wait of 0', () => {
    for (const path of DURATIONS) expect(issueOf(options(nested(path, 0))).expected).toContain('from 1 to');
    for (const path of WAITS) expect(() => resolveOptions(options(nested(path, 0)))).not.toThrow();
  });

  it.each([...COUNTS])('refuses what is no count: %s', (path) => {
    for (const value of [...never, 0, 1.5, 2 ** 53]) expect(issueOf(options(nested(path, value))).path).toBe(path);
    expect(() => resolveOptions(options(nested(path, 1)))).not.toThrow();
  });

  it('takes 0 where nothing at all makes sense', () => {
    expect(() => resolveOptions(options({ maxQueue: 0, retry: { budgetMinimum: 0, budgetRatio: 0 } }))).not.toThrow();
    expect(issueOf(options({ maxQueue: 1.5 })).path).toBe('maxQueue');
  });

  it.each(['retry.budgetRatio', 'breaker.failureRatio', 'breaker.slowRatio'])(
    'refuses what is no share: %s',
    (path) => {
      for (const value of [...never, 1.01, 50]) expect(issueOf(options(nested(path, value))).path).toBe(path);
      expect(() => resolveOptions(options(nested(path, 1)))).not.toThrow();
    },
  );

  it('refuses a threshold that is always reached', () => {
    expect(issueOf(options({ breaker: { failureRatio: 0 } })).expected).toContain('above 0');
  });

  it.each(['weight', 'priority', 'connections', 'maxResponseBytes'])('refuses what is no %s of an upstream', (name) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
      expect(issueOf({ upstreams: [upstream({ [name]: value })] }).path).toBe(`upstreams[0].${name}`);
    }
  });

  it('takes fractions and 0 as weights, and any finite number as priority', () => {
    expect(() => resolveOptions({ upstreams: [upstream({ weight: 0.5, priority: -1 })] })).not.toThrow();
    expect(() => resolveOptions({ upstreams: [upstream({ weight: 0, priority: 1.5 })] })).not.toThrow();
    expect(issueOf({ upstreams: [upstream({ weight: -1 })] }).path).toBe('upstreams[0].weight');
  });

  it('refuses a beginning above its ceiling in the same place', () => {
    expect(issueOf(options({ breaker: { openFor: 60_000, maxOpenFor: 30_000 } })).path).toBe('breaker.openFor');
    expect(issueOf(options({ retry: { baseDelay: 9_000, maxDelay: 100 } })).expected).toBe(
      'at most `maxDelay`, which is 100 here',
    );
  });

  it('refuses true where a number or false may stand', () => {
    expect(issueOf(options({ raceAfter: true }))).toEqual({
      path: 'raceAfter',
      value: 'true',
      expected: 'a number of milliseconds from 1 to 2147483647, or false for never',
    });
  });

  it('refuses what is no probe, and no amount of money', () => {
    for (const probe of ['ping', true, null, {}]) {
      expect(issueOf(options({ health: { probe } }))).toMatchObject({
        path: 'health.probe',
        expected: "'models', 'head', 'chat' or a function",
      });
    }
    for (const value of [...never, 2 ** 1024]) {
      expect(issueOf(options({ health: { maxCostPerDay: value } })).path).toBe('health.maxCostPerDay');
    }
    expect(() => resolveOptions(options({ health: { maxCostPerDay: 0, maxProbesPerDay: 0 } }))).not.toThrow();
    expect(issueOf(options({ criticalRatio: 2 })).path).toBe('criticalRatio');
    expect(resolveOptions(options({ criticalRatio: false })).criticalRatio).toBe(false);
  });

  it('shows the value that was found', () => {
    expect(issueOf(options({ timeouts: { connect: '5s' } })).value).toBe('"5s"');
    expect(issueOf(options({ timeouts: { connect: Number.NaN } })).value).toBe('NaN');
    expect(issueOf(options({ timeouts: 5 })).value).toBe('5');
    expect(issueOf(options({ balance: 'x'.repeat(1_000) })).value?.length).toBeLessThan(80);
    expect(issueOf(options({ expose: () => true })).value).toBe('a function');
    expect(issueOf(options({ expose: 10n })).value).toBe('bigint');
  });
});

describe('request defaults', () => {
  it.each(['messages', 'model', 'stream'])('refuse %s', (name) => {
    expect(issueOf(options({ defaults: { [name]: true } })).path).toBe(`defaults.${name}`);
  });

  it.each([
    ['temperature', [-0.1, 2.1, '0.7', Number.NaN, null], [0, 0.7, 2]],
    ['top_p', [-0.1, 1.1], [0, 1]],
    ['max_tokens', [0, -1, 1.5, '1000', Number.POSITIVE_INFINITY], [1, 32_000]],
    ['max_completion_tokens', [0, 1.5], [1]],
    ['presence_penalty', [-2.1, 2.1], [-2, 2]],
  ])('check the range of %s', (name, wrong, right) => {
    for (const value of wrong) expect(issueOf(options({ defaults: { [name]: value } })).path).toBe(`defaults.${name}`);
    for (const value of right) expect(() => resolveOptions(options({ defaults: { [name]: value } }))).not.toThrow();
  });

  it('name the right spelling', () => {
    expect(issueOf(options({ defaults: { maxTokens: 5 } })).suggestion).toBe('max_tokens');
  });

  it('let fields through that only an upstream knows', () => {
    const defaults = { seed: 7, extra_body: { top_k: 40, list: [1, null, 'x'] }, user: 'shop' };
    expect(resolveOptions(options({ defaults })).defaults).toEqual(defaults);
  });

  it('refuse what JSON cannot hold', () => {
    const defaults = { a: { b: [() => 1] }, c: 10n, d: { e: Number.NaN } };
    expect(issuesOf(options({ defaults })).map(({ path }) => path)).toEqual([
      'defaults.a.b[0]',
      'defaults.c',
      'defaults.d.e',
    ]);
    expect(issueOf(options({ defaults: { at: new Date() } })).expected).toContain('an instance of Date');
  });

  it.each([[[]], ['x'], [null]])('refuse %j in their place', (defaults) => {
    expect(issueOf(options({ defaults })).path).toBe('defaults');
  });
});

describe('the canned reply', () => {
  it.each([['We are busy.'], [{ en: 'Busy.', 'pt-BR': 'Ocupado.' }], [() => 'Busy.'], [async () => 'Busy.']])(
    'may be text, text by locale, or a function',
    (cannedReply) => {
      expect(resolveOptions(options({ cannedReply })).cannedReply).toEqual(cannedReply);
    },
  );

  it.each([
    ['', 'cannedReply', 'blank'],
    [' \n', 'cannedReply', 'blank'],
    [{}, 'cannedReply', 'at least one text'],
    [5, 'cannedReply', 'a text'],
    [null, 'cannedReply', 'a text'],
    [['Busy.'], 'cannedReply', 'a text'],
    [{ en: '' }, 'cannedReply.en', 'blank'],
    [{ en: 5 }, 'cannedReply.en', 'a text'],
    [{ 'not a locale': 'Busy.' }, 'cannedReply["not a locale"]', 'BCP 47'],
  ])('refuses %j', (cannedReply, path, words) => {
    const issue = issueOf(options({ cannedReply }));
    expect(issue.path).toBe(path);
    expect(issue.expected).toContain(words);
  });

  it('suggests the right form of a locale', () => {
    expect(issueOf(options({ cannedReply: { pt_BR: 'Ocupado.' } })).suggestion).toBe('pt-BR');
  });
});

describe('switches and hooks', () => {
  it('refuses a word for a switch of a model', () => {
    const models = { m: { prefill: 'yes' } };
    expect(issueOf({ upstreams: [upstream({ models })] }).path).toBe('upstreams[0].models.m.prefill');
  });

  it.each([
    ['balance', 'fastest'],
    ['balance', 5],
    ['balance', () => 'user'],
    ['expose', 'yes'],
    ['raceAcrossModels', 1],
    ['learnLimits', 'yes'],
    ['onStreamFailure', 'restart'],
    ['streamInside', 'true'],
    ['classify', 'strict'],
    ['lastResort', 5],
    ['timeouts', 5_000],
    ['retry', 3],
    ['breaker', true],
    ['health', true],
    ['criticalRatio', true],
    ['state', true],
    ['state', 'state.json'],
    ['limits', []],
    ['chains', 'default'],
  ])('refuses for %s the value %j', (name, value) => {
    const issue = issueOf(options({ [name]: value }));
    expect(issue.path).toBe(name);
    expect(issue).toHaveProperty('value');
  });
});

describe('state', () => {
  it('is kept in memory alone, unless a file is named', () => {
    expect(resolveOptions(options()).state).toBeUndefined();
    expect(resolveOptions(options({ state: { file: 'a/state.json', interval: 5 } })).state).toEqual({
      file: 'a/state.json',
      interval: 5,
    });
  });

  it.each([undefined, null, '', '  ', 5, 'a\0b', 'folder/', 'folder\\'])('refuses the file %j', (file) => {
    expect(issueOf(options({ state: { file } })).path).toBe('state.file');
  });

  it.each([0, -1, Number.NaN, 2 ** 31, '5'])('refuses the interval %j', (interval) => {
    expect(issueOf(options({ state: { file: 'x', interval } })).path).toBe('state.interval');
  });

  it('may not stand on an upstream', () => {
    expect(issueOf({ upstreams: [upstream({ state: { file: 'x' } })] })).toMatchObject({
      path: 'upstreams[0].state',
      suggestion: 'state beside upstreams',
    });
  });
});
