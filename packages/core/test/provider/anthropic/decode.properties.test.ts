/** Whatever an upstream sends: it is read without harm, and an answer is the same whole and streamed. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anthropic } from '../../../src/provider/anthropic/dialect.js';
import type { ChatChunk, ChatCompletion } from '../../../src/request/chat-types.js';
import { assembled } from '../../stream/assembled.js';
import { chunked, chunkLengths } from '../../stream/texts.js';
import {
  blockStarted,
  blockStopped,
  delta,
  ended,
  jsonDelta,
  type SampleEvent,
  started,
  STOPPED,
  textDelta,
  thinkingDelta,
} from './samples.js';
import { anyBlock, anyEvent, anyText, anyUsage, strange, usually } from './strange-events.js';
import { assistant, bodyOf, result, user } from './translate.js';

const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const input = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const thinking = fc.record({
  type: fc.constant('thinking'),
  thinking: words,
  signature: fc.base64String({ minLength: 4 }),
});
const text = fc.record({ type: fc.constant('text'), text: words });
const tools = fc
  .array(input, { maxLength: 3 })
  .map((inputs) => inputs.map((each, at) => ({ type: 'tool_use', id: `toolu_${at}`, name: `f${at}`, input: each })));
/** As models answer: thoughts, words, and calls at the end. */
const content = fc
  .tuple(fc.array(fc.oneof(thinking, text), { maxLength: 4 }), text, tools)
  .map(([blocks, last, calls]) => [blocks, last, calls].flat());

type Block = Readonly<Record<string, unknown>>;

/** The same content in events, its texts cut anywhere. */
function streamed(blocks: readonly Block[], lengths: readonly number[]): SampleEvent[] {
  const events = blocks.flatMap((each, index) => [...eventsOf(each, index, lengths), blockStopped(index)]);
  return [started({ input_tokens: 3, output_tokens: 1 }), ...events, ended('end_turn', { output_tokens: 9 }), STOPPED];
}

function eventsOf(given: Block, index: number, lengths: readonly number[]): SampleEvent[] {
  const pieces = (value: unknown): string[] => chunked(String(value), lengths);
  if (given['type'] === 'text') {
    const begin = blockStarted(index, { type: 'text', text: '' });
    return [begin, ...pieces(given['text']).map((piece) => textDelta(index, piece))];
  }
  if (given['type'] === 'tool_use') {
    const json = pieces(JSON.stringify(given['input']));
    return [blockStarted(index, { ...given, input: {} }), ...json.map((piece) => jsonDelta(index, piece))];
  }
  const { signature } = given;
  const thoughts = pieces(given['thinking']).map((piece) => thinkingDelta(index, piece));
  const begin = blockStarted(index, { type: 'thinking', thinking: '' });
  return [begin, ...thoughts, delta(index, { type: 'signature_delta', signature })];
}

function wholeOf(blocks: readonly Block[]): ChatCompletion {
  const counts = { input_tokens: 3, output_tokens: 9 };
  const body = { id: 'msg_1', model: 'claude-sonnet-4-5', content: blocks, stop_reason: 'end_turn', usage: counts };
  const decoded = anthropic.decode({}, Buffer.from(JSON.stringify(body)));
  if (!decoded.ok) throw new Error('it is an answer');
  return decoded.completion;
}

function assembledOf(events: readonly SampleEvent[]): ChatCompletion {
  const decoder = anthropic.decodeStream({});
  const chunks: ChatChunk[] = [];
  for (const event of events) {
    const item = decoder.read(JSON.stringify(event), event.type);
    if (item.kind === 'chunk') chunks.push(item.chunk);
  }
  return assembled(chunks);
}

describe('an answer', () => {
  it('is the same whole and streamed, however it is cut', () => {
    fc.assert(
      fc.property(content, chunkLengths, (blocks, lengths) => {
        const { created: _, ...whole } = wholeOf(blocks);
        const { created: __, ...pieces } = assembledOf(streamed(blocks, lengths));
        expect(pieces).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('goes back as it came when the conversation goes on with tools', () => {
    fc.assert(
      fc.property(thinking, words, input, (thought, said, given) => {
        const blocks = [
          thought,
          { type: 'text', text: `${said}.` },
          { type: 'tool_use', id: 'toolu_1', name: 'f', input: given },
        ];
        const [choice] = wholeOf(blocks).choices;
        const { messages } = bodyOf({
          messages: [user('a'), { ...choice?.message }, result('toolu_1', 'b')],
          reasoning_effort: 'low',
          tools: [{ type: 'function', function: { name: 'f' } }],
        });
        // What JSON cannot hold, such as half a character, was replaced when the application sent it.
        expect(messages[1]).toEqual(JSON.parse(JSON.stringify(assistant(blocks))));
      }),
      { numRuns: 300 },
    );
  });
});

/** What anyone reads of a chunk. */
function expectChunk({ id, model, created, choices }: ChatChunk): void {
  expect([typeof id, typeof model, typeof created]).toEqual(['string', 'string', 'number']);
  for (const { index, delta: given, finish_reason: finish } of choices) {
    expect(index).toBe(0);
    expect(finish === null || typeof finish === 'string').toBe(true);
    for (const value of [given.content ?? '', given.reasoning_content ?? '', given.refusal ?? '']) {
      expect(value).toBeTypeOf('string');
    }
    for (const call of given.tool_calls ?? []) {
      expect(call.index).toBeGreaterThanOrEqual(0);
      expect(call.function?.arguments).toBeTypeOf('string');
    }
  }
}

describe('whatever an upstream sends', () => {
  it('comes out as chunks that are chunks', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        const decoder = anthropic.decodeStream({});
        for (const each of events) {
          const item = decoder.read(JSON.stringify(each), '');
          seen.add(item.kind);
          if (item.kind === 'chunk') expectChunk(item.chunk);
        }
      }),
      { numRuns: 1000 },
    );
    expect([...seen].toSorted()).toEqual(['chunk', 'done', 'error', 'malformed', 'nothing']);
  });

  it('never throws, as an event or as a whole', () => {
    const data = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      strange.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(data, fc.constantFrom('', 'error', 'ping', 'message_start', 'message_delta'), (given, type) => {
        expect(() => anthropic.decodeStream({}).read(given, type)).not.toThrow();
        expect(() => anthropic.decode({}, Buffer.from(given))).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });

  it('is an answer with text, or none', () => {
    const details = usually(fc.record({ explanation: anyText }));
    const message = fc.record({
      content: usually(fc.array(anyBlock, { maxLength: 4 })),
      stop_reason: usually(fc.constantFrom('end_turn', 'tool_use', 'refusal', 'max_tokens')),
      stop_details: details,
      usage: anyUsage,
      id: anyText,
    });
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(message, (given) => {
        const decoded = anthropic.decode({}, Buffer.from(JSON.stringify(given)));
        seen.add(decoded.ok);
        if (!decoded.ok) return;
        const { message: said } = decoded.completion.choices[0] ?? {};
        expect(said?.content === null || typeof said?.content === 'string').toBe(true);
        for (const call of said?.tool_calls ?? []) {
          if (call.type === 'function') expect(call.function.arguments).toBeTypeOf('string');
        }
      }),
      { numRuns: 1000 },
    );
    expect(seen.size).toBe(2);
  });
});
