/** Whatever conversation an application sends: what goes out is one that the Gemini API takes. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gemini } from '../../../src/provider/gemini/dialect.js';
import {
  bodyOf,
  changesOf,
  checked,
  deploymentOf,
  FLASH_20,
  FLASH_25,
  FLASH_35,
  FLASH_38,
  objectionTo,
  type WireBody,
  type WirePart,
} from './translate.js';

const words = fc.oneof(fc.constantFrom('', ' ', '\n', 'a', 'b '), fc.string({ unit: 'binary', maxLength: 8 }));
const id = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('call_1', 'call_2', 'call_1_2', 'functions.f:0') },
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
const thought = fc.record(
  {
    type: fc.constantFrom('reasoning.text', 'reasoning.encrypted', 'strange'),
    text: words,
    data: words,
    signature: words,
    format: fc.constantFrom('anthropic-claude-v1', 'google-gemini-v1'),
    index: fc.nat(6),
    id,
  },
  { requiredKeys: ['type', 'data', 'signature', 'format'] },
);
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
const model = fc.constantFrom(FLASH_20, FLASH_25, FLASH_35, FLASH_38, 'gemini-3.1-pro-preview', 'gemma-3-27b-it');
const schema = fc.constant({ type: 'object', properties: { a: { type: 'string' } } });
const parameters = {
  reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'high'),
  max_tokens: fc.integer({ min: 1, max: 20_000 }),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  top_p: fc.double({ min: 0, max: 1, noNaN: true }),
  presence_penalty: fc.constantFrom(0, 0.5),
  n: fc.constantFrom(1, 2),
  seed: fc.oneof(fc.integer(), fc.maxSafeInteger()),
  stop: fc.array(words, { maxLength: 8 }),
  tools: fc.uniqueArray(name).map((names) => names.map((each) => ({ type: 'function', function: { name: each } }))),
  tool_choice: fc.constantFrom('auto', 'none', 'required'),
  response_format: fc.oneof(
    fc.constant({ type: 'json_object' }),
    fc.record({ type: fc.constant('json_schema'), json_schema: fc.record({ name: fc.constant('x'), schema }) }),
  ),
};
const request = fc.record({ messages, ...parameters }, { requiredKeys: ['messages'] });

/** The rules of the API, each of which it enforces with a 400. */
function expectValid(body: WireBody, modelId: string): void {
  const { contents } = body;
  expect(contents.map(({ role }) => role)).toEqual(contents.map((_, at) => (at % 2 === 0 ? 'user' : 'model')));
  contents.forEach(({ role, parts }, at) => {
    expect(parts.length).toBeGreaterThan(0);
    for (const each of parts) expect(Object.keys(each).filter((field) => field !== 'thoughtSignature')).toHaveLength(1);
    const called = (contents[at - 1]?.parts ?? []).filter(isCall);
    const results = parts.filter(isResult);
    expect(parts.slice(0, results.length)).toEqual(results);
    expect(results.map(({ functionResponse: of }) => [of?.id, of?.name])).toEqual(
      role === 'user' ? called.map(({ functionCall: of }) => [of?.id, of?.name]) : [],
    );
    const first = parts.find(isCall);
    if (first !== undefined && modelId.startsWith('gemini-3')) expect(first.thoughtSignature).toBeTruthy();
  });
  expect(contents.at(-1)?.parts.some(isCall)).toBe(false);
  const ids = contents.flatMap(({ parts }) => parts.flatMap(({ functionCall }) => functionCall?.id ?? []));
  expect(new Set(ids).size).toBe(ids.length);
  expectConfig(body, modelId);
}

function expectConfig({ contents, generationConfig: config = {}, ...body }: WireBody, modelId: string): void {
  if (modelId === FLASH_38) {
    expect(contents.at(-1)?.role).toBe('user');
    for (const field of ['temperature', 'topP', 'candidateCount']) expect(config).not.toHaveProperty(field);
  }
  if (modelId !== FLASH_20 && modelId.startsWith('gemini')) expect(config).not.toHaveProperty('presencePenalty');
  expect(config['stopSequences'] ?? []).not.toHaveLength(6);
  const thinking = config['thinkingConfig'] ?? {};
  expect('thinkingBudget' in Object(thinking) && 'thinkingLevel' in Object(thinking)).toBe(false);
  if ('responseMimeType' in config) expect(JSON.stringify(body['toolConfig'] ?? {})).not.toContain('ANY');
  if ('responseMimeType' in config && modelId === FLASH_25) expect(body).not.toHaveProperty('tools');
}

