/** Whatever an upstream sends: it is read without harm, and an answer is the same whole and streamed. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gemini } from '../../../src/provider/gemini/dialect.js';
import type { ChatChunk, ChatCompletion } from '../../../src/request/chat-types.js';
import { assembled } from '../../stream/assembled.js';
import { chunked, chunkLengths } from '../../stream/texts.js';
import { event, type SampleEvent, STOP } from './samples.js';
import { bodyOf, call as toolCall, FLASH_25, result, said, user, type WirePart } from './translate.js';

const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const args = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const signature = fc.option(fc.base64String({ minLength: 4, maxLength: 12 }), { nil: undefined });
const thought = words.map((text) => ({ text, thought: true }));
const text = fc.record({ text: words, thoughtSignature: signature });
const picture = fc.constant({ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } });
const calls = fc.array(fc.tuple(args, signature, fc.boolean()), { maxLength: 3 }).map((given) =>
  given.map(([each, thoughtSignature, named], at) => ({
    functionCall: { ...(named ? { id: `id${at}` } : {}), name: `f${at}`, args: each },
    thoughtSignature,
  })),
);
/** As models answer: thoughts, words and pictures, and calls at the end. */
const content = fc
  .tuple(fc.array(fc.oneof(thought, text, picture), { maxLength: 4 }), text, calls)
  .map(([parts, last, called]): Part[] => [parts, last, called].flat());

type Part = Readonly<Record<string, unknown>>;

const USAGE = { promptTokenCount: 3, candidatesTokenCount: 9 };

/** The same content in events, its texts cut anywhere; a signature comes with the last piece of its text. */
function streamed(parts: readonly Part[], lengths: readonly number[]): SampleEvent[] {
  const events = parts.flatMap((part) => piecesOf(part, lengths).map((piece) => event([piece])));
  return [...events, event([], STOP, USAGE)];
}

function piecesOf({ text: whole, thoughtSignature, ...part }: Part, lengths: readonly number[]): Part[] {
  if (typeof whole !== 'string') return [{ ...part, thoughtSignature }];
  const { thought: isThought } = part;
  const pieces = chunked(whole, lengths).map((piece): Part => ({ text: piece, thought: isThought }));
  return thoughtSignature === undefined ? pieces : [...pieces, { text: '', thoughtSignature }];
}

function wholeOf(parts: readonly Part[]): ChatCompletion {
  const decoded = gemini.decode({}, Buffer.from(JSON.stringify(event(parts, STOP, USAGE))));
  if (!decoded.ok) throw new Error('it is an answer');
  return decoded.completion;
}

function assembledOf(events: readonly SampleEvent[]): ChatCompletion {
  const decoder = gemini.decodeStream({});
  const chunks: ChatChunk[] = [];
  for (const each of events) {
    const item = decoder.read(JSON.stringify(each), '');
    if (item.kind === 'chunk') chunks.push(item.chunk);
  }
  return assembled(chunks);
}

