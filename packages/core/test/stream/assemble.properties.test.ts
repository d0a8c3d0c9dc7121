/** What holds for every completion and every stream. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatCompletion } from '../../src/request/chat-types.js';
import { hasContent, hasMoreThanText, textOf } from '../../src/stream/chunk-facts.js';
import { chunksOf } from '../../src/stream/chunks-of.js';
import { assembled } from './assembled.js';
import { completions, streamedFrom } from './generated-completions.js';

/** As they are after their way over the wire. */
function received(chunks: readonly ChatChunk[]): ChatCompletion {
  return assembled(JSON.parse(JSON.stringify(chunks)) as ChatChunk[]);
}

/** Anything under the names that are read, and under those that might do harm. */
const anything = fc.jsonValue({ maxDepth: 3 });
function oddly(...names: string[]): fc.Arbitrary<Record<string, unknown>> {
  const name = fc.constantFrom(...names, '__proto__', 'constructor', 'x');
  return fc.dictionary(name, fc.oneof(anything, fc.nat(2)), { maxKeys: 6 });
}

/** Also what is named `__proto__`, as JSON has it. */
function both(one: object, other: object): object {
  return { ...one, ...other };
}

const oddCall = oddly('id', 'type', 'function', 'custom', 'index', 'name', 'arguments');
const oddDelta = fc
  .tuple(
    oddly('role', 'content', 'refusal', 'reasoning', 'function_call', 'audio', 'tool_calls', 'annotations'),
    fc.array(fc.oneof(anything, oddCall), { maxLength: 3 }),
    fc.array(fc.oneof(anything, oddly('type', 'text', 'index', 'signature')), { maxLength: 3 }),
  )
  .map(([delta, tool_calls, reasoning_details]) => both({ tool_calls, reasoning_details }, delta));

describe('A completion', () => {
  it('is the same again when it has been a stream', () => {
    fc.assert(
      fc.property(completions, (completion) => {
        expect(received(chunksOf(completion, { includeUsage: true }))).toEqual(completion);
      }),
      { numRuns: 1_000 },
    );
  });

  it('only loses its usage when it has been a stream without it', () => {
    fc.assert(
      fc.property(completions, (completion) => {
        const { usage: _, ...others } = completion;
        expect(received(chunksOf(completion, { includeUsage: false }))).toEqual(others);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on how its stream is cut, nor on how choices and calls are mixed in it', () => {
    fc.assert(
      fc.property(streamedFrom(completions), ({ completion, chunks }) => {
        expect(received(chunks)).toEqual(completion);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('The facts of chunks', () => {
  it("add up to the first choice's text", () => {
    fc.assert(
      fc.property(streamedFrom(completions), ({ completion, chunks }) => {
        expect(chunks.map(textOf).join('')).toBe(completion.choices[0]?.message.content ?? '');
      }),
      { numRuns: 200 },
    );
  });

  it('find content where there is text, and more than text where there are calls or other choices', () => {
    fc.assert(
      fc.property(streamedFrom(completions), ({ completion: { choices }, chunks }) => {
        const speaks = choices.some(({ message }) => message.content || message.refusal || message.tool_calls?.length);
        expect(chunks.some(hasContent) || !speaks).toBe(true);
        const more = choices.length > 1 || choices.some(({ message }) => message.refusal || message.tool_calls?.length);
        expect(chunks.some(hasMoreThanText) || !more).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('Whatever a dialect lets through', () => {
  it('is put together to JSON, and changes no prototype', () => {
    const choice = fc
      .tuple(oddly('index', 'finish_reason', 'logprobs', 'message'), oddDelta)
      .map(([fields, delta]) => both(both({ index: 0 }, fields), { delta }));
    const chunk = fc
      .tuple(oddly('id', 'created', 'model', 'usage', 'object'), fc.array(choice, { maxLength: 2 }))
      .map(([fields, choices]) => both(fields, { choices }) as unknown as ChatChunk);
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 5 }), (chunks) => {
        const completion = received(chunks);
        expect(completion.object).toBe('chat.completion');
        for (const { message } of completion.choices) {
          expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
          expect(message.content === null || typeof message.content === 'string').toBe(true);
        }
        expect(() => JSON.stringify(completion)).not.toThrow();
        for (const one of chunks) [hasContent, hasMoreThanText].map((fact) => expect(typeof fact(one)).toBe('boolean'));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is a stream of texts and small indexes, if it comes whole', () => {
    const choice = fc
      .tuple(oddly('index', 'finish_reason', 'logprobs', 'delta'), oddDelta)
      .map(([fields, message]) => both(fields, { message }));
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 3 }), fc.boolean(), (choices, includeUsage) => {
        const chunks = chunksOf({ choices } as unknown as ChatCompletion, { includeUsage });
        for (const { index, delta } of chunks.flatMap((one) => one.choices)) {
          expect(Number.isInteger(index) && index >= 0 && index < 1_024).toBe(true);
          expect(['string', 'object', 'undefined']).toContain(typeof delta.content);
          for (const call of delta.tool_calls ?? []) expect(call.index).toBeLessThan(3);
        }
        expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
