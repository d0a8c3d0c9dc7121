import { expect, it } from 'vitest';
import { issueOf, issuesOf, options, refusal, upstream } from './sample-options.js';

it.each([
  ['fallbacks', 'chains'],
  ['fallbackMessage', 'cannedReply'],
  ['timeout', 'timeouts'],
  ['maxRetries', 'retry.maxAttempts'],
  ['retries', 'retry.maxAttempts'],
  ['apiKey', 'upstreams[].keys'],
  ['keys', 'upstreams[].keys'],
  ['providers', 'upstreams'],
  ['cannedReplies', 'cannedReply'],
  ['lastresort', 'lastResort'],
  ['deadLine', 'deadline'],
  ['stream_deadline', 'streamDeadline'],
  ['hedging', 'raceAfter'],
  ['stream', 'streamInside'],
  ['persistence', 'state'],
  ['stateFile', 'state.file'],
  ['raceAcrossModel', 'raceAcrossModels'],
])('suggests for the option %s: %s', (name, suggestion) => {
  expect(issueOf(options({ [name]: 1 }))).toEqual({ path: name, expected: 'a known option', suggestion });
});

it.each([
  ['apiKey', 'keys'],
  ['api_key', 'keys'],
  ['key', 'keys'],
  ['baseURL', 'baseUrl'],
  ['base_url', 'baseUrl'],
  ['url', 'baseUrl'],
  ['endpoint', 'baseUrl'],
  ['model', 'models'],
  ['timeout', 'timeouts'],
  ['rpm', 'limits.requestsPerMinute'],
  ['prority', 'priority'],
  ['reasoning', 'models["…"].reasoning'],
  ['prefill', 'models["…"].prefill'],
  ['deadline', 'deadline beside upstreams'],
  ['raceAfter', 'raceAfter beside upstreams'],
])('suggests for the option %s of an upstream: %s', (name, suggestion) => {
  const issue = issueOf({ upstreams: [upstream({ [name]: 'sk-live-4f9a8b7c6d5e' })] });
  expect(issue).toEqual({ path: `upstreams[0].${name}`, expected: 'a known option of an upstream', suggestion });
});

it.each([
  [{ timeouts: { firstToken: 1 } }, 'timeouts.firstToken', 'firstContent'],
  [{ timeouts: { conect: 1 } }, 'timeouts.conect', 'connect'],
  [{ timeouts: { streamDeadline: 1 } }, 'timeouts.streamDeadline', 'streamDeadline beside upstreams'],
  [{ retry: { attempts: 1 } }, 'retry.attempts', 'maxAttempts'],
  [{ breaker: { resetTimeout: 1 } }, 'breaker.resetTimeout', 'openFor'],
  [{ limits: { rpm: 1 } }, 'limits.rpm', 'requestsPerMinute'],
  [{ health: { unhealthyThreshold: 3 } }, 'health.unhealthyThreshold', 'fall'],
  [{ health: { intervall: 3 } }, 'health.intervall', 'interval'],
  [{ healthCheck: {} }, 'healthCheck', 'health'],
  [{ state: { file: 'x', path: 'y' } }, 'state.path', 'file'],
  [{ state: { file: 'x', intervall: 1 } }, 'state.intervall', 'interval'],
  [{ chains: { a: { models: ['gpt-4.1'], steps: ['gpt-4.1'] } } }, 'chains.a.models', 'steps'],
  [{ chains: { a: { steps: ['gpt-4.1'], require: { tag: 'x' } } } }, 'chains.a.require.tag', 'tags'],
  [
    { upstreams: [upstream({ retry: { maxAttempts: 1 } })] },
    'upstreams[0].retry.maxAttempts',
    'retry.maxAttempts beside upstreams',
  ],
  [{ upstreams: [upstream({ models: { m: { name: 'x' } } })] }, 'upstreams[0].models.m.name', 'id'],
  [{ upstreams: [upstream({ models: { m: { prefix: true } } })] }, 'upstreams[0].models.m.prefix', 'prefill'],
  [
    { upstreams: [upstream({ models: { m: { limits: { tpm: 1 } } } })] },
    'upstreams[0].models.m.limits.tpm',
    'tokensPerMinute',
  ],
])('knows names at any level: %j', (fields, path, suggestion) => {
  expect(issueOf(options(fields))).toMatchObject({ path, suggestion });
});

it('lists what there is when nothing is near', () => {
  expect(issueOf(options({ chains: { a: { steps: ['gpt-4.1'], xyzzy: 1 } } })).expected).toBe(
    'a known option of a chain: steps, require, balance',
  );
});

it('tells of every unknown option, and of none of their values', () => {
  const error = refusal(options({ alpha: 'secret-alpha', beta: { gamma: 'secret-beta' } }));
  expect(error.issues.map(({ path }) => path)).toEqual(['alpha', 'beta']);
  expect(error.message).not.toContain('secret-');
});

it('writes names that are no identifiers in brackets', () => {
  expect(issuesOf(options({ 'a b': 1, ключ: 1, '1': 1 })).map(({ path }) => path)).toEqual([
    '["1"]',
    '["a b"]',
    'ключ',
  ]);
});