describe('an answer', () => {
  it('is the same whole and streamed, however it is cut', () => {
    fc.assert(
      fc.property(content, chunkLengths, (parts, lengths) => {
        const { created: _, ...whole } = wholeOf(parts);
        const { created: __, ...pieces } = assembledOf(streamed(parts, lengths));
        expect(pieces).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('goes back as it came when the conversation goes on with tools', () => {
    fc.assert(
      fc.property(words, fc.base64String({ minLength: 4 }), args, args, (spoken, data, one, other) => {
        const parts: WirePart[] = [
          { text: `${spoken}.` },
          { functionCall: { id: 'a', name: 'f', args: one }, thoughtSignature: data },
          { functionCall: { id: 'b', name: 'g', args: other } },
        ];
        const [choice] = wholeOf(parts.map((part) => ({ ...part }))).choices;
        const results = [result('a', 'x'), result('b', 'y')];
        const { contents } = bodyOf({ messages: [user('a'), { ...choice?.message }, ...results] });
        // What JSON cannot hold, such as half a character, was replaced when the application sent it.
        expect(contents[1]).toEqual(JSON.parse(JSON.stringify(said(...parts))));
      }),
      { numRuns: 300 },
    );
  });

  it('of another provider goes on here, without its signatures', () => {
    const details = [
      { type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 },
    ];
    const message = { role: 'assistant', content: null, reasoning_details: details, tool_calls: [toolCall('toolu_1')] };
    const { contents } = bodyOf({ messages: [user('a'), message, result('toolu_1', 'b')] }, FLASH_25);
    expect(contents[1]).toEqual(said({ functionCall: { id: 'toolu_1', name: 'weather', args: {} } }));
  });
});

const strange = fc.oneof(
  fc.constantFrom(null, '', 'a', 0, 1, -1, 1e12, 0.5, true, 'STOP', 'SAFETY', 'OTHER', 'MALFORMED_FUNCTION_CALL'),
  fc.jsonValue({ maxDepth: 2 }),
);
const names = [
  'candidates',
  'content',
  'parts',
  'text',
  'thought',
  'thoughtSignature',
  'functionCall',
  'name',
  'args',
  'id',
  'inlineData',
  'mimeType',
  'data',
  'finishReason',
  'finishMessage',
  'index',
  'logprobsResult',
  'chosenCandidates',
  'topCandidates',
  'promptFeedback',
  'blockReason',
  'usageMetadata',
  'promptTokenCount',
  'candidatesTokenCount',
  'responseId',
  'modelVersion',
  'error',
];
/** Fields of the API in places where they belong, and where they do not. */
const fields = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    strange,
    fc.nat(3),
    fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value;
const part = fc.record(
  {
    text: fc.oneof(words, strange),
    thought: fc.oneof(fc.boolean(), strange),
    thoughtSignature: fc.oneof(words, strange),
    functionCall: fc.oneof(fc.record({ name: fc.oneof(words, strange), args: fields, id: strange }), strange),
    inlineData: fc.oneof(fc.record({ mimeType: fc.constant('image/png'), data: words }), strange),
  },
  { requiredKeys: [] },
);
const candidate = fc.record(
  {
    content: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ parts: fc.array(fc.oneof({ weight: 4, arbitrary: part }, strange), { maxLength: 3 }) }),
      },
      strange,
    ),
    finishReason: fc.oneof(fc.constantFrom('STOP', 'MAX_TOKENS'), strange),
    finishMessage: strange,
    index: fc.oneof(fc.nat(2), strange),
    logprobsResult: fields,
  },
  { requiredKeys: ['content'] },
);
const response = fc.record(
  {
    candidates: fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.oneof({ weight: 5, arbitrary: candidate }, strange), { maxLength: 3 }) },
      strange,
    ),
    promptFeedback: fields,
    usageMetadata: fc.oneof(fc.dictionary(fc.constantFrom('promptTokenCount', 'thoughtsTokenCount'), strange), strange),
    responseId: strange,
    modelVersion: strange,
  },
  { requiredKeys: ['candidates'] },
);

/** What anyone reads of a chunk. */
function expectChunk({ id, model, created, choices }: ChatChunk): void {
  expect([typeof id, typeof model, typeof created]).toEqual(['string', 'string', 'number']);
  for (const { index, delta, finish_reason: finish } of choices) {
    expect(Number.isInteger(index) && index >= 0 && index < 1024).toBe(true);
    expect(finish === null || typeof finish === 'string').toBe(true);
    for (const value of [delta.content ?? '', delta.reasoning_content ?? '', delta.refusal ?? '']) {
      expect(value).toBeTypeOf('string');
    }
    for (const called of delta.tool_calls ?? []) {
      expect(called.id).toMatch(/./);
      expect(JSON.parse(called.function?.arguments ?? '')).toBeTypeOf('object');
    }
  }
}

describe('whatever an upstream sends', () => {
  it('comes out as chunks that are chunks', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: response }, fields), { maxLength: 8 }), (events) => {
        const decoder = gemini.decodeStream({});
        for (const each of events) {
          const item = decoder.read(JSON.stringify(each), '');
          seen.add(item.kind);
          if (item.kind === 'chunk') expectChunk(item.chunk);
        }
      }),
      { numRuns: 1000 },
    );
    expect([...seen].toSorted()).toEqual(['chunk', 'error', 'malformed', 'nothing']);
  });

  it('never throws, as an event or as a whole', () => {
    const data = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fields.map((value) => JSON.stringify(value)),
      response.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(data, fc.constantFrom('', 'error', 'message'), (given, type) => {
        expect(() => gemini.decodeStream({}).read(given, type)).not.toThrow();
        expect(() => gemini.decode({}, Buffer.from(given))).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });

  it('is an answer of the promised form where it is one', () => {
    let answers = 0;
    fc.assert(
      fc.property(response, (given) => {
        const decoded = gemini.decode({}, Buffer.from(JSON.stringify(given)));
        if (!decoded.ok) return;
        answers += 1;
        for (const { message } of decoded.completion.choices) {
          expect(message.content === null || typeof message.content === 'string').toBe(true);
          expect(message.refusal === null || typeof message.refusal === 'string').toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
    expect(answers).toBeGreaterThan(50);
  });
});
