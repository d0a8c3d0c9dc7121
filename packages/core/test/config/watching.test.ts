import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as defaults from '../../src/config/defaults.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { issueOf, onlyUpstream, upstream } from './sample-options.js';

function resolved(fields: Readonly<Record<string, unknown>>) {
  return onlyUpstream(resolveOptions({ upstreams: [upstream(fields)] }));
}

function issue(fields: Readonly<Record<string, unknown>>) {
  return issueOf({ upstreams: [upstream(fields)] });
}

/** The numbers that the doc comments name as defaults. */
function promised(name: string): Record<string, number> {
  const text = readFileSync(new URL('../../src/config/watch-options.ts', import.meta.url), 'utf8');
  const body = new RegExp(`interface ${name}\\b.*?\\n\\}`, 's').exec(text)?.[0] ?? '';
  const found = body.matchAll(/@default ([\d_.]+) \*\/\n\s+(\w+)\?/g);
  return Object.fromEntries([...found].map(([, value = '', field = '']) => [field, Number(value.replaceAll('_', ''))]));
}

const LEFT = { path: '/usage', remaining: '/left' };

describe('quota', () => {
  it('is not asked for unless the options say where', () => {
    expect(resolved({}).quota).toBeUndefined();
  });

  it('has the defaults that the doc comments promise', () => {
    expect(promised('QuotaOptions')).toEqual(defaults.DEFAULT_QUOTA);
    expect(promised('StatusPageOptions')).toEqual({ interval: defaults.DEFAULT_STATUS_PAGE_INTERVAL });
  });

  it('is resolved to a URL and to places', () => {
    expect(resolved({ quota: { path: '/v1/usage', used: '/a~1b/0', limit: 100, interval: 5_000 } }).quota).toEqual({
      ...defaults.DEFAULT_QUOTA,
      interval: 5_000,
      source: {
        kind: 'path',
        url: 'https://api.openai.com/v1/usage',
        places: { used: ['a/b', '0'], limit: 100, remaining: undefined, resetsAt: undefined },
      },
    });
  });

  it('stands at a path from the root of the origin, wherever the API begins', () => {
    const baseUrl = 'https://north.example/api/v1/';
    const url = (path: string) => resolved({ baseUrl, quota: { ...LEFT, path } }).quota?.source;
    expect(url('/user/balance?currency=CNY')).toMatchObject({ url: 'https://north.example/user/balance?currency=CNY' });
    expect(url('https://north.example/me')).toMatchObject({ url: 'https://north.example/me' });
    expect(url('HTTPS://NORTH.example:443/me')).toMatchObject({ url: 'https://north.example/me' });
  });

  it.each([
    'https://elsewhere.example/usage',
    'http://north.example/usage',
    'https://north.example:8443/usage',
    'https://north.example.evil.example/usage',
    '//elsewhere.example/usage',
    '/\\elsewhere.example/usage',
    '/\t/elsewhere.example/usage',
  ])('is never asked of another origin, with the key: %j', (path) => {
    const fault = issue({ baseUrl: 'https://north.example/v1', quota: { ...LEFT, path } });
    expect(fault.path).toBe('upstreams[0].quota.path');
    expect(fault.expected).toContain('the same origin');
  });

  it.each([
    ['usage', 'a path that begins with a slash'],
    ['', 'a path that begins with a slash'],
    ['ftp://north.example/x', 'a path that begins with a slash'],
    ['https://me:secret-word@api.openai.com/usage', 'without user and password'],
    ['/usage#left', 'without a fragment'],
    [5, 'a path'],
  ])('is not asked at what is no path: %j', (path, expected) => {
    const fault = issue({ quota: { ...LEFT, path } });
    expect(fault.path).toBe('upstreams[0].quota.path');
    expect(fault.expected).toContain(expected);
    expect(JSON.stringify(fault)).not.toContain('secret-word');
  });

  it.each([
    [{ path: '/usage' }, '`remaining`, or both `used` and `limit`'],
    [{ path: '/usage', used: '/used' }, '`remaining`, or both `used` and `limit`'],
    [{ path: '/usage', limit: 100 }, '`remaining`, or both `used` and `limit`'],
    [{ remaining: '/left' }, 'either `path` or `read`'],
    [{}, 'either `path` or `read`'],
    [{ path: '/usage', remaining: '/left', read: () => ({ remaining: 1 }) }, 'either `path` or `read`'],
  ])('needs enough to know what is left: %j', (quota, expected) => {
    expect(issue({ quota })).toMatchObject({ path: 'upstreams[0].quota', expected });
  });

  it('may be a function, with numbers beside it', () => {
    const read = () => ({ remaining: 1 });
    expect(resolved({ quota: read }).quota).toEqual({ ...defaults.DEFAULT_QUOTA, source: { kind: 'function', read } });
    expect(resolved({ quota: { read, warnBelow: 0.1 } }).quota).toMatchObject({ warnBelow: 0.1, interval: 60_000 });
    expect(issue({ quota: { read, limit: 5 } })).toMatchObject({ path: 'upstreams[0].quota.limit' });
  });

  it.each([
    ['remaining', 'data.left', '/data/left'],
    ['remaining', '#/data/left', '/data/left'],
    ['used', 'used', '/used'],
    ['resetsAt', '/~', undefined],
  ])('takes JSON pointers, and suggests them: %s %s', (name, text, suggestion) => {
    const fault = issue({ quota: { ...LEFT, used: '/used', limit: 1, [name]: text } });
    expect(fault).toMatchObject({ path: `upstreams[0].quota.${name}` });
    expect(fault.suggestion).toBe(suggestion);
  });

  it.each([0, -1, Number.NaN, Infinity, true, null, 'limit'])('refuses what is no limit: %j', (limit) => {
    expect(issue({ quota: { ...LEFT, limit } }).path).toBe('upstreams[0].quota.limit');
  });

  it.each([
    ['interval', 999],
    ['interval', 2 ** 31],
    ['timeout', 0],
    ['warnBelow', 1.1],
    ['warnBelow', 20],
  ])('refuses a wrong %s: %d', (name, value) => {
    expect(issue({ quota: { ...LEFT, [name]: value } }).path).toBe(`upstreams[0].quota.${name}`);
  });

  it.each([5, 'https://api.openai.com/usage', null, []])('refuses what is neither: %j', (quota) => {
    expect(issue({ quota }).path).toBe('upstreams[0].quota');
  });

  it.each([
    ['balance', 'remaining'],
    ['url', 'path'],
    ['warnbelow', 'warnBelow'],
    ['remianing', 'remaining'],
  ])('knows what is meant by %s', (name, suggestion) => {
    const fault = issue({ quota: { ...LEFT, [name]: '/x' } });
    expect(fault).toEqual({ path: `upstreams[0].quota.${name}`, expected: 'a known option of a quota', suggestion });
  });
});

