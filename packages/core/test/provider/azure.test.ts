import { expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { azure } from '../../src/provider/azure.js';

function settingsOf(upstream: object) {
  const [first] = resolveOptions({
    upstreams: [
      { name: 'az', provider: 'azure', keys: ['key-0123456789'], models: { 'gpt-4.1': { id: 'my gpt' } }, ...upstream },
    ],
  }).deployments;
  if (first === undefined) throw new Error('there is a deployment');
  return first;
}

const RESOURCE = 'https://my-resource.openai.azure.com';

it.each([RESOURCE, `${RESOURCE}/`, `${RESOURCE}/openai`, `${RESOURCE}/openai/v1/`])(
  'finds the newer route under %s',
  (baseUrl) => {
    const deployment = settingsOf({ baseUrl });
    expect(azure.url(deployment.upstream, deployment, false)).toBe(`${RESOURCE}/openai/v1/chat/completions`);
  },
);

it('names the deployment and the version in the older route', () => {
  const deployment = settingsOf({ baseUrl: RESOURCE, apiVersion: '2024-10-21' });
  expect(azure.url(deployment.upstream, deployment, true)).toBe(
    `${RESOURCE}/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21`,
  );
});

it('carries the key in a header of its own', () => {
  const { upstream } = settingsOf({ baseUrl: RESOURCE, headers: { 'X-Team': 'shop' } });
  expect(azure.headers(upstream, 'key-0123456789')).toEqual({
    'content-type': 'application/json',
    accept: 'application/json',
    'api-key': 'key-0123456789',
    'x-team': 'shop',
  });
  expect(azure.headers(upstream, undefined)).not.toHaveProperty('api-key');
});

it('needs a resource, and an api-version is nobody else’s', () => {
  expect(() => settingsOf({})).toThrow(/upstreams\[0\]\.baseUrl: expected the URL of your resource/);
  expect(() => settingsOf({ provider: 'openai', apiVersion: '2024-10-21' })).toThrow(/upstreams\[0\]\.apiVersion/);
  expect(settingsOf({ provider: 'anthropic' }).upstream.baseUrl).toBe('https://api.anthropic.com/v1');
});
