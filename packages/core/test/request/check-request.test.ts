import { describe, expect, it } from 'vitest';
import { CallError } from '../../src/errors.js';
import { checkRequest } from '../../src/request/check-request.js';

const user = { role: 'user', content: 'Where is my order?' };
const noDefaults = { defaults: {} };

function refusal(request: unknown, defaults: Readonly<Record<string, unknown>> = {}): CallError {
  try {
    checkRequest(request, { defaults });
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
  throw new Error('The request was accepted.');
}

function sent(request: unknown, defaults: Readonly<Record<string, unknown>> = {}): unknown {
  return JSON.parse(checkRequest(request, { defaults }).bodyFor('m'));
}

describe('The shape of a request', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'hello'],
    ['a number', 4],
    ['a BigInt', 4n],
    ['an array', [user]],
    ['a function', () => 'hello'],
    ['a symbol', Symbol('hello')],
  ])('is not %s', (_, request) => {
    const error = refusal(request);
    expect(error).toMatchObject({ kind: 'bad-request', code: 'AIF_BAD_REQUEST', status: 400, param: undefined });
    expect(error.message).toMatch(/^The request must be an object with messages/);
  });

  it('needs messages', () => {
    expect(refusal({})).toMatchObject({ param: 'messages', message: 'messages is required: an array of messages.' });
    expect(refusal({ messages: undefined }).param).toBe('messages');
  });

  it('does not take messages that are no array, or none', () => {
    expect(refusal({ messages: 'Hello' }).message).toBe('messages must be an array, not a string.');
    expect(refusal({ messages: [] }).message).toBe('messages must have at least one message.');
    expect(refusal({ messages: [user, undefined] }).param).toBe('messages[1]');
  });

  it('lets unknown fields through untouched', () => {
    const extras = {
      top_k: 40,
      enable_thinking: false,
      provider: { order: ['a', { b: null }] },
      'odd "name"': '\u2028',
    };
    expect(sent({ messages: [{ ...user, prefix: true }], ...extras })).toEqual({
      model: 'm',
      messages: [{ ...user, prefix: true }],
      ...extras,
    });
  });

  it('treats undefined as left out and keeps an explicit null', () => {
    const request = { messages: [user], temperature: undefined, stop: null, max_tokens: null };
    expect(sent(request, { temperature: 0.7, max_tokens: 10 })).toEqual({
      model: 'm',
      messages: [user],
      stop: null,
      max_tokens: null,
      temperature: 0.7,
    });
  });
});

