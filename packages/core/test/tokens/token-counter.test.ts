import { countChatCompletionTokens } from 'gpt-tokenizer/model/gpt-4o';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkRequest } from '../../src/request/check-request.js';
import { SAMPLED_ABOVE } from '../../src/tokens/read-text.js';
import { MOST_PER_CHARACTER, TokenCounter, tokensOfText, type PromptReader } from '../../src/tokens/token-counter.js';
import { TOKENIZERS, tokenizerOf } from '../../src/tokens/tokenizer.js';
import type { Prompt } from '../../src/tokens/prompt.js';
import { CHINESE } from './prompts/chinese.js';
import { CONVERSATIONS } from './prompts/conversations.js';
import { ENGLISH } from './prompts/english.js';

const GPT = reader('gpt-4o');

function reader(modelId: string): PromptReader {
  return { modelId, tokenizer: tokenizerOf([modelId], 'openai') };
}

function promptOf(fields: object): Prompt {
  return checkRequest({ messages: [{ role: 'user', content: 'Hello' }], ...fields }, { defaults: {} }).prompt;
}

function saying(...contents: readonly unknown[]): Prompt {
  return promptOf({ messages: contents.map((content) => ({ role: 'user', content })) });
}

function counter(): TokenCounter {
  return new TokenCounter(() => 0.5);
}

/** How often a character was read. */
function reading(act: () => void): number {
  const read = vi.spyOn(String.prototype, 'charCodeAt');
  act();
  const times = read.mock.calls.length;
  read.mockRestore();
  return times;
}

const LONG_TEXT = ENGLISH.map(({ text }) => text).join('\n');

afterEach(() => {
  vi.restoreAllMocks();
});

describe('A conversation with tools', () => {
  it.each(CONVERSATIONS)('is counted within 15 % of how OpenAI writes it: $name', ({ messages, functions }) => {
    const real = countChatCompletionTokens?.({ messages: [...messages], functions: [...functions] });
    const own = counter().count(promptOf({ messages, functions }), GPT);
    expect(own / Number(real)).toBeGreaterThan(0.85);
    expect(own / Number(real)).toBeLessThan(1.15);
  });

  it('costs more with each thing that is in it', () => {
    const count = (fields: object): number => counter().count(promptOf(fields), GPT);
    const call = { id: 'c', type: 'function', function: { name: 'find', arguments: '{"id":1}' } };
    const tool = { type: 'function', function: { name: 'find', parameters: { type: 'object' } } };
    const schema = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } };
    const plain = count({});
    expect(count({ tools: [tool] })).toBeGreaterThan(plain);
    expect(count({ tools: [tool, tool] })).toBeGreaterThan(count({ tools: [tool] }));
    expect(count({ response_format: schema })).toBeGreaterThan(plain);
    const user = { role: 'user', content: 'Hello' };
    expect(count({ messages: [user, user] })).toBeGreaterThanOrEqual(plain + 5);
    expect(count({ messages: [{ ...user, name: 'Ada' }] })).toBeGreaterThan(plain);
    expect(count({ messages: [user, { role: 'assistant', tool_calls: [call] }] })).toBeGreaterThan(plain + 10);
    const image = { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } };
    expect(count({ messages: [{ role: 'user', content: [image] }] })).toBe(3 + 4 + 765);
  });
});

