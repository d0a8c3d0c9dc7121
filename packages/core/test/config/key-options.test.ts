import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { deployment, issueOf, issuesOf, KEY, onlyUpstream, options, refusal, upstream } from './sample-options.js';

const withKeys = (keys: unknown, more: object = {}) => options({ upstreams: [upstream({ keys, ...more })] });
const token = () => 'token-12345678';

describe('A key', () => {
  it('may be a function, or either with a name and limits', () => {
    const keys = [KEY, token, { key: 'other-key', name: 'shop' }, { key: () => 'x', limits: { concurrency: 2 } }];
    const settings = onlyUpstream(resolveOptions(withKeys(keys)));
    expect(settings.keys).toEqual([
      { secret: KEY, name: undefined },
      { secret: token, name: undefined },
      { secret: 'other-key', name: 'shop' },
      { secret: expect.any(Function), name: undefined },
    ]);
  });

  it.each([
    [{}, 'keys[0].key', 'is the environment variable set?'],
    [{ key: undefined }, 'keys[0].key', 'is the environment variable set?'],
    [{ key: '' }, 'keys[0].key', 'is the environment variable set?'],
    [{ key: ` ${KEY}` }, 'keys[0].key', 'white space around'],
    [{ key: 17 }, 'keys[0].key', 'as a function that returns one'],
    [{ key: { key: KEY } }, 'keys[0].key', 'as a string'],
    [{ key: KEY, name: ' shop' }, 'keys[0].name', 'white space'],
    [{ key: KEY, name: 17 }, 'keys[0].name', 'a name for this key'],
    [{ key: KEY, limits: 500 }, 'keys[0].limits', 'limits per key'],
    [undefined, 'keys[0]', 'is the environment variable set?'],
    [new Date(), 'keys[0]', 'a plain object, not an instance of Date'],
    [Promise.resolve(KEY), 'keys[0]', 'a plain object, not an instance of Promise'],
  ])('such as %j is refused where it is wrong, and never shown', (key, path, words) => {
    const issue = issueOf(withKeys([key]));
    expect(issue.path).toBe(`upstreams[0].${path}`);
    expect(issue.expected).toContain(words);
    expect(JSON.stringify(issue)).not.toContain(KEY);
  });

  it('has limits whose faults are shown, because they are no secret', () => {
    expect(issueOf(withKeys([{ key: KEY, limits: { requestsPerMinute: -5 } }]))).toMatchObject({
      path: 'upstreams[0].keys[0].limits.requestsPerMinute',
      value: '-5',
    });
  });

  it.each([
    ['apiKey', 'key'],
    ['token', 'key'],
    ['rpm', 'limits.requestsPerMinute'],
    ['limit', 'limits'],
    ['label', 'name'],
    ['nmae', 'name'],
  ])('with the unknown option %s is told of %s', (name, suggestion) => {
    const issue = issueOf(withKeys([{ key: KEY, [name]: 'sk-live-4f9a8b7c6d5e' }]));
    expect(issue).toEqual({ path: `upstreams[0].keys[0].${name}`, expected: 'a known option of a key', suggestion });
  });

  it('has limits with known names', () => {
    expect(issueOf(withKeys([{ key: KEY, limits: { tpm: 1 } }]))).toMatchObject({
      path: 'upstreams[0].keys[0].limits.tpm',
      expected: 'a known limit',
      suggestion: 'tokensPerMinute',
    });
  });

  it('stands once, whatever its form', () => {
    const same = issuesOf(withKeys([KEY, { key: KEY }, token, { key: token, name: 'shop' }]));
    expect(same).toEqual([
      { path: 'upstreams[0].keys[1]', expected: 'each key once; the same stands at [0]' },
      { path: 'upstreams[0].keys[3]', expected: 'each key once; the same stands at [2]' },
    ]);
  });

  it('has a name of its own', () => {
    const keys = [{ key: KEY, name: 'shop' }, 'between', { key: 'other-key', name: 'shop' }];
    expect(issueOf(withKeys(keys))).toEqual({
      path: 'upstreams[0].keys[2].name',
      expected: 'a name of its own; the key at [0] has the same',
    });
  });

  it('has no limits where they are the account’s', () => {
    const keys = [KEY, { key: 'other-key', limits: { concurrency: 2 } }];
    expect(issueOf(withKeys(keys, { limitsScope: 'account' }))).toMatchObject({
      path: 'upstreams[0].keys[1].limits',
      expected: expect.stringContaining("limitsScope 'account'"),
    });
  });

  it('in an object stays out of every error', () => {
    const error = refusal({
      upstreams: [upstream({ keys: [{ key: 'correct-horse-battery', tag: 'x' }] })],
      lastResort: 'correct-horse-battery',
    });
    expect(JSON.stringify([error.message, error.issues])).not.toContain('correct-horse');
  });
});

describe('The limits of a lane', () => {
  const keys = [
    { key: KEY, limits: { requestsPerMinute: 100, concurrency: 50 } },
    { key: 'other-key', limits: { requestsPerMinute: 5_000 } },
    'third-key',
  ];

  it('are those of the key before those of the upstream and of the whole, one number at a time', () => {
    const settings = resolveOptions({
      limits: { concurrency: 9, tokensPerMinute: 10 },
      upstreams: [upstream({ keys, limits: { requestsPerMinute: 500 } })],
    });
    expect(deployment(settings, 'gpt-4.1@north').laneLimits).toEqual([
      { requestsPerMinute: 100, concurrency: 50, tokensPerMinute: 10 },
      { requestsPerMinute: 5_000, concurrency: 9, tokensPerMinute: 10 },
      { requestsPerMinute: 500, concurrency: 9, tokensPerMinute: 10 },
    ]);
  });

  it('are the smaller of the key’s and the model’s', () => {
    const models = { near: { limits: { requestsPerMinute: 300, tokensPerMinute: 7 } }, far: {} };
    const settings = resolveOptions(withKeys(keys, { models }));
    expect(deployment(settings, 'near@north').laneLimits).toEqual([
      { requestsPerMinute: 100, concurrency: 50, tokensPerMinute: 7 },
      { requestsPerMinute: 300, tokensPerMinute: 7 },
      { requestsPerMinute: 300, tokensPerMinute: 7 },
    ]);
    expect(deployment(settings, 'far@north').laneLimits).toEqual([
      { requestsPerMinute: 100, concurrency: 50 },
      { requestsPerMinute: 5_000 },
      {},
    ]);
  });

  it('add up to the sockets at least', () => {
    const own = [
      { key: KEY, limits: { concurrency: 3 } },
      { key: 'other-key', limits: { concurrency: 30 } },
    ];
    const of = (more: object) =>
      onlyUpstream(resolveOptions(withKeys(own, { models: ['m'], connections: 1, ...more })));
    expect(of({}).connections).toBe(33);
    const models = { m: {}, n: { limits: { concurrency: 10 } } };
    expect(of({ models }).connections).toBe(33 + 13);
  });
});