describe('What the engine learns of a request', () => {
  it('is the model, the limit of the output, the choices and the user', () => {
    const request = { model: 'gpt-4.1', messages: [user], max_tokens: 50, n: 2, user: 'u-1' };
    expect(checkRequest(request, noDefaults)).toMatchObject({
      model: 'gpt-4.1',
      maxOutputTokens: 50,
      choices: 2,
      user: 'u-1',
      wantsJson: false,
      hasTools: false,
    });
  });

  it('is what is not there', () => {
    expect(checkRequest({ messages: [user], model: null }, noDefaults)).toMatchObject({
      model: undefined,
      maxOutputTokens: undefined,
      choices: 1,
      user: undefined,
    });
  });

  it('prefers max_completion_tokens to max_tokens', () => {
    const request = { messages: [user], max_tokens: 50, max_completion_tokens: 70 };
    expect(checkRequest(request, noDefaults).maxOutputTokens).toBe(70);
  });

  it.each([
    [{ type: 'json_object' }, true],
    [{ type: 'json_schema', json_schema: { name: 'answer', schema: {} } }, true],
    [{ type: 'text' }, false],
    [undefined, false],
  ])('tells who wants JSON by response_format %j', (format, wanted) => {
    expect(checkRequest({ messages: [user], response_format: format }, noDefaults).wantsJson).toBe(wanted);
  });

  it('tells tools, also of the older form, but not empty ones', () => {
    const fn = { name: 'find', parameters: {} };
    expect(checkRequest({ messages: [user], tools: [{ type: 'function', function: fn }] }, noDefaults).hasTools).toBe(
      true,
    );
    expect(checkRequest({ messages: [user], functions: [fn] }, noDefaults).hasTools).toBe(true);
    expect(checkRequest({ messages: [user], tools: [] }, noDefaults).hasTools).toBe(false);
  });

  it('is whether the caller wants a stream, and its usage', () => {
    const wants = (fields: object): unknown => {
      const { wantsStream, wantsUsage } = checkRequest({ messages: [user], ...fields }, noDefaults);
      return { wantsStream, wantsUsage };
    };
    const neither = { wantsStream: false, wantsUsage: false };
    expect(wants({})).toEqual(neither);
    expect(wants({ stream: null, stream_options: null })).toEqual(neither);
    expect(wants({ stream: false, stream_options: { include_usage: false } })).toEqual(neither);
    expect(wants({ stream_options: { include_obfuscation: false } })).toEqual(neither);
    expect(wants({ stream: true })).toEqual({ wantsStream: true, wantsUsage: false });
    expect(wants({ stream: true, stream_options: { include_usage: true } })).toEqual({
      wantsStream: true,
      wantsUsage: true,
    });
  });

  it('is what a model reads: names, texts, arguments and definitions, and what is attached', () => {
    const read = (fields: object): unknown => {
      const { prompt } = checkRequest({ messages: [user], ...fields }, noDefaults);
      const { messages, toolCalls, hasTools, characters, attachments } = prompt;
      return { messages, toolCalls, hasTools, characters, attachments: attachments.map(({ kind }) => kind) };
    };
    const plain = { messages: 1, toolCalls: 0, hasTools: false, characters: user.content.length, attachments: [] };
    expect(read({})).toEqual(plain);
    expect(read({ messages: [{ ...user, name: 'Ada' }, user] })).toEqual({
      ...plain,
      messages: 2,
      characters: 2 * user.content.length + 'Ada'.length,
    });
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(100_000)}` } };
    const withImage = [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] }];
    expect(read({ messages: withImage })).toEqual({
      ...plain,
      characters: 'What is it?'.length,
      attachments: ['image'],
    });
    const call = { id: 'c', type: 'function', function: { name: 'find', arguments: '{"id":1}' } };
    expect(read({ messages: [{ role: 'assistant', tool_calls: [call, call] }] })).toEqual({
      ...plain,
      toolCalls: 2,
      characters: 2 * ('find'.length + 8),
    });
    const tools = [{ type: 'function', function: { name: 'find' } }];
    const characters = user.content.length + JSON.stringify(tools).length;
    expect(read({ tools })).toEqual({ ...plain, hasTools: true, characters });
    const response_format = { type: 'json_object' };
    expect(read({ response_format })).toMatchObject({
      hasTools: false,
      characters: user.content.length + JSON.stringify(response_format).length,
    });
    expect(read({ messages: [{ role: 'assistant', content: null, refusal: 'No.' }] })).toMatchObject({ characters: 3 });
  });
});

describe('A cut answer can be gone on with', () => {
  const continuable = (fields: object, defaults = {}): boolean =>
    checkRequest({ messages: [user], ...fields }, { defaults }).continuable;
  const fn = { name: 'find', parameters: {} };
  const tools = [{ type: 'function', function: fn }];

  it.each([
    {},
    { n: 1 },
    { n: null },
    { tools: [] },
    { functions: [] },
    { tools: null },
    { response_format: { type: 'text' } },
    { response_format: null },
    { logprobs: false },
    { logprobs: null, top_logprobs: null },
    { modalities: ['text'] },
    { modalities: null, audio: null, prediction: null },
    { temperature: 0, stop: ['END'], max_tokens: 5, reasoning_effort: 'low', top_k: 4 },
  ])('where it is one plain text: %j', (fields) => {
    expect(continuable(fields)).toBe(true);
  });

  it.each([
    { n: 2 },
    { tools },
    { functions: [fn] },
    { response_format: { type: 'json_object' } },
    { response_format: { type: 'json_schema', json_schema: { name: 'answer' } } },
    { response_format: { type: 'grammar', grammar: 'x' } },
    { logprobs: true },
    { top_logprobs: 2 },
    { modalities: ['text', 'audio'] },
    { modalities: 'audio' },
    { audio: { voice: 'alloy', format: 'wav' } },
    { prediction: { type: 'content', content: 'x' } },
  ])('not where it is more or other: %j', (fields) => {
    expect(continuable(fields)).toBe(false);
  });

  it('not where the defaults ask for more', () => {
    expect(continuable({}, { response_format: { type: 'json_object' } })).toBe(false);
  });
});

describe('Defaults', () => {
  it('fill what the request leaves out, and never what it says', () => {
    const defaults = { temperature: 0.7, max_tokens: 1000, top_p: 0.9 };
    expect(sent({ messages: [user], temperature: 0 }, defaults)).toEqual({
      model: 'm',
      messages: [user],
      temperature: 0,
      max_tokens: 1000,
      top_p: 0.9,
    });
  });

  it('do not add one name of the output limit beside the other', () => {
    const limits = (request: object, defaults: Readonly<Record<string, unknown>>): unknown =>
      sent({ messages: [user], ...request }, defaults);
    expect(limits({ max_completion_tokens: 5 }, { max_tokens: 9 })).not.toHaveProperty('max_tokens');
    expect(limits({ max_tokens: 5 }, { max_completion_tokens: 9 })).not.toHaveProperty('max_completion_tokens');
    expect(checkRequest({ messages: [user] }, { defaults: { max_completion_tokens: 9 } }).maxOutputTokens).toBe(9);
  });

  it('are not changed by a call', () => {
    const defaults = Object.freeze({ temperature: 0.7 });
    checkRequest({ messages: [user], temperature: 1 }, { defaults });
    expect(defaults).toEqual({ temperature: 0.7 });
  });
});

describe('The body', () => {
  it("has the upstream's name of the model instead of the caller's", () => {
    const checked = checkRequest({ model: 'gpt-4.1', messages: [user] }, noDefaults);
    expect(checked.bodyFor('their "gpt"/4.1')).toBe(
      '{"model":"their \\"gpt\\"/4.1","messages":[{"role":"user","content":"Where is my order?"}]}',
    );
    expect(JSON.parse(checked.bodyFor('another'))).toEqual({ model: 'another', messages: [user] });
  });

  it("has the attempt's own stream fields and never the caller's", () => {
    const request = { stream: true, stream_options: { include_usage: false }, messages: [user] };
    const checked = checkRequest(request, noDefaults);
    expect(JSON.parse(checked.bodyFor('m'))).toEqual({ model: 'm', messages: [user] });
    const stream = { stream: true, stream_options: { include_usage: true } };
    expect(JSON.parse(checked.bodyFor('m', { stream }))).toEqual({ model: 'm', ...stream, messages: [user] });
    expect(JSON.parse(checked.bodyFor('m', { stream: { stream: false } }))).toEqual({
      model: 'm',
      stream: false,
      messages: [user],
    });
  });

  it('does not follow later changes of the request', () => {
    const request = { messages: [{ ...user }], metadata: { order: '1' } };
    const checked = checkRequest(request, noDefaults);
    const before = checked.bodyFor('m');
    request.messages.push({ ...user });
    request.messages[0]!.content = 'Something else';
    request.metadata.order = '2';
    expect(checked.bodyFor('m')).toBe(before);
  });

  it('leaves the request as it was', () => {
    const request = { model: 'x', stream: true, messages: [user] };
    const before = structuredClone(request);
    checkRequest(Object.freeze(request), { defaults: { temperature: 1 } });
    expect(request).toEqual(before);
  });
});

describe('The body of a continuation', () => {
  const messages = [
    { role: 'assistant', content: 'It is on' },
    { role: 'user', content: 'Go on.' },
  ];
  const goingOn = (request: object, spentTokens = 0): unknown => {
    const checked = checkRequest({ messages: [user], ...request }, noDefaults);
    return JSON.parse(checked.bodyFor('m', { continuation: { messages, spentTokens } }));
  };

  it('has its messages behind those of the request', () => {
    const history = [{ role: 'system', content: 'Be brief.]' }, user];
    expect(goingOn({ messages: history, top_k: 4, stop: null })).toEqual({
      model: 'm',
      messages: [...history, ...messages],
      top_k: 4,
      stop: null,
    });
  });

  it('may be streamed and may add no message', () => {
    const checked = checkRequest({ messages: [user], max_tokens: 9 }, noDefaults);
    const shape = { stream: { stream: true }, continuation: { messages: [], spentTokens: 2 } };
    expect(JSON.parse(checked.bodyFor('m', shape))).toEqual({
      model: 'm',
      stream: true,
      messages: [user],
      max_tokens: 7,
    });
  });

  it.each([
    [{ max_tokens: 100 }, 40, { max_tokens: 60 }],
    [{ max_completion_tokens: 100 }, 40, { max_completion_tokens: 60 }],
    [{ max_tokens: 100, max_completion_tokens: 50 }, 40, { max_tokens: 60, max_completion_tokens: 10 }],
    [{ max_tokens: 100 }, 99, { max_tokens: 1 }],
    [{ max_tokens: 100 }, 100, { max_tokens: 1 }],
    [{ max_tokens: 100 }, 5_000, { max_tokens: 1 }],
    [{ max_tokens: null }, 40, { max_tokens: null }],
    [{}, 40, {}],
  ])('takes what was spent off the limit, which stays at least 1: %j less %d', (limits, spent, left) => {
    expect(goingOn(limits, spent)).toEqual({ model: 'm', messages: [user, ...messages], ...left });
  });

  it('shrinks a limit that came from the defaults', () => {
    const checked = checkRequest({ messages: [user] }, { defaults: { max_tokens: 50 } });
    const body: unknown = JSON.parse(checked.bodyFor('m', { continuation: { messages, spentTokens: 20 } }));
    expect(body).toHaveProperty('max_tokens', 30);
  });

  it('leaves the body of other attempts as it was', () => {
    const checked = checkRequest({ messages: [user], max_tokens: 50 }, noDefaults);
    const before = checked.bodyFor('m');
    checked.bodyFor('m', { continuation: { messages, spentTokens: 20 } });
    expect(checked.bodyFor('m')).toBe(before);
    expect(checked.bodyFor('m', {})).toBe(before);
  });
});

describe('Requests that are no plain JSON', () => {
  class Message {
    readonly #text: string;
    readonly role = 'user';
    constructor(text: string) {
      this.#text = text;
    }
    get content(): string {
      return this.#text;
    }
    toJSON(): unknown {
      return { role: this.role, content: this.#text };
    }
  }

  it('are checked and sent as their toJSON says', () => {
    const expected = { model: 'm', messages: [user] };
    expect(sent({ messages: [new Message(user.content)] })).toEqual(expected);
    expect(sent({ toJSON: () => ({ messages: [user] }) })).toEqual(expected);
    class Dto {
      messages = [user];
    }
    expect(sent(new Dto())).toEqual(expected);
  });

  it('are checked as the toJSON of an array of theirs says', () => {
    const disguised = Object.assign([user], { toJSON: () => [{ role: 'user' }] });
    expect(refusal({ messages: disguised }).param).toBe('messages[0].content');
    const parts = Object.assign([{ type: 'text', text: 'x' }], { toJSON: () => [] });
    expect(refusal({ messages: [{ role: 'user', content: parts }] }).param).toBe('messages[0].content');
    expect(refusal({ messages: Object.assign([user], { toJSON: () => undefined }) }).param).toBe('messages');
  });

  it('are refused when only a prototype holds what JSON does not send', () => {
    const inherited: unknown = Object.create({ messages: [user] });
    expect(refusal(inherited).param).toBe('messages');
    const message: unknown = Object.create(user);
    expect(refusal({ messages: [message] }).param).toBe('messages[0].role');
    expect(refusal({ messages: [{ role: 'user', content: [Object.create({ type: 'text', text: 'x' })] }] }).param).toBe(
      'messages[0].content[0].type',
    );
  });

  it('are refused when toJSON returns something else', () => {
    for (const value of [undefined, null, 'text', [user]]) {
      expect(refusal({ messages: [user], toJSON: () => value }).param).toBeUndefined();
    }
  });

  it('name the place of a cycle, a BigInt and a getter that throws', () => {
    const cycle: Record<string, unknown> = { a: 1 };
    cycle['self'] = cycle;
    const thrower = {
      get secret(): string {
        throw new Error('the text of a prompt');
      },
    };
    const place = (request: unknown): string | undefined => refusal(request).param;
    expect(refusal({ messages: [user], metadata: cycle }).message).toBe(
      'metadata cannot be sent: it refers to itself.',
    );
    expect(place({ messages: [user, { ...user, cycle }] })).toBe('messages[1]');
    expect(refusal({ messages: [user], seed: 1n }).message).toBe(
      'seed cannot be sent: it holds a BigInt, which JSON does not have.',
    );
    expect(place({ messages: [user], metadata: { deep: [1n] } })).toBe('metadata');
    expect(place({ messages: [user], metadata: thrower })).toBe('metadata');
    expect(refusal({ messages: [user], metadata: thrower }).message).not.toContain('prompt');
    const throwing = {
      get messages(): never {
        throw new Error('the text of a prompt');
      },
    };
    expect(refusal(throwing)).toMatchObject({ param: 'messages' });
    expect(refusal(throwing).message).not.toContain('prompt');
  });

  it('are refused when nested too deeply', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(refusal({ messages: [user], metadata: deep })).toMatchObject({ kind: 'bad-request', param: 'metadata' });
  });

  it('are refused when every look at them throws', () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new CallError({ kind: 'exhausted', message: 'not a bad request' });
        },
        ownKeys() {
          throw new Error('no');
        },
      },
    );
    expect(refusal(hostile).kind).toBe('bad-request');
    expect(refusal({ messages: hostile }).kind).toBe('bad-request');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal(proxy).kind).toBe('bad-request');
  });

  it('are refused with a __proto__ of their own, which changes no prototype', () => {
    const error = refusal(JSON.parse('{"messages":[{"role":"user","content":"x"}],"__proto__":{"polluted":true}}'));
    expect(error.param).toBe('__proto__');
    expect(Object.getOwnPropertyDescriptor(Object.prototype, 'polluted')).toBeUndefined();
  });

  it.each([Number.NaN, Infinity, -Infinity])('are refused with %s, also in an unknown field', (value) => {
    expect(refusal({ messages: [user], top_k: value }).message).toBe(`top_k is not finite: ${value}.`);
    expect(refusal({ messages: [user], 'a field with spaces': value }).param).toBeUndefined();
  });
});
