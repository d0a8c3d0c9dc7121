/** Whatever conversation an application sends: what goes out is one that the Messages API takes. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anthropic } from '../../../src/provider/anthropic/dialect.js';
import { bodyOf, changesOf, checked, deploymentOf, objectionTo, type WireBlock, type WireBody } from './translate.js';

const words = fc.oneof(fc.constantFrom('', ' ', '\n', 'a', 'b '), fc.string({ unit: 'binary', maxLength: 8 }));
const id = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('call_1', 'call_2', 'functions.f:0', 'functions.f_0') },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 5 }) },
);
const name = fc.constantFrom('f', 'g', 'get_weather');
const given = fc.oneof(
  fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 })).map((value) => JSON.stringify(value)),
  fc.constantFrom('', '{"city":', '[1]', 'null'),
);
const call = fc.record({ id, type: fc.constant('function'), function: fc.record({ name, arguments: given }) });
const image = fc.constantFrom('https://a.example/x.png', 'data:image/png;base64,iVBORw0KGgo=');
const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text: words }),
  fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: image }) }),
);
const textPart = fc.record({ type: fc.constant('text'), text: words });
const thought = fc.record({
  type: fc.constantFrom('reasoning.text', 'reasoning.encrypted', 'strange'),
  text: words,
  data: words,
  signature: words,
  format: fc.constantFrom('anthropic-claude-v1', 'google-gemini-v1'),
  index: fc.nat(6),
});
const content = fc.oneof(words, fc.array(part, { minLength: 1, maxLength: 3 }));
const textContent = fc.oneof(words, fc.array(textPart, { minLength: 1, maxLength: 3 }));
const thoughts = fc.option(fc.array(thought, { maxLength: 3 }), { nil: undefined });

const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content }),
  fc.record({ role: fc.constantFrom('system', 'developer'), content: textContent }),
  fc.record({ role: fc.constant('assistant'), content: textContent, reasoning_details: thoughts }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.constantFrom(null, '', 'I look it up.'),
    tool_calls: fc.array(call, { maxLength: 3 }),
    reasoning_details: thoughts,
  }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.constant(null),
    function_call: fc.record({ name, arguments: given }),
  }),
  fc.record({ role: fc.constant('tool'), tool_call_id: id, content }),
  fc.record({ role: fc.constant('function'), name, content: fc.oneof(fc.constant(null), words) }),
);
const messages = fc.array(message, { minLength: 1, maxLength: 10 });
const model = fc.constantFrom('claude-3-5-haiku-20241022', 'claude-sonnet-4-5', 'claude-opus-4-6', 'claude-fable-5');
const parameters = {
  reasoning_effort: fc.constantFrom('none', 'low', 'high'),
  max_tokens: fc.integer({ min: 1, max: 20_000 }),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  top_p: fc.double({ min: 0, max: 1, noNaN: true }),
  stop: fc.array(words, { maxLength: 3 }),
  tools: fc.uniqueArray(name).map((names) => names.map((each) => ({ type: 'function', function: { name: each } }))),
  tool_choice: fc.constantFrom('auto', 'none', 'required'),
  parallel_tool_calls: fc.boolean(),
};
const request = fc.record({ messages, ...parameters }, { requiredKeys: ['messages'] });

/** The rules of the API, each of which it enforces with a 400. */
function expectValid(body: WireBody): void {
  const { messages: turns } = body;
  expect(turns.map(({ role }) => role)).toEqual(turns.map((_, at) => (at % 2 === 0 ? 'user' : 'assistant')));
  turns.forEach(({ role, content: blocks }, at) => {
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expectBlock(block);
    const results = blocks.filter(({ type }) => type === 'tool_result');
    expect(blocks.slice(0, results.length)).toEqual(results);
    if (role === 'user') {
      const called = (turns[at - 1]?.content ?? []).filter(({ type }) => type === 'tool_use');
      expect(idsOf(results, 'tool_use_id').toSorted()).toEqual(idsOf(called, 'id').toSorted());
    } else {
      expect(['thinking', 'redacted_thinking']).not.toContain(blocks.at(-1)?.type);
    }
  });
  expectEnd(body);
  const ids = idsOf(
    turns.flatMap(({ content: blocks }) => blocks).filter(({ type }) => type === 'tool_use'),
    'id',
  );
  expect(new Set(ids).size).toBe(ids.length);
  if (ids.length > 0) expect(body['tools']).toEqual(expect.arrayContaining([expect.anything()]));
}

function expectBlock(block: WireBlock): void {
  if (block.type === 'text') expect(String(block['text']).trim()).not.toBe('');
  if (block.type !== 'tool_use') return;
  expect(block['id']).toMatch(/^[a-zA-Z0-9_-]+$/);
  expect(block['input']).toBeTypeOf('object');
  expect(Array.isArray(block['input'])).toBe(false);
}

