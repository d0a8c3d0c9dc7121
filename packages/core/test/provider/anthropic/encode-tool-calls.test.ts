/** How calls of tools and their results become such as the Messages API takes. */
import { describe, expect, it } from 'vitest';
import { assistant, bodyOf, call, changesOf, result, text, user } from './translate.js';

const PAST_TOOLS = ['tools of earlier calls are declared again, not to be called'];
const calling = (...calls: object[]): object => assistant(null, { tool_calls: calls });

describe('tool calls and their results', () => {
  it('keep ids, order and arguments, and the results stand together in front of everything', () => {
    const messages = [
      user('Weather in Rome and Oslo?'),
      assistant('I look it up.', {
        tool_calls: [call('call_1', 'weather', '{"city":"Rome"}'), call('call_2', 'weather', '{"city":"Oslo"}')],
      }),
      result('call_2', 'Snow'),
      user('And quickly, please.'),
      result('call_1', [text('Sun'), text('27 °C')]),
    ];
    expect(bodyOf({ messages }).messages.slice(1)).toEqual([
      assistant([
        text('I look it up.'),
        { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Rome' } },
        { type: 'tool_use', id: 'call_2', name: 'weather', input: { city: 'Oslo' } },
      ]),
      user([
        { type: 'tool_result', tool_use_id: 'call_2', content: [text('Snow')] },
        { type: 'tool_result', tool_use_id: 'call_1', content: [text('Sun'), text('27 °C')] },
        text('And quickly, please.'),
      ]),
    ]);
  });

  it('may be pictures, or nothing', () => {
    const image = { type: 'image_url', image_url: { url: 'https://a.example/x' } };
    const messages = [user('a'), calling(call('c1'), call('c2')), result('c1', [image]), result('c2', '')];
    expect(bodyOf({ messages }).messages.at(-1)?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'c1', content: [expect.objectContaining({ type: 'image' })] },
      { type: 'tool_result', tool_use_id: 'c2' },
    ]);
  });

  it('have ids of letters, digits, _ and -, each once, the same for a call and its result', () => {
    const messages = [
      user('a'),
      calling(call('functions.f:0'), call('functions_f_0'), call('')),
      result('functions_f_0', 'second'),
      result('functions.f:0', 'first'),
      user('b'),
      calling(call('functions.f:0')),
      result('functions.f:0', 'fourth'),
    ];
    const { messages: sent } = bodyOf({ messages });
    expect(sent[1]?.content.map(({ id }) => id)).toEqual(['functions_f_0', 'functions_f_0_2', 'call']);
    expect(sent[2]?.content.slice(0, 3).map((block) => [block['tool_use_id'], block['content']])).toEqual([
      ['functions_f_0_2', [text('second')]],
      ['functions_f_0', [text('first')]],
      ['call', 'The result of this call is not known.'],
    ]);
    expect(sent[3]?.content[0]).toMatchObject({ id: 'functions_f_0_3' });
    expect(sent[4]?.content[0]).toMatchObject({ tool_use_id: 'functions_f_0_3' });
  });

  it('go one to each call where several calls have one id', () => {
    const messages = [user('a'), calling(call('c'), call('c')), result('c', '1'), result('c', '2'), result('c', '3')];
    const [one, two] = bodyOf({ messages }).messages.at(-1)?.content ?? [];
    expect(one).toEqual({ type: 'tool_result', tool_use_id: 'c', content: [text('1')] });
    expect(two).toEqual({ type: 'tool_result', tool_use_id: 'c_2', content: [text('2'), text('3')] });
  });

  it.each([
    ['behind which the user speaks', [user('a'), calling(call('c1'), call('c2')), result('c1', '1'), user('b')]],
    ['behind which nothing comes', [user('a'), calling(call('c1'), call('c2'))]],
    ['behind which the assistant speaks', [user('a'), calling(call('c1'), call('c2')), assistant('b'), user('c')]],
  ])('are known to be missing for calls %s', (_, messages) => {
    const results = bodyOf({ messages }).messages.flatMap(({ content }) => content.filter(isResult));
    expect(results.map((block) => block['tool_use_id'])).toEqual(['c1', 'c2']);
    expect(results.at(-1)).toMatchObject({ is_error: true });
    expect(changesOf({ messages })).toContain('a tool call without a result is answered with an error');
  });

  it('are said as text where nothing was called', () => {
    const messages = [user('a'), result('c9', 'Sun')];
    expect(bodyOf({ messages }).messages).toEqual([
      user([text('a'), text('Result of the tool call c9:'), text('Sun')]),
    ]);
    expect(changesOf({ messages })).toEqual(['a tool result that answers no call is said as text']);
  });

  it.each([
    ['', {}],
    ['{"a":{"b":[1,null]}}', { a: { b: [1, null] } }],
    ['{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
  ])('have the arguments %j as an object', (given, input) => {
    const messages = [user('a'), calling(call('c', 'f', given)), result('c', 'b')];
    expect(bodyOf({ messages }).messages[1]?.content[0]?.['input']).toEqual(input);
    expect(changesOf({ messages })).toEqual(PAST_TOOLS);
  });

  it.each(['{"city":', 'Rome', '[1]', 'null', '"x"', '['.repeat(100_000) + ']'.repeat(100_000)])(
    'have arguments that are no object in one',
    (given) => {
      const messages = [user('a'), calling(call('c', 'f', given)), result('c', 'b')];
      expect(bodyOf({ messages }).messages[1]?.content[0]?.['input']).toEqual({ invalid_json: given });
      expect(changesOf({ messages })).toContain('arguments of a tool call that are no JSON object are put into one');
    },
  );

  it('may be of custom tools of an earlier turn', () => {
    const messages = [
      user('a'),
      calling({ id: 'c', type: 'custom', custom: { name: 'f', input: 'x' } }),
      result('c', 'b'),
    ];
    expect(bodyOf({ messages }).messages[1]?.content[0]).toMatchObject({ name: 'f', input: { input: 'x' } });
  });

  it('may have the older form', () => {
    const messages = [
      user('a'),
      assistant(null, { function_call: { name: 'f', arguments: '{"x":1}' } }),
      { role: 'function', name: 'f', content: 'one' },
      assistant(null, { function_call: { name: 'f', arguments: '{"x":2}' } }),
      { role: 'function', name: 'f', content: null },
      user('b'),
    ];
    const { messages: sent } = bodyOf({ messages });
    expect(
      sent.map(({ content }) => content.map((block) => block['id'] ?? block['tool_use_id'] ?? block.type)),
    ).toEqual([['text'], ['call'], ['call'], ['call_2'], ['call_2', 'text']]);
  });
});

function isResult({ type }: { type: string }): boolean {
  return type === 'tool_result';
}
