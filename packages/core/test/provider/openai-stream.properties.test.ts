/** Whatever an upstream sends: what comes out as a chunk is one. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOpenAIStreamDecoder } from '../../src/provider/openai-stream.js';
import type { ChatChunk, ChatToolCallDelta } from '../../src/request/chat-types.js';

const strange = fc.oneof(
  fc.constantFrom(null, '', 'a', 0, 1, -1, 1e12, 0.5, true, false),
  fc.constant([]),
  fc.constant({}),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Mostly what belongs there, missing now and then. */
function usually<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: value },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: strange },
  );
}

const text = fc.constantFrom('', 'a', '😀', null);
const called = fc.record({ name: usually(text), arguments: usually(text) });
const call = fc.record({
  index: usually(fc.nat({ max: 3 })),
  id: usually(text),
  type: usually(fc.constant('function')),
  function: usually(called),
  custom: fc.option(usually(fc.record({ name: usually(text), input: usually(text) })), { nil: undefined, freq: 5 }),
});
const delta = fc.record({
  role: usually(fc.constantFrom('assistant', 'user', '', null)),
  content: usually(fc.oneof(text, fc.array(fc.record({ type: fc.constant('text'), text: usually(text) })))),
  refusal: usually(text),
  reasoning_content: usually(text),
  reasoning: usually(text),
  tool_calls: fc.option(usually(fc.array(usually(call), { maxLength: 3 })), { nil: undefined }),
  function_call: fc.option(usually(called), { nil: undefined, freq: 5 }),
});
const choice = fc.record({
  index: usually(fc.nat({ max: 3 })),
  delta: usually(delta),
  finish_reason: usually(fc.constantFrom(null, 'stop', 'error')),
  logprobs: usually(fc.constantFrom(null, { content: [], refusal: null })),
  error: fc.option(strange, { nil: undefined, freq: 8 }),
});
const count = usually(fc.nat());
const event = fc.record({
  id: usually(text),
  object: usually(fc.constant('chat.completion.chunk')),
  created: usually(fc.nat()),
  model: usually(text),
  choices: usually(fc.array(usually(choice), { maxLength: 2 })),
  usage: usually(fc.option(fc.record({ prompt_tokens: count, completion_tokens: count, total_tokens: count }))),
  error: fc.option(strange, { nil: undefined, freq: 8 }),
});

const optionalText = expect.toSatisfy((value) => value === undefined || value === null || typeof value === 'string');
const textOrMissing = expect.toSatisfy((value) => value === undefined || typeof value === 'string');

/** The contract, told a second time. */
function expectChunk(chunk: ChatChunk): void {
  expect(chunk.object).toEqual(expect.any(String));
  const { usage } = chunk;
  if (usage !== undefined && usage !== null) {
    for (const tokens of [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens]) {
      expect(tokens).toBeGreaterThanOrEqual(0);
    }
  }
  for (const { index, delta: given, finish_reason: finish, logprobs } of chunk.choices) {
    expect(index).toBeGreaterThanOrEqual(0);
    expect(finish).toSatisfy((reason) => reason === null || (typeof reason === 'string' && reason !== ''));
    for (const words of [given.content, given.refusal, given.reasoning_content]) expect(words).toEqual(optionalText);
    expect([undefined, 'assistant']).toContain(given.role);
    if (given.function_call !== undefined) expectCall(given.function_call.name, given.function_call.arguments);
    for (const each of given.tool_calls ?? []) expectToolCall(each);
    for (const list of [logprobs?.content, logprobs?.refusal]) expect(Array.isArray(list ?? [])).toBe(true);
  }
}

function expectToolCall({ index, id, type, function: fn, custom }: ChatToolCallDelta): void {
  expect(index).toBeGreaterThanOrEqual(0);
  expect(id).toEqual(textOrMissing);
  expect([undefined, 'function', 'custom']).toContain(type);
  if (fn === undefined) expectCall(custom?.name, custom?.input);
  else expectCall(fn.name, fn.arguments);
  expect(fn ?? custom).toBeTypeOf('object');
}

function expectCall(name: unknown, given: unknown): void {
  expect(name).toEqual(textOrMissing);
  expect(given).toEqual(textOrMissing);
}

describe('whatever an upstream sends', () => {
  it('comes out as a chunk that is one, and that stays as it is when it is read again', () => {
    const seen = { asItCame: 0, repaired: 0, malformed: 0, error: 0 };
    fc.assert(
      fc.property(event, (given) => {
        const decoder = createOpenAIStreamDecoder({});
        const item = decoder.read(JSON.stringify(given), '');
        if (item.kind === 'malformed' || item.kind === 'error') seen[item.kind] += 1;
        if (item.kind !== 'chunk') return;
        seen[item.asItCame ? 'asItCame' : 'repaired'] += 1;
        expectChunk(item.chunk);
        const written = JSON.stringify(item.chunk);
        expect(decoder.read(written, '')).toEqual({ kind: 'chunk', chunk: JSON.parse(written), asItCame: true });
      }),
      { numRuns: 1000 },
    );
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(0);
  });

  it('never throws', () => {
    const values = fc.oneof(
      fc.string(),
      fc.json(),
      strange.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(values, fc.constantFrom('', 'error', 'ping', 'message'), (data, type) => {
        expect(() => createOpenAIStreamDecoder({}).read(data, type)).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});