const PAGE = 'https://status.example/api/v2/summary.json';

describe('statusPage', () => {
  it('is a URL, or a URL with what counts', () => {
    expect(resolved({}).statusPage).toBeUndefined();
    expect(resolved({ statusPage: PAGE }).statusPage).toEqual({ url: PAGE, components: undefined, interval: 120_000 });
    const components = ['API'];
    expect(resolved({ statusPage: { url: PAGE, components, interval: 30_000 } }).statusPage).toEqual({
      url: PAGE,
      components: ['API'],
      interval: 30_000,
    });
  });

  it('may stand anywhere', () => {
    expect(resolved({ baseUrl: 'https://north.example/v1', statusPage: PAGE }).statusPage?.url).toBe(PAGE);
  });

  it.each([
    'status.example',
    'ftp://status.example/x',
    `${PAGE}?token=secret-word`,
    `${PAGE}#x`,
    'https://a:b@c.d/e',
    5,
  ])('refuses what is no URL of a page: %j', (statusPage) => {
    for (const value of [statusPage, { url: statusPage }]) {
      const fault = issue({ statusPage: value });
      expect(fault.path).toMatch(/^upstreams\[0\]\.statusPage(?:\.url)?$/u);
      expect(JSON.stringify(fault)).not.toContain('secret-word');
    }
  });

  it('suggests the summary of a page', () => {
    expect(issue({ statusPage: 'https://status.example' }).suggestion).toBe(PAGE);
  });

  it.each([
    ['interval', 29_999],
    ['components', []],
    ['components', ['']],
    ['components', 'API'],
  ])('refuses a wrong %s: %j', (name, value) => {
    expect(issue({ statusPage: { url: PAGE, [name]: value } }).path).toContain(`upstreams[0].statusPage.${name}`);
  });

  it('knows what is meant by a wrong name', () => {
    expect(issue({ statusPage: { url: PAGE, component: ['API'] } })).toMatchObject({ suggestion: 'components' });
  });
});
