import { expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { issueOf, onlyUpstream, options, upstream } from './sample-options.js';

const withUrl = (baseUrl: unknown) => options({ upstreams: [upstream({ baseUrl })] });

it("is the provider's own service when it is left out", () => {
  expect(onlyUpstream(resolveOptions(options())).baseUrl).toBe('https://api.openai.com/v1');
});

it('must not be undefined, because then a key would go to another service', () => {
  const issue = issueOf(withUrl(undefined));
  expect(issue.path).toBe('upstreams[0].baseUrl');
  expect(issue.expected).toContain('is the environment variable set?');
});

it.each([
  ['https://north.example/v1', 'https://north.example/v1'],
  ['https://north.example/v1/', 'https://north.example/v1'],
  ['https://north.example/v1///', 'https://north.example/v1'],
  ['https://north.example', 'https://north.example'],
  ['https://North.Example:8443/', 'https://north.example:8443'],
  ['http://127.0.0.1:11434/v1', 'http://127.0.0.1:11434/v1'],
  ['http://[::1]:8080/models/v1', 'http://[::1]:8080/models/v1'],
  [' https://north.example/v1\n', 'https://north.example/v1'],
])('takes %j as %j', (given, taken) => {
  expect(onlyUpstream(resolveOptions(withUrl(given))).baseUrl).toBe(taken);
});

it.each([
  ['https://north.example/v1/chat/completions', '/chat/completions', 'https://north.example/v1'],
  ['https://north.example/v1/chat/completions/', '/chat/completions', 'https://north.example/v1'],
  ['https://north.example/v1/models', '/models', 'https://north.example/v1'],
  ['https://north.example/v1/completions', '/completions', 'https://north.example/v1'],
])('says to leave the route off: %s', (given, route, suggestion) => {
  const issue = issueOf(withUrl(given));
  expect(issue.expected).toContain(`leave "${route}" off`);
  expect(issue.suggestion).toBe(suggestion);
  expect(issue.value).toContain(given);
});

it.each([
  ['north.example/v1', 'https://north.example/v1'],
  ['localhost:11434/v1', 'http://localhost:11434/v1'],
  ['ftp://north.example/v1', undefined],
  ['//north.example/v1', undefined],
  ['v 1', undefined],
  ['javascript:alert(1)', undefined],
])('wants http or https: %j', (given, suggestion) => {
  const issue = issueOf(withUrl(given));
  expect(issue.expected).toContain('begins with https:// or http://');
  expect(issue.suggestion).toBe(suggestion);
});

it.each([
  ['', 'is the environment variable set?'],
  ['  ', 'is the environment variable set?'],
  [null, 'is the environment variable set?'],
  [17, 'a URL'],
  ['https://me@north.example/v1', 'without user and password'],
  ['https://me:pass@north.example/v1', 'without user and password'],
  ['https://north.example/v1?api-version=1', 'without query and fragment'],
  ['https://north.example/v1?', 'without query and fragment'],
  ['https://north.example/v1#top', 'without query and fragment'],
])('refuses %j', (given, words) => {
  const issue = issueOf(withUrl(given));
  expect(issue.path).toBe('upstreams[0].baseUrl');
  expect(issue.expected).toContain(words);
});
