import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { issueOf, issuesOf, KEY, onlyUpstream, options, refusal, upstream } from './sample-options.js';

const withKeys = (keys: unknown) => options({ upstreams: [upstream({ keys })] });
const withHeaders = (headers: unknown) => options({ upstreams: [upstream({ headers })] });

describe('keys', () => {
  it.each([undefined, null, '', '  ', 'undefined', 'null'])(
    'asks whether the environment variable is set when a key is %j',
    (key) => {
      const issue = issueOf(withKeys([KEY, key]));
      expect(issue.path).toBe('upstreams[0].keys[1]');
      expect(issue.expected).toContain('is the environment variable set?');
    },
  );

  it.each([
    [` ${KEY}`, 'white space around'],
    [`${KEY}\n`, 'white space around'],
    [`${KEY} ${KEY}`, 'white space inside'],
    [`"${KEY}"`, 'quotation marks'],
    [`Bearer ${KEY}`, 'leave "Bearer " off'],
    [`${KEY}\u2013`, 'ASCII'],
    [`${KEY}\u0000`, 'ASCII'],
    ['none', "keys: 'none'"],
    ['sk-...', 'placeholder'],
    ['<your key>', 'placeholder'],
    ['your-api-key', 'placeholder'],
    ['${OPENAI_API_KEY}', 'placeholder'],
    [17, 'as a string'],
    [[KEY], 'as a string'],
    [true, 'a function that returns one'],
  ])('refuses a key such as %j and says what to do, but never what it is', (key, words) => {
    const issue = issueOf(withKeys([key]));
    expect(issue.path).toBe('upstreams[0].keys[0]');
    expect(issue.expected).toContain(words);
    expect(issue).not.toHaveProperty('value');
    expect(JSON.stringify(issue)).not.toContain(KEY);
  });

  it('refuses the same key twice', () => {
    const issue = issueOf(withKeys([KEY, 'another-key', KEY]));
    expect(issue).toEqual({ path: 'upstreams[0].keys[2]', expected: 'each key once; the same stands at [0]' });
  });

  it('tells of every faulty key at once', () => {
    expect(issuesOf(withKeys([undefined, 'good-key', 'good-key', ' '])).map(({ path }) => path)).toEqual([
      'upstreams[0].keys[0]',
      'upstreams[0].keys[3]',
      'upstreams[0].keys[2]',
    ]);
  });

  it('refuses no keys at all and names the way out', () => {
    expect(issueOf(withKeys([])).expected).toContain("'none' for a server that wants no key");
    expect(issueOf(withKeys(undefined)).expected).toContain('is the environment variable set?');
  });

  it.each([KEY, { [KEY]: KEY }, 17])('refuses keys that are no list', (keys) => {
    const issue = issueOf(withKeys(keys));
    expect(issue.path).toBe('upstreams[0].keys');
    expect(issue.expected).toContain('a list of keys');
    expect(JSON.stringify(issue)).not.toContain(KEY);
  });

  it("takes 'none' for a server that wants no key", () => {
    expect(onlyUpstream(resolveOptions(withKeys('none'))).keys).toEqual([{ secret: undefined, name: undefined }]);
  });

  it('takes short keys, odd keys and several keys as they are', () => {
    const keys = ['k', 'key-2', 'a/b+c==', 'x.y~z!'];
    expect(onlyUpstream(resolveOptions(withKeys(keys))).keys.map(({ secret }) => secret)).toEqual(keys);
  });
});

describe('headers', () => {
  it('takes headers and keeps them under lower-case names', () => {
    const { headers } = onlyUpstream(resolveOptions(withHeaders({ 'X-Team': 'shop', Host: 'gateway.example' })));
    expect(headers).toEqual({ 'x-team': 'shop', host: 'gateway.example' });
  });

  it.each([
    ['a\r\nx-evil: 1', 'line breaks'],
    ['a\u0000', 'line breaks'],
    ['\u2013', 'cannot stand in a header'],
    [undefined, 'is the environment variable set?'],
    [17, 'as a string'],
  ])('refuses the value %j', (value, words) => {
    const issue = issueOf(withHeaders({ 'x-team': value }));
    expect(issue.path).toBe('upstreams[0].headers["x-team"]');
    expect(issue.expected).toContain(words);
    expect(issue).not.toHaveProperty('value');
  });

  it('does not repeat a header line that stands in place of a name', () => {
    const error = refusal(withHeaders({ 'authorization: Basic dXNlcjpwYXNz': 'x' }));
    expect(error.issues[0]?.path).toBe('upstreams[0].headers');
    expect(error.message).not.toContain('dXNlcjpwYXNz');
  });

  it.each(['Content-Length', 'transfer-encoding', 'Connection'])('refuses %s, which frames the message', (name) => {
    expect(issueOf(withHeaders({ [name]: '1' })).expected).toContain(name.toLowerCase());
  });

  it('refuses the same header in two spellings', () => {
    expect(issueOf(withHeaders({ 'x-team': 'a', 'X-Team': 'b' })).expected).toContain('each header once');
  });

  it.each([[[]], ['x-team: shop'], [null]])('refuses headers that are no object: %j', (headers) => {
    expect(issueOf(withHeaders(headers)).expected).toContain('headers by name');
  });
});

describe('secrets', () => {
  const SECRET = 'correct-horse-battery';

  it.each([
    ['an unknown option', { upstreams: [upstream({ apiKey: SECRET })] }],
    ['a nested unknown option', { upstreams: [upstream()], auth: { token: { value: SECRET } } }],
    [
      'a key that is also a model',
      { upstreams: [upstream({ keys: [SECRET], models: [SECRET] })], lastResort: `${SECRET}!` },
    ],
    ['a key that is also a name', { upstreams: [upstream({ keys: [SECRET], name: `${SECRET} ` })] }],
    ['a header that is also a tag', { upstreams: [upstream({ headers: { 'x-a': SECRET }, tags: [`${SECRET}\n`] })] }],
    ['a key in place of the options', KEY],
    ['a key in the name of an option', { ...options(), [KEY]: 1 }],
    ['a key as a chain', { ...options(), chains: { [KEY]: [KEY] } }],
    ['credentials of a URL', { upstreams: [upstream({ baseUrl: `https://me:${SECRET}@north.example/v1` })] }],
    ['credentials of a broken URL', { upstreams: [upstream({ baseUrl: `htp://me:${SECRET}@north example/v1` })] }],
    ['a query of a URL', { upstreams: [upstream({ baseUrl: `https://north.example/v1?key=${SECRET}` })] }],
    ['a key in the path of a URL', { upstreams: [upstream({ baseUrl: `https://north.example/${KEY}/models` })] }],
    ['a bearer in place of a number', { ...options(), deadline: `Bearer ${SECRET}` }],
    [
      'an error of a getter',
      {
        ...options(),
        get balance() {
          throw new Error(SECRET);
        },
      },
    ],
  ])('stay out of the error: %s', (_, given) => {
    const error = refusal(given);
    for (const text of [error.message, error.stack ?? '', JSON.stringify(error), JSON.stringify(error.issues)]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(KEY);
    }
    expect(error.cause).toBeUndefined();
  });
});
