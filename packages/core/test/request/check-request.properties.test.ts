import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallError } from '../../src/errors.js';
import { checkRequest } from '../../src/request/check-request.js';
import type { CheckedRequest } from '../../src/request/check-request.js';

const FORBIDDEN = 'MARKER-of-a-prompt';

/** Texts that a person may have written, each with the marker. */
const prompt = fc.string({ unit: 'binary' }).map((text) => `${text} ${FORBIDDEN} ${text}`);
const toolCall = fc.record({
  id: fc.string(),
  type: fc.constant('function'),
  function: fc.record({ name: fc.string(), arguments: prompt }),
});
const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text: prompt }),
  fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: prompt }) }),
  fc.record({ type: fc.constant('refusal'), refusal: prompt }),
);
const content = fc.oneof(prompt, fc.array(part, { minLength: 1, maxLength: 3 }));
const message = fc.oneof(
  fc.record({ role: fc.constantFrom('user', 'system', 'developer', 'assistant'), content }),
  fc.record({ role: fc.constant('assistant'), content: fc.constant(null), tool_calls: fc.array(toolCall) }),
  fc.record({ role: fc.constant('tool'), content, tool_call_id: fc.string({ minLength: 1 }) }),
);
const optional = {
  model: fc.constantFrom('gpt-4.1', 'cheap'),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  max_tokens: fc.integer({ min: 1, max: 32_000 }),
  max_completion_tokens: fc.integer({ min: 1, max: 32_000 }),
  stop: fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 4 })),
  stream: fc.boolean(),
  user: fc.string(),
  metadata: fc.dictionary(fc.string(), prompt),
  odd: fc.jsonValue(),
};
const request = fc.record(
  { messages: fc.array(message, { minLength: 1, maxLength: 4 }), ...optional },
  {
    requiredKeys: ['messages'],
  },
);
const defaults = fc.record(
  { temperature: fc.double({ min: 0, max: 2, noNaN: true }), max_tokens: fc.constant(1000), extra: fc.jsonValue() },
  { requiredKeys: [] },
);

/** Replaces the value that stands at a random place. */
function damaged(value: unknown, path: readonly number[], replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return replacement;
  const keys = Object.keys(value);
  const chosen = keys[step % Math.max(1, keys.length)];
  if (chosen === undefined) return replacement;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  Reflect.set(copy, chosen, damaged(Reflect.get(value, chosen), rest, replacement));
  return copy;
}

const damagedRequest = fc
  .tuple(request, fc.array(fc.nat(), { maxLength: 6 }), fc.oneof(fc.anything({ withBigInt: true }), prompt))
  .map(([whole, path, replacement]) => damaged(whole, path, replacement));

/** Checked, or the error; anything else fails the test. */
function outcome(value: unknown): CheckedRequest | CallError {
  try {
    return checkRequest(value, { defaults: {} });
  } catch (error) {
    if (error instanceof CallError && error.kind === 'bad-request') return error;
    throw error;
  }
}

/** As JSON has it: no undefined, -0 is 0. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('Any value as a request', () => {
  it('is checked or is a bad request, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ messages: fc.array(fc.jsonValue()) })), (value) => {
        expect(outcome(value)).toBeDefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('is checked or is a bad request, whatever object it is', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(fc.oneof(anything, fc.record({ messages: anything }), damagedRequest), (value) => {
        const result = outcome(value);
        const sent: unknown = result instanceof CallError ? { model: 'm' } : JSON.parse(result.bodyFor('m'));
        expect(sent).toHaveProperty('model', 'm');
      }),
      { numRuns: 3_000 },
    );
  });

  it('never shows a prompt in its error', () => {
    fc.assert(
      fc.property(damagedRequest, (value) => {
        const error = outcome(value);
        fc.pre(error instanceof CallError);
        const shown = `${error.message} ${error.param} ${JSON.stringify(error)} ${error.stack} ${String(error.cause)}`;
        expect(shown).not.toContain(FORBIDDEN);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('A good request', () => {
  it('is sent as it is, with the defaults, the model of the upstream, and without the stream fields', () => {
    fc.assert(
      fc.property(request, defaults, fc.string(), (value, filling, modelId) => {
        const { model, stream: _stream, ...rest } = value;
        const checked = checkRequest(value, { defaults: filling });
        const { max_tokens: limit, ...others } = filling;
        const limits = limit === undefined || 'max_completion_tokens' in rest ? {} : { max_tokens: limit };
        expect(JSON.parse(checked.bodyFor(modelId))).toEqual(asJson({ ...limits, ...others, ...rest, model: modelId }));
        expect(checked.model).toBe(model);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is gone on with by its own messages, then those of the continuation, within what is left of its limits', () => {
    const limits = new Set(['max_tokens', 'max_completion_tokens']);
    const continuation = fc.record({
      messages: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: prompt }), { maxLength: 2 }),
      spentTokens: fc.nat(40_000),
    });
    fc.assert(
      fc.property(request, continuation, (value, added) => {
        const checked = checkRequest(value, { defaults: {} });
        const body: unknown = JSON.parse(checked.bodyFor('m', { continuation: added }));
        const expected = Object.entries({ ...value, model: 'm' }).map(([name, field]) => {
          if (name === 'messages') return [name, [...value.messages, ...added.messages]];
          return [name, limits.has(name) ? Math.max(1, Number(field) - added.spentTokens) : field];
        });
        expect(body).toEqual(asJson({ ...Object.fromEntries(expected), stream: undefined }));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is sent as it was when it was checked', () => {
    fc.assert(
      fc.property(request, fc.array(fc.nat(), { maxLength: 6 }), fc.jsonValue(), (value, path, replacement) => {
        const checked = checkRequest(value, { defaults: {} });
        const before = asJson(value);
        mutate(value, path, replacement);
        const body: unknown = JSON.parse(checked.bodyFor('m', { stream: { stream: true } }));
        expect(body).toEqual({ ...withoutStream(before), model: 'm', stream: true });
      }),
      { numRuns: 1_000 },
    );
  });
});

function mutate(value: unknown, path: readonly number[], replacement: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const [step = 0, ...rest] = path;
  const keys = Object.keys(value);
  const chosen = keys[step % Math.max(1, keys.length)];
  if (chosen === undefined) return;
  if (rest.length === 0) Reflect.set(value, chosen, replacement);
  else mutate(Reflect.get(value, chosen), rest, replacement);
}

function withoutStream(value: unknown): object {
  return typeof value === 'object' && value !== null ? { ...value, stream: undefined } : {};
}