function isCall({ functionCall }: WirePart): boolean {
  return functionCall !== undefined;
}

function isResult({ functionResponse }: WirePart): boolean {
  return functionResponse !== undefined;
}

function partsOf(body: WireBody): readonly WirePart[] {
  return body.contents.flatMap(({ parts }) => parts);
}

describe('any request', () => {
  it('is encoded as one that the API takes', () => {
    let taken = 0;
    fc.assert(
      fc.property(request, model, (given_, name_) => {
        if (objectionTo(given_, name_) !== undefined) return;
        taken += 1;
        expectValid(bodyOf(given_, name_), name_);
      }),
      { numRuns: 1000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  it('keeps the order, the names and the arguments of all calls', () => {
    fc.assert(
      fc.property(messages, (conversation) => {
        const called = conversation.flatMap((each) => {
          const calls = 'tool_calls' in each ? each.tool_calls : [];
          const older = 'function_call' in each ? [{ function: each.function_call }] : [];
          return [...calls, ...older].map(({ function: fn }) => [fn.name, fn.arguments]);
        });
        const sent = partsOf(bodyOf({ messages: conversation })).flatMap(({ functionCall }) => functionCall ?? []);
        expect(sent.map(({ name: used }) => used)).toEqual(called.map(([used]) => used));
        called.forEach(([, text], at) => {
          expect(sent[at]?.args).toEqual(asObject(text ?? '') ?? { invalid_json: text });
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
        const sent = partsOf(bodyOf({ messages: conversation })).flatMap(({ text }) => text ?? []);
        let from = 0;
        for (const text of said) {
          const at = sent.indexOf(text, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + 1;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('sends back the signatures of this provider, and none of another', () => {
    fc.assert(
      fc.property(messages, (conversation) => {
        const details = conversation.flatMap((each) =>
          'reasoning_details' in each ? (each.reasoning_details ?? []) : [],
        );
        const known = new Set(
          details
            .filter(({ format }) => format === 'google-gemini-v1')
            .flatMap(({ data, signature }) => [data, signature]),
        );
        const sent = partsOf(bodyOf({ messages: conversation }, FLASH_25)).flatMap(
          (each) => each.thoughtSignature ?? [],
        );
        for (const signature of sent) expect(known).toContain(signature);
      }),
      { numRuns: 300 },
    );
  });

  it('is encoded alike as the conversation grows, so that a prompt cache knows it', () => {
    fc.assert(
      fc.property(messages, messages, (first, more) => {
        const conversation = [{ role: 'user', content: 'a' }, ...first, { role: 'user', content: 'b' }];
        const short = bodyOf({ messages: conversation }).contents;
        const long = bodyOf({ messages: [...conversation, { role: 'assistant', content: 'c' }, ...more] }).contents;
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
        gemini.encode(before, deployment);
        expect(JSON.stringify(before.fields())).toBe(fields);
        expect(gemini.changes?.(before, deployment)).toEqual(changesOf(given_));
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever stands in the fields that nobody has checked', () => {
    const anything = fc.jsonValue({ maxDepth: 3 });
    const word = fc.constantFrom(
      'type',
      'items',
      '$ref',
      'anyOf',
      'allOf',
      'properties',
      'definitions',
      'const',
      'not',
    );
    const oddSchema = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, anything, fc.dictionary(word, tie('value'), { maxKeys: 4 })),
    })).value;
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
        seed: anything,
        top_k: anything,
        logprobs: anything,
        top_logprobs: anything,
        providerOptions: fc.record({
          gemini: fc.dictionary(fc.constantFrom('generationConfig', 'tools', 'toolConfig', 'x'), anything),
        }),
        response_format: fc.record({
          type: fc.constantFrom('json_schema', 'json_object', 'x'),
          json_schema: fc.oneof(anything, fc.record({ schema: oddSchema })),
        }),
        tools: fc.array(
          fc.oneof(
            fc.record({ type: fc.constant('function'), function: fc.record({ name, parameters: oddSchema }) }),
            fc.record({ type: fc.constant('custom'), custom: anything }),
          ),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: ['messages'] },
    );
    fc.assert(
      fc.property(odd, model, (given_, name_) => {
        expect(JSON.parse(gemini.encode(checked(given_), deploymentOf(name_)))).toBeTypeOf('object');
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