function expectEnd({ messages: turns, thinking, max_tokens: most, ...body }: WireBody): void {
  const last = turns.at(-1);
  expect(last?.content.map(({ type }) => type)).not.toContain('tool_use');
  const end = last?.content.at(-1)?.['text'];
  if (last?.role === 'assistant') expect(end).toBe(String(end).trimEnd());
  if (isBudget(thinking)) {
    expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1024);
    expect(thinking.budget_tokens).toBeLessThan(Number(most));
    expect(body).not.toHaveProperty('temperature');
    expect(['any', 'tool']).not.toContain(body['tool_choice']);
  }
}

function isBudget(thinking: unknown): thinking is { budget_tokens: number } {
  return typeof thinking === 'object' && thinking !== null && 'budget_tokens' in thinking;
}

function idsOf(blocks: readonly WireBlock[], field: string): string[] {
  return blocks.map((block) => String(block[field]));
}

describe('any request', () => {
  it('is encoded as one that the API takes', () => {
    let taken = 0;
    fc.assert(
      fc.property(request, model, (given_, name_) => {
        // A last answer is the caller's wish, which some models do not grant.
        if (objectionTo(given_, name_) !== undefined) return;
        taken += 1;
        expectValid(bodyOf(given_, name_));
      }),
      { numRuns: 1000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it('keeps the order, the names and the arguments of all calls', () => {
    fc.assert(
      fc.property(messages, (conversation) => {
        const called = conversation.flatMap((each) => {
          const calls = 'tool_calls' in each ? each.tool_calls : [];
          const older = 'function_call' in each ? [{ function: each.function_call }] : [];
          return [...calls, ...older].map(({ function: fn }) => [fn.name, fn.arguments]);
        });
        const sent = bodyOf({ messages: conversation }).messages.flatMap(({ content: blocks }) => blocks);
        const uses = sent.filter(({ type }) => type === 'tool_use');
        expect(uses.map(({ name: used }) => used)).toEqual(called.map(([used]) => used));
        called.forEach(([, text], at) => {
          const input = uses[at]?.['input'];
          expect(input).toEqual(asObject(text ?? '') ?? { invalid_json: text });
        });
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every word, in its order', () => {
    fc.assert(
      fc.property(messages, (conversation) => {
        const spoken = conversation.filter(({ role }) => role === 'user' || role === 'assistant');
        const said = spoken.flatMap(({ content: words_ }) => textsIn(words_)).filter((text) => text.trim() !== '');
        const sent = bodyOf({ messages: conversation }).messages.flatMap(({ content: blocks }) => textsIn(blocks));
        let from = 0;
        for (const text of said) {
          const at = sent.findIndex((each, index) => index >= from && (each === text || each === text.trimEnd()));
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + 1;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is encoded alike as the conversation grows, so that a prompt cache knows it', () => {
    fc.assert(
      fc.property(messages, messages, (first, more) => {
        const conversation = [{ role: 'user', content: 'a' }, ...first, { role: 'user', content: 'b' }];
        const short = bodyOf({ messages: conversation }).messages;
        const long = bodyOf({ messages: [...conversation, { role: 'assistant', content: 'c' }, ...more] }).messages;
        expect(long.slice(0, short.length)).toEqual(short);
      }),
      { numRuns: 300 },
    );
  });

  it('is read without being changed, and says the same of itself every time', () => {
    fc.assert(
      fc.property(request, (given_) => {
        const before = checked(given_);
        const fields = JSON.stringify(before.fields());
        const deployment = deploymentOf();
        anthropic.encode(before, deployment);
        expect(JSON.stringify(before.fields())).toBe(fields);
        expect(anthropic.changes?.(before, deployment)).toEqual(changesOf(given_));
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever stands in the fields that nobody has checked', () => {
    const anything = fc.jsonValue({ maxDepth: 3 });
    const refused = new Set(['__proto__', 'n', 'model', 'system', 'stream', 'messages', 'contents']);
    const optionName = fc.string().filter((one) => !refused.has(one));
    const odd = fc.record(
      {
        messages,
        tool_choice: anything,
        function_call: anything,
        parallel_tool_calls: anything,
        reasoning_effort: anything,
        service_tier: anything,
        modalities: anything,
        audio: anything,
        providerOptions: fc.record({ anthropic: fc.dictionary(optionName, anything) }),
        safety_identifier: anything,
        response_format: fc.record({ type: fc.constantFrom('json_schema', 'json_object', 'x'), json_schema: anything }),
        tools: fc.array(
          fc.oneof(
            fc.record({ type: fc.constant('function'), function: fc.record({ name, parameters: anything }) }),
            fc.record({ type: fc.constant('custom'), custom: anything }),
          ),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: ['messages'] },
    );
    fc.assert(
      fc.property(odd, model, (given_, name_) => {
        expect(JSON.parse(anthropic.encode(checked(given_), deploymentOf(name_)))).toBeTypeOf('object');
      }),
      { numRuns: 500 },
    );
  });
});

function asObject(text: string): unknown {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textsIn(given_: unknown): string[] {
  if (typeof given_ === 'string') return [given_];
  if (!Array.isArray(given_)) return [];
  return (given_ as readonly unknown[]).flatMap((each) =>
    typeof each === 'object' && each !== null && 'text' in each ? [String(each.text)] : [],
  );
}