describe('A count', () => {
  it('is a whole number of at least 1, whatever is said to whomever', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...TOKENIZERS), (text, tokenizer) => {
        const count = counter().count(saying(text), { tokenizer, modelId: 'm' });
        expect(Number.isSafeInteger(count)).toBe(true);
        expect(count).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('is the sum of the texts and what is around them', () => {
    const { perMessage } = GPT.tokenizer;
    const text = CHINESE[1]?.text ?? '';
    const alone = tokensOfText(text, GPT.tokenizer);
    expect(Math.abs(counter().count(saying(text, text, text), GPT) - 3 * (alone + perMessage) - 3)).toBeLessThanOrEqual(
      3,
    );
  });

  it('differs by who reads it', () => {
    const prompt = saying(CHINESE[2]?.text);
    const [qwen, gpt4, claude] = ['qwen3-max', 'gpt-4', 'claude-sonnet-5'].map((id) =>
      counter().count(prompt, reader(id)),
    );
    expect(qwen).toBeLessThan(Number(gpt4));
    expect(gpt4).toBeLessThan(Number(claude));
  });

  it('is made of all of a very long text only near the limit that asks', () => {
    const text = `${'word '.repeat(100_000)}${'的'.repeat(3_000)}`;
    const whole = counter().count(saying(text), GPT, 100_000);
    const far = reading(() => counter().count(saying(text), GPT, 10_000_000));
    expect(far).toBeLessThan(6 * SAMPLED_ABOVE);
    expect(reading(() => counter().count(saying(text), GPT, 100_000))).toBeGreaterThan(text.length);
    expect(Math.abs(whole - tokensOfText('word '.repeat(1_000), GPT.tokenizer) * 100)).toBeLessThan(5_000);
  });

  it('reads a text of five million characters only in part', () => {
    const text = 'word '.repeat(1_000_000);
    const own = counter();
    expect(reading(() => own.count(saying(text), GPT))).toBeLessThan(6 * SAMPLED_ABOVE);
    expect(own.count(saying(text), GPT) / 1_000_000).toBeCloseTo(0.95, 1);
  });
});

describe('What is above a limit', () => {
  it('is told with its count, and what is not is not', () => {
    const prompt = saying(LONG_TEXT);
    const tokens = counter().count(prompt, GPT);
    expect(counter().above(tokens, prompt, GPT)).toBeUndefined();
    expect(counter().above(tokens - 1, prompt, GPT)).toBe(tokens);
    expect(counter().above(-5, saying('Hi'), GPT)).toBeGreaterThan(0);
    expect(counter().above(Infinity, prompt, GPT)).toBeUndefined();
  });

  it('is not even read where the densest text would fit', () => {
    const far = MOST_PER_CHARACTER * LONG_TEXT.length + 100;
    expect(reading(() => counter().above(far, saying(LONG_TEXT), GPT))).toBe(0);
    expect(reading(() => counter().above(far / 2, saying(LONG_TEXT), GPT))).toBeGreaterThan(0);
  });

  it('is never more than the bound by which it is thought far below', () => {
    const text = fc.string({ unit: fc.constantFrom('é', '1', '龘', '🙂', '\n', 'a', 'ế', "'"), maxLength: 50 });
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...TOKENIZERS),
        (texts, tokenizer) => {
          const one = { tokenizer, modelId: 'm' };
          const prompt = saying(...texts);
          const tokens = counter().count(prompt, one);
          expect(counter().above(tokens - 1, prompt, one)).toBe(tokens);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('A conversation that grows', () => {
  it('is not read again from its beginning, though each call brings new strings', () => {
    const own = counter();
    const texts = [...ENGLISH, ...CHINESE].map(({ text }) => text);
    const fresh = (): Prompt => saying(...texts.map((text) => Buffer.from(text).toString()));
    const first = reading(() => own.count(fresh(), GPT));
    const again = reading(() => own.count(fresh(), GPT));
    expect(again).toBeLessThan(first / 2);
    expect(own.count(fresh(), GPT)).toBe(counter().count(fresh(), GPT));
  });

  it('is counted right whatever has been counted before', () => {
    const own = counter();
    for (let turn = 0; turn < 3_000; turn += 1) own.count(saying(`${turn} ${LONG_TEXT.slice(turn, turn + 300)}`), GPT);
    for (const { text } of [...ENGLISH, ...CHINESE]) {
      expect(own.count(saying(text), GPT)).toBe(counter().count(saying(text), GPT));
    }
  });

  it('is counted for the next model without being read', () => {
    const own = counter();
    const prompt = saying(LONG_TEXT);
    own.count(prompt, GPT);
    expect(reading(() => own.count(prompt, reader('claude-sonnet-4.5')))).toBe(0);
  });
});
