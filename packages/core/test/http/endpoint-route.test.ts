import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { endpointRoute } from '../../src/http/endpoint-route.js';

const NAMES = { models: ['m', 'meta-llama/llama-4', 'a b', '100%'], chains: ['default', 'accounts/us/models/m'] };

function routeOf(url: string) {
  const route = endpointRoute({ url } as IncomingMessage, NAMES);
  return route?.kind === 'model' ? route.id : route?.kind;
}

describe('endpointRoute', () => {
  it.each(['/chat/completions', '/v1/chat/completions', '/a/b/chat/completions/', '/chat/completions?api-version=1'])(
    'knows %s',
    (url) => {
      expect(routeOf(url)).toBe('chat');
    },
  );

  it.each(['/models', '/v1/models/', '/models?limit=5', 'http://here/v1/models'])('knows %s', (url) => {
    expect(routeOf(url)).toBe('models');
  });

  it.each([
    ['/v1/models/m', 'm'],
    ['/models/m/', 'm'],
    ['/models/other?x=/models', 'other'],
    ['/models/meta-llama%2Fllama-4', 'meta-llama/llama-4'],
    ['/models/meta-llama/llama-4', 'meta-llama/llama-4'],
    ['/v1/models/accounts/us/models/m', 'accounts/us/models/m'],
    ['/models/a%20b', 'a b'],
    ['/models/100%25', '100%'],
    ['/models/100%', '100%'],
    ['/models/%E0%A4%A', '%E0%A4%A'],
    ['/models/default', 'default'],
  ])('finds the name in %s', (url, name) => {
    expect(routeOf(url)).toBe(name);
  });

  it.each([
    '/',
    '',
    '/v1',
    '/completions',
    '/chat/completions/5',
    '/chat',
    '/xmodels',
    '/nochat/completions',
    '/models/one/two',
    '/embeddings?for=/models',
  ])('leaves %s to others', (url) => {
    expect(routeOf(url)).toBeUndefined();
  });
});
