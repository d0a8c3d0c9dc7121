import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { dialectFor } from '../../src/provider/dialects.js';
import type { BodyShape } from '../../src/request/checked-request.js';
import { checkRequest } from '../../src/request/check-request.js';

const messages = [{ role: 'user', content: 'Hello' }];
const POOL = {
  upstreams: [
    { name: 'a', provider: 'openai', keys: 'none', models: { m: { id: 'their-m' } } },
    { name: 'b', provider: 'azure', baseUrl: 'https://b.example', keys: 'none', models: { m: { id: 'their-m' } } },
  ],
};

function bodies(fields: object, shape?: BodyShape): readonly string[] {
  const request = checkRequest({ messages, ...fields }, { defaults: {} });
  return resolveOptions(POOL).deployments.map((one) => dialectFor(one.upstream.provider).encode(request, one, shape));
}

function sent(fields: object, shape?: BodyShape): readonly unknown[] {
  return bodies(fields, shape).map((body) => JSON.parse(body));
}

describe('Fields for one provider', () => {
  const providerOptions = {
    openai: { reasoning_effort: 'low', temperature: 0 },
    azure: { data_sources: [{ type: 'azure_search' }] },
    anthropic: { top_k: 5 },
  };

  it('are sent to that provider, over what the request says, and to nobody else', () => {
    const plain = { model: 'their-m', messages, temperature: 1 };
    expect(sent({ temperature: 1, providerOptions })).toEqual([
      { ...plain, ...providerOptions.openai },
      { ...plain, ...providerOptions.azure },
    ]);
  });

  it('change nothing of how it is asked', () => {
    const own = { model: 'x', messages: [], n: 9, stream: false, stream_options: {}, seed: 1 };
    const shape = { stream: { stream: true, stream_options: { include_usage: true } } };
    expect(sent({ providerOptions: { openai: own } }, shape)[0]).toEqual({
      model: 'their-m',
      messages,
      ...shape.stream,
      seed: 1,
    });
  });

  it('cannot reach the prototype of anything', () => {
    const own: unknown = JSON.parse('{"__proto__": {"polluted": true}, "seed": 1}');
    const [body = ''] = bodies({ providerOptions: { openai: own } });
    expect(body).not.toContain('polluted');
    expect(JSON.parse(body)).toMatchObject({ seed: 1 });
  });

  it.each([undefined, { anthropic: { top_k: 5 } }, { openai: {} }, { openai: null }])(
    'leave the body as it was serialised where there are none: %j',
    (none) => {
      expect(bodies({ providerOptions: none })).toEqual(bodies({}));
    },
  );
});
