import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { issueOf, issuesOf, KEY, onlyUpstream, options, refusal, upstream } from './sample-options.js';

class Engine {
  readonly upstreams = [upstream()];
  chat(): void {}
}

it.each([
  [undefined, undefined],
  [null, 'null'],
  [[upstream()], 'a list'],
  ['north', 'a string'],
  [() => options(), 'a function'],
  [Promise.resolve(options()), 'a promise'],
  [{ chat: () => undefined, stream: () => undefined }, 'an engine'],
])('refuses %o in place of the options', (given, value) => {
  const issue = issueOf(given);
  expect(issue.path).toBe('options');
  expect(issue.value).toBe(value);
});

it.each([new Engine(), new Map(), new Date(), new Error('x')])('refuses an instance of a class: %o', (given) => {
  expect(issueOf(given)).toMatchObject({ path: 'options', expected: expect.stringContaining('an instance of ') });
});

it('says where an instance of a class stands in place of a plain object', () => {
  const issue = issueOf(options({ timeouts: new Map([['connect', 1]]) }));
  expect(issue).toEqual({ path: 'timeouts', expected: 'a plain object, not an instance of Map' });
});

function withGetter(name: string, get: () => unknown): Record<string, unknown> {
  return Object.defineProperty(options(), name, { get, enumerable: true });
}

it('tells of getters that throw, not of what they throw', () => {
  const given = withGetter('timeouts', () => {
    throw new Error(KEY);
  });
  expect(issueOf(given)).toEqual({
    path: 'timeouts',
    expected: 'something that can be read; its getter threw an error',
  });
});

it('reads each getter once', () => {
  let reads = 0;
  const given = withGetter('deadline', () => {
    reads += 1;
    return reads * 1_000;
  });
  expect(resolveOptions(given).deadline).toBe(1_000);
  expect(reads).toBe(1);
});

it('tells of objects that contain themselves', () => {
  const given = options();
  given['defaults'] = { extra: { given } };
  expect(issueOf(given).path).toBe('defaults.extra.given');
});

it('takes one object in two places', () => {
  const timeouts = { connect: 1_234 };
  const settings = resolveOptions({ upstreams: [upstream({ timeouts })], timeouts });
  expect(onlyUpstream(settings).timeouts.connect).toBe(1_234);
});

it('is not held up by what grows without end', () => {
  let shared: unknown = 'x';
  for (let level = 0; level < 40; level += 1) shared = [shared, shared];
  expect(() => resolveOptions(options({ defaults: { shared } }))).not.toThrow();

  let deep: unknown = 'x';
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(issueOf(options({ defaults: { deep } })).expected).toContain('at most 64 levels');
  expect(issueOf({ upstreams: Array.from({ length: 1_000_000 }) }).expected).toContain('at most 10000 entries');
});

it('tells of proxies that refuse to be read', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(issueOf(proxy).path).toBe('options');
  expect(issueOf(options({ retry: proxy })).path).toBe('retry');
  const ownKeys = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new TypeError(KEY);
      },
    },
  );
  expect(refusal(options({ retry: ownKeys })).message).not.toContain(KEY);
});

it('is not fooled by __proto__', () => {
  const given: unknown = JSON.parse(
    `{ "__proto__": { "expose": true }, "upstreams": [${JSON.stringify(upstream()).replace('{', '{ "__proto__": { "weight": 9 }, ')}] }`,
  );
  expect(issuesOf(given).map(({ path }) => path)).toEqual(['__proto__', 'upstreams[0].__proto__']);
  expect(Object.prototype).not.toHaveProperty('expose');
  expect(Object.prototype).not.toHaveProperty('weight');
});

it('ignores what is inherited, hidden or behind symbols', () => {
  const hidden = Object.defineProperty(options(), 'util', { value: 1, enumerable: false });
  expect(() => resolveOptions({ ...hidden, [Symbol('mark')]: 1 })).not.toThrow();
  expect(() => resolveOptions(hidden)).not.toThrow();
});

it('takes objects without a prototype and of another realm', () => {
  expect(() => resolveOptions(Object.assign(Object.create(null), options()))).not.toThrow();
  const foreign: unknown = runInNewContext(`(${JSON.stringify(options())})`);
  expect(() => resolveOptions(foreign)).not.toThrow();
});
