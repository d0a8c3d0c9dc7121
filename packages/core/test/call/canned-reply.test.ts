import { describe, expect, it, vi } from 'vitest';
import { cannedCompletion } from '../../src/call/canned-reply.js';
import type { CannedCall, CannedReply, CannedReplyContext } from '../../src/call/canned-reply.js';
import { bestLocale, parseAcceptLanguage } from '../../src/call/locale.js';

const call: CannedCall = {
  request: { messages: [{ role: 'user', content: 'Where is my order?' }] },
  locales: [],
  metadata: { shop: 7 },
  model: 'gpt-4.1',
  wantsJson: false,
  now: 1_700_000_000_900,
  id: 'chatcmpl-1',
};

async function text(canned: CannedReply, change: Partial<CannedCall> = {}): Promise<string | null | undefined> {
  const completion = await cannedCompletion(canned, { ...call, ...change });
  return completion?.choices[0]?.message.content;
}

describe('A canned text', () => {
  it('becomes a whole completion, at once', () => {
    expect(cannedCompletion('We are busy.', call)).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'gpt-4.1',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'We are busy.', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
  });

  it("is chosen by the caller's languages, the first being the default", async () => {
    const canned = { en: 'Busy.', pt: 'Ocupado.', 'zh-CN': '忙' };
    expect(await text(canned, { locales: ['pt-BR', 'en'] })).toBe('Ocupado.');
    expect(await text(canned, { locales: ['zh'] })).toBe('忙');
    expect(await text(canned, { locales: ['fr'] })).toBe('Busy.');
    expect(await text(canned)).toBe('Busy.');
    expect(await text({}, { locales: ['fr'] })).toBeUndefined();
  });

  it('is not given to a caller that asked for JSON', async () => {
    expect(await text('Busy.', { wantsJson: true })).toBeUndefined();
    expect(await text({ en: 'Busy.' }, { wantsJson: true })).toBeUndefined();
  });
});

describe('A canned function', () => {
  it('is told the request, the locales and the metadata, and nothing else', async () => {
    const canned = vi.fn<(context: CannedReplyContext) => string>(() => 'Busy.');
    expect(await text(canned, { locales: ['de'] })).toBe('Busy.');
    expect(canned).toHaveBeenCalledExactlyOnceWith({
      request: call.request,
      locales: ['de'],
      metadata: { shop: 7 },
    });
  });

  it('may answer a caller that asked for JSON', async () => {
    expect(await text(async () => '{"answer":null}', { wantsJson: true })).toBe('{"answer":null}');
  });

  it('may have nothing to say', async () => {
    expect(await text(() => undefined)).toBeUndefined();
    // What a function written in JavaScript may return.
    expect(await text(() => JSON.parse('null'))).toBeUndefined();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('broken'))],
    ['returns a completion without choices', () => ({ model: 'x' })],
    ['returns a choice without a message', () => JSON.parse('{"choices":[{}]}')],
    ['returns a choice that is null', () => JSON.parse('{"choices":[null]}')],
    ['returns a number', () => JSON.parse('5')],
  ] satisfies [string, CannedReply][])('that %s counts as none and is reported', async (_, canned) => {
    const onError = vi.fn<(error: unknown) => void>();
    expect(await cannedCompletion(canned, call, onError)).toBeUndefined();
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(Error));
  });

  it('may return a part of a completion, which is completed', async () => {
    const part = '{"model":"canned","choices":[{"message":{"content":"Busy.","links":[1]}}],"__proto__":{"x":1}}';
    const completion = await cannedCompletion(() => JSON.parse(part), call);
    expect(completion).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'canned',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Busy.', refusal: null, links: [1] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
    expect(Object.getPrototypeOf(completion)).toBe(Object.prototype);
    expect(Object.keys(completion ?? {})).not.toContain('__proto__');
  });

  it('keeps its own object to itself', async () => {
    const mine = {
      choices: [
        {
          index: 0,
          message: { role: 'assistant' as const, content: 'Busy.', refusal: null },
          finish_reason: 'stop' as const,
          logprobs: null,
        },
      ],
    };
    const completion = await cannedCompletion(() => mine, call);
    mine.choices[0]!.message.content = 'changed';
    expect(completion?.choices[0]?.message.content).toBe('Busy.');
  });
});

describe('accept-language', () => {
  it.each([
    ['pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7', ['pt-BR', 'pt', 'en-US', 'en']],
    ['en;q=0.3, de ; q=0.8,fr', ['fr', 'de', 'en']],
    ['en,de', ['en', 'de']],
    ['de;q=0,en', ['en']],
    ['*', []],
    ['en;q=2, de;q=-1, fr;q=abc, it;q=, es;q=0.5', ['es']],
    ['en;level=1;Q=0.5,de', ['de', 'en']],
    ['', []],
    [undefined, []],
    [',,;q=1,<script>,en us,\u0000', []],
  ])('%j means %j', (header, locales) => {
    expect(parseAcceptLanguage(header)).toEqual(locales);
  });

  it('is not read without end', () => {
    expect(parseAcceptLanguage('en,'.repeat(1_000_000)).length).toBeLessThanOrEqual(20);
    expect(parseAcceptLanguage(`${'a-'.repeat(1_000_000)}a`)).toEqual([]);
  });
});

describe('The best locale', () => {
  it.each([
    [['pt-BR'], ['pt', 'pt-BR'], 'pt-BR'],
    [['pt-BR'], ['en', 'pt'], 'pt'],
    [['PT-br'], ['pt_BR'], 'pt_BR'],
    [['zh-Hant-TW'], ['zh', 'zh-Hant'], 'zh-Hant'],
    [['pt'], ['en', 'pt-BR'], 'pt-BR'],
    [['pt-PT', 'en'], ['en', 'pt-BR'], 'pt-BR'],
    [['fr', 'en'], ['de', 'en'], 'en'],
    [['e'], ['en'], undefined],
    [['fr'], ['en'], undefined],
    [[], ['en'], undefined],
    [['constructor'], ['en'], undefined],
  ])('for %j of %j is %j', (locales, available, best) => {
    expect(bestLocale(locales, available)).toBe(best);
  });
});
