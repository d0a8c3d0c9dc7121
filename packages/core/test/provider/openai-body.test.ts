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
    const shape = { stream: { stream: true, stream_options: { include_usage: true } } };
    const [body] = sent({ n: 1, providerOptions: { openai: { seed: 1, store: true } } }, shape);
    expect(body).toEqual({ model: 'their-m', messages, ...shape.stream, n: 1, seed: 1, store: true });
  });

  it.each([undefined, { anthropic: { top_k: 5 } }, { openai: {} }, { openai: null }])(
    'leave the body as it was serialised where there are none: %j',
    (none) => {
      expect(bodies({ providerOptions: none })).toEqual(bodies({}));
    },
  );
});

describe('Ids of tool calls', () => {
  const long = `chatcmpl-tool-${'0123456789abcdef'.repeat(2)}`;
  const other = `${long.slice(0, -1)}e`;
  const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
  const conversation = (...ids: readonly string[]) => [
    { role: 'user', content: `say "${long}"` },
    { role: 'assistant', content: null, tool_calls: ids.map(call) },
    ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: long })),
  ];

  it('that are longer than OpenAI takes are shortened, of call and result alike, and nothing else is changed', () => {
    const fit = 'x'.repeat(40);
    for (const body of sent({ messages: conversation(long, fit, other), seed: 1 })) {
      const { messages: all } = body as { messages: ReturnType<typeof conversation> };
      const [a = '', b, c = ''] = all
        .flatMap((message) => ('tool_calls' in message ? message.tool_calls : []))
        .map(({ id }) => id);
      expect(a).toMatch(/^[\w-]{1,40}$/);
      expect(c).toMatch(/^[\w-]{1,40}$/);
      expect(new Set([a, b, c]).size).toBe(3);
      expect(b).toBe(fit);
      expect(body).toEqual({ model: 'their-m', messages: [...conversation(a, fit, c)], seed: 1 });
    }
  });

  it('become the same each time, whatever stands around them', () => {
    const idsIn = (ids: readonly string[]) =>
      /"id":"([^"]+)"/.exec(bodies({ messages: conversation(...ids) })[0] ?? '')?.[1];
    expect(idsIn([long, other])).toBe(idsIn([long]));
  });

  it('are shortened in results whose call is gone, and beside fields for one provider', () => {
    const [body] = sent({
      messages: [{ role: 'tool', tool_call_id: long, content: 'x' }],
      providerOptions: { openai: { store: true } },
    });
    expect(JSON.stringify(body)).not.toContain(long);
    expect(body).toMatchObject({ store: true });
  });

  it('that fit leave the request as it is', () => {
    const request = checkRequest({ messages: conversation('a', 'b') }, { defaults: {} });
    expect(request.withShortCallIds()).toBe(request);
    const another = checkRequest({ messages: conversation(long) }, { defaults: {} });
    expect(another.withShortCallIds()).toBe(another.withShortCallIds());
  });
});
