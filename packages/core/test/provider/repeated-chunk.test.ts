/** What is told by comparison is what parsing would have told. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOpenAIStreamDecoder } from '../../src/provider/openai-stream.js';
import { RepeatedChunk } from '../../src/provider/repeated-chunk.js';
import type { ChatChunk } from '../../src/request/chat-types.js';

const ENVELOPE = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-4.1' };

function eventOf(delta: object, more: object = {}): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: null }];
  return JSON.stringify({ ...ENVELOPE, choices, usage: null, ...more });
}

function learned(event: string): RepeatedChunk {
  const repeated = new RepeatedChunk();
  repeated.learn(event, JSON.parse(event) as ChatChunk);
  return repeated;
}

describe('RepeatedChunk', () => {
  it.each([
    ['content', { content: 'one' }, { content: 'two words' }],
    ['an empty content', { content: 'one' }, { content: '' }],
    ['content beside a role', { role: 'assistant', content: 'one' }, { role: 'assistant', content: '两' }],
    ['a thought', { content: null, reasoning_content: 'one' }, { content: null, reasoning_content: 'two' }],
  ])('reads an event that differs by %s', (_, first, second) => {
    expect(learned(eventOf(first)).read(eventOf(second))).toStrictEqual(JSON.parse(eventOf(second)));
  });

  it('reads an event that differs by its padding too', () => {
    const event = eventOf({ content: 'two' }, { obfuscation: '' });
    const repeated = learned(eventOf({ content: 'one' }, { obfuscation: 'abc' }));
    expect(repeated.read(event)).toStrictEqual(JSON.parse(event));
  });

  it('reads JSON with spaces', () => {
    const spaced = (event: string): string => event.replaceAll(':', ': ').replaceAll(',', ', ');
    const repeated = learned(spaced(eventOf({ content: 'one' })));
    expect(repeated.read(spaced(eventOf({ content: 'two' })))).toStrictEqual(JSON.parse(eventOf({ content: 'two' })));
  });

  it.each([
    ['another field differs', eventOf({ content: 'two' }, { created: 1_700_000_001 })],
    ['a field is added', eventOf({ content: 'two', refusal: null })],
    ['a field is missing', eventOf({})],
    ['the text is escaped', eventOf({ content: 'a "word"' })],
    ['it is cut in the text', eventOf({ content: 'two' }).replace(/two.*$/, 't')],
    ['it is cut behind the text', eventOf({ content: 'two' }).slice(0, -1)],
    ['a line break stands in the text unescaped', eventOf({ content: 'two' }).replace('two', 't\no')],
    ['something stands behind it', `${eventOf({ content: 'two' })}{}`],
  ])('reads no event of which %s', (_, event) => {
    expect(learned(eventOf({ content: 'one' })).read(event)).toBeUndefined();
  });

  it.each([
    ['tells the text twice', eventOf({ content: 'one' }, { content: 'one' })],
    ['has the name as a value', eventOf({ content: 'one' }, { kind: 'content' })],
    ['is escaped', eventOf({ content: 'a "word"' })],
    ['adds no text', eventOf({ content: '' })],
    ['has something nested', eventOf({ content: 'one' }, { content_filter_results: {} })],
    ['has a nested delta', eventOf({ content: 'one', tool_calls: [] })],
    ['has its padding in front', `{"obfuscation":"abc",${eventOf({ content: 'one' }).slice(1)}`],
  ])('learns nothing from an event that %s', (_, event) => {
    expect(learned(event).read(event)).toBeUndefined();
  });

  it('reads no event that differs between the text and the padding', () => {
    const repeated = learned(eventOf({ content: 'one' }, { note: 'a', obfuscation: 'abc' }));
    expect(repeated.read(eventOf({ content: 'one' }, { note: 'b', obfuscation: 'abc' }))).toBeUndefined();
  });

  it('takes no other field for that of the text, though its own name is written with an escape', () => {
    const escaped = eventOf({ content: 'one' }).replace('"content"', String.raw`"c\u006fntent"`);
    const written = (note: string): string => `${escaped.slice(0, -1)},"content":"${note}"}`;
    expect(learned(written('one')).read(written('two'))).toBeUndefined();
  });

  it('is not changed by whoever changes a chunk', () => {
    const repeated = new RepeatedChunk();
    const event = eventOf({ content: 'one' });
    const first = JSON.parse(event) as ChatChunk;
    repeated.learn(event, first);
    for (const chunk of [first, repeated.read(event)]) {
      for (const choice of chunk?.choices ?? []) Object.assign(choice.delta, { content: 'changed', more: true });
      Object.assign(chunk ?? {}, { id: 'changed' });
    }
    expect(repeated.read(event)).toStrictEqual(JSON.parse(event));
  });
});

describe('a decoder', () => {
  const text = fc.oneof(
    fc.constantFrom('', ' word', '"content"', '"', '\\', '\n', '\u2028', '😀', '\ud83d', '你好', '}', '","x":"'),
    fc.string({ unit: 'binary' }),
  );
  const delta = fc.oneof(
    { weight: 4, arbitrary: fc.record({ content: text }) },
    fc.record({ content: fc.constant(null), reasoning_content: text }),
    fc.record({ role: fc.constant('assistant'), content: text }),
    fc.record({ content: text, reasoning_content: text, content_type: fc.constantFrom('content', 'text') }),
  );
  const more = fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    fc.record({ obfuscation: text }),
    fc.record({ obfuscation: fc.nat() }),
    fc.record({ note: text, nested: fc.constantFrom(null, { content: 'x' }) }),
  );
  const written = fc.record({ delta, more, spaced: fc.boolean(), first: fc.boolean() }).map((given) => {
    const event = eventOf(given.delta, given.more);
    const { obfuscation, ...others } = JSON.parse(event);
    // Services that write the padding in front; and those that indent.
    const ordered = given.first && obfuscation !== undefined ? { obfuscation, ...others } : JSON.parse(event);
    return JSON.stringify(ordered, undefined, given.spaced ? 1 : 0).replaceAll('\n', ' ');
  });
  const events = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: written },
      fc.tuple(written, fc.nat({ max: 300 })).map(([event, end]) => event.slice(0, end)),
      fc.constantFrom('[DONE]', '{}', '{"error":{"message":"x"}}'),
    ),
    { minLength: 2, maxLength: 8 },
  );

  it('reads each event as one that has read no other', () => {
    fc.assert(
      fc.property(events, (all) => {
        const decoder = createOpenAIStreamDecoder({});
        for (const event of all)
          expect(decoder.read(event, '')).toStrictEqual(createOpenAIStreamDecoder({}).read(event, ''));
      }),
      { numRuns: 1_000 },
    );
  });
});
