/** How a conversation in OpenAI's form becomes one that the Messages API takes. */
import { describe, expect, it } from 'vitest';
import { assistant, bodyOf, call, changesOf, objectionTo, outline, result, text, tool, user } from './translate.js';

const PNG = 'iVBORw0KGgo=';
const PAST_TOOLS = ['tools of earlier calls are declared again, not to be called'];
const calling = (...calls: object[]): object => assistant(null, { tool_calls: calls });

describe('instructions', () => {
  it('stand in front, joined in their order, wherever they stood', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      user('Hello'),
      { role: 'developer', content: [text('Be brief.'), text('Be right.')] },
      assistant('Hi'),
      { role: 'system', content: 'Be quick.' },
      user('Bye'),
    ];
    const body = bodyOf({ messages });
    expect(body.system).toEqual(['Be kind.', 'Be brief.', 'Be right.', 'Be quick.'].map(text));
    expect(outline(body)).toEqual(['user: text', 'assistant: text', 'user: text']);
  });

  it('are left out where they say nothing', () => {
    expect(bodyOf({ messages: [{ role: 'system', content: ' \n' }, user('Hello')] })).not.toHaveProperty('system');
  });

  it('alone are followed by a message of the user, which the API demands', () => {
    const request = { messages: [{ role: 'system', content: 'Write a poem.' }] };
    expect(bodyOf(request).messages).toEqual([user([text('Begin.')])]);
    expect(changesOf(request)).toEqual(['a user message "Begin." is put in front']);
  });
});

describe('turns', () => {
  it('of one role in a row become one', () => {
    const messages = [user('a'), user('b'), assistant('c'), assistant('d'), user('e')];
    expect(bodyOf({ messages }).messages).toEqual([
      user([text('a'), text('b')]),
      assistant([text('c'), text('d')]),
      user([text('e')]),
    ]);
    expect(changesOf({ messages })).toEqual([]);
  });

  it('begin with the user where an assistant spoke first', () => {
    const request = { messages: [assistant('How can I help?'), user('Hello')] };
    expect(bodyOf(request).messages[0]).toEqual(user([text('Begin.')]));
    expect(changesOf(request)).toEqual(['a user message "Begin." is put in front']);
  });

  it('without a word are left out, of an assistant', () => {
    expect(outline(bodyOf({ messages: [user('a'), assistant(''), user('b')] }))).toEqual(['user: text text']);
  });

  it('without a word say so, of a user between two answers', () => {
    const request = { messages: [user('a'), assistant('b'), user(' '), assistant('c'), user('d')] };
    expect(bodyOf(request).messages[2]).toEqual(user([text('(empty message)')]));
    expect(changesOf(request)).toEqual(['an empty message is said as "(empty message)"']);
  });

  it('lose blank texts beside others, which would be refused', () => {
    expect(bodyOf({ messages: [user([text(''), text('a'), text('\n')])] }).messages[0]).toEqual(user([text('a')]));
  });

  it('may end with the beginning of an answer, without the white space behind it', () => {
    const body = bodyOf({ messages: [user('Name the sun in Greek.'), assistant('The answer is \n')] });
    expect(body.messages.at(-1)).toEqual(assistant([text('The answer is')]));
  });

  it('keep white space at the end of other answers', () => {
    expect(bodyOf({ messages: [user('a'), assistant('b '), user('c')] }).messages[1]).toEqual(assistant([text('b ')]));
  });

  it('must not end with an answer for models that do not go on from one', () => {
    const messages = [user('a'), assistant('b')];
    expect(objectionTo({ messages }, 'claude-sonnet-4-6')).toBe(
      'cannot go on from an assistant message that stands last',
    );
  });

  it('say a refusal as text', () => {
    const messages = [
      user('a'),
      assistant(null, { refusal: 'No.' }),
      user('b'),
      assistant([{ type: 'refusal', refusal: 'Never.' }]),
      user('c'),
    ];
    const [, first, , second] = bodyOf({ messages }).messages;
    expect([first, second]).toEqual([assistant([text('No.')]), assistant([text('Never.')])]);
  });

  it('do not tell who speaks', () => {
    expect(changesOf({ messages: [{ role: 'user', content: 'a', name: 'Ann' }] })).toEqual([
      'names of speakers are left out',
    ]);
  });

  it('do not refer to a recording that only OpenAI has', () => {
    const messages = [user('a'), assistant(null, { audio: { id: 'audio_1' } }), user('b')];
    expect(objectionTo({ messages })).toBe('cannot know a recording that another provider keeps');
  });
});

describe('images and files', () => {
  const image = (url: string, more: object = {}): object => ({ type: 'image_url', image_url: { url }, ...more });
  const file = (file_data: string, more: object = {}): object => ({ type: 'file', file: { file_data, ...more } });
  const blockOf = (part: object): unknown => bodyOf({ messages: [user([part])] }).messages[0]?.content[0];

  it.each([
    ['https://a.example/x.png', { type: 'url', url: 'https://a.example/x.png' }],
    [`data:image/png;base64,${PNG}`, { type: 'base64', media_type: 'image/png', data: PNG }],
    [`DATA:image/JPG;name=a;base64,${PNG}`, { type: 'base64', media_type: 'image/jpeg', data: PNG }],
    [`data:image/webp;base64,${PNG}`, { type: 'base64', media_type: 'image/webp', data: PNG }],
  ])('are images by the URL %s', (url, source) => {
    expect(blockOf(image(url))).toEqual({ type: 'image', source });
  });

  it.each([
    ['http://a.example/x.png', 'cannot take images by other URLs than https: and data:'],
    ['x.png', 'cannot take images by other URLs than https: and data:'],
    ['data:image/png', 'cannot take images by other URLs than https: and data:'],
    [`data:image/tiff;base64,${PNG}`, 'cannot take images of image/tiff'],
    [`data:image/<secret words>;base64,${PNG}`, 'cannot take images of an unknown type'],
  ])('are refused as the image %s', (url, words) => {
    expect(objectionTo({ messages: [user([image(url)])] })).toBe(words);
  });

  it.each([
    [
      file('data:application/pdf;base64,JVBERi0=', { filename: 'a.pdf' }),
      { source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }, title: 'a.pdf' },
    ],
    [file('https://a.example/x.pdf'), { source: { type: 'url', url: 'https://a.example/x.pdf' } }],
    [
      file('data:text/plain;base64,R3LDvMOfZQ=='),
      { source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } },
    ],
    [file('data:,Gr%C3%BC%C3%9Fe'), { source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } }],
  ])('are documents: %j', (part, document) => {
    expect(blockOf(part)).toEqual({ type: 'document', ...document });
  });

  it.each([
    [file('data:application/zip;base64,UEs='), 'cannot take files of application/zip'],
    [{ type: 'file', file: { file_id: 'file-1' } }, 'cannot take a file by its id'],
    [file('UEs='), 'cannot take a file that is no data: URL'],
    [{ type: 'input_audio', input_audio: { data: 'UEs=', format: 'wav' } }, 'cannot take audio'],
    [{ type: 'video_url', video_url: { url: 'https://a.example/x.mp4' } }, 'cannot take video'],
  ])('are refused: %j', (part, words) => {
    expect(objectionTo({ messages: [user([text('a'), part])] })).toBe(words);
  });

  it.each([
    [[{ role: 'system', content: [image('https://a.example/x')] }], 'cannot take anything but text as an instruction'],
    [[user('a'), assistant([image('https://a.example/x')]), user('b')], 'cannot take anything but text in an answer'],
  ])('are refused where only text may stand', (messages, words) => {
    expect(objectionTo({ messages })).toBe(words);
  });

  it('keep their marks for the prompt cache, as do texts and tools', () => {
    const cache_control = { type: 'ephemeral' };
    const url = 'https://a.example/x.png';
    const body = bodyOf({
      messages: [
        { role: 'system', content: [{ ...text('a'), cache_control }] },
        user([image(url, { cache_control }), { ...text('b'), cache_control }]),
      ],
      tools: [{ type: 'function', function: { name: 'f' }, cache_control }],
    });
    expect(body.system).toEqual([{ ...text('a'), cache_control }]);
    expect(body.messages[0]?.content).toEqual([
      { type: 'image', source: { type: 'url', url }, cache_control },
      { ...text('b'), cache_control },
    ]);
    expect(body['tools']).toEqual([expect.objectContaining({ cache_control })]);
  });
});

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

describe('thoughts of earlier answers', () => {
  const format = 'anthropic-claude-v1';
  const signed = { type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format, index: 0 };
  const answer = (reasoning_details: unknown): object =>
    assistant('I look it up.', { reasoning_details, tool_calls: [call('c1')] });
  const conversation = (reasoning_details: unknown): object => ({
    messages: [user('a'), answer(reasoning_details), result('c1', 'b')],
    reasoning_effort: 'low',
  });
  const answerOf = (request: object, model?: string): unknown => bodyOf(request, model).messages[1]?.content;

  it('go back as they came, signed or encrypted', () => {
    const encrypted = { type: 'reasoning.encrypted', data: 'ZW5j', format, index: 1 };
    expect(answerOf(conversation([signed, encrypted]))).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'ZW5j' },
      text('I look it up.'),
      { type: 'tool_use', id: 'c1', name: 'weather', input: {} },
    ]);
    expect(changesOf(conversation([signed]))).toEqual(PAST_TOOLS);
  });

  it.each([
    ['is not asked to think', { reasoning_effort: 'none' }, undefined],
    ['is asked for a call', { tools: [tool('f')], tool_choice: 'required' }, undefined],
    ['cannot think', {}, 'claude-3-5-haiku-20241022'],
  ])('stay at home where the model %s, as the API wants it', (_, request, model) => {
    expect(answerOf({ ...conversation([signed]), ...request }, model)).toHaveLength(2);
  });

  it('go back to models that think without being asked', () => {
    const request = { ...conversation([signed]), reasoning_effort: undefined };
    expect(answerOf(request, 'claude-sonnet-5')).toHaveLength(3);
  });

  it('stand where they stood', () => {
    const later = { ...signed, text: 'Oh.', index: 2 };
    expect(outline(bodyOf(conversation([later, signed])))[1]).toBe('assistant: thinking text thinking tool_use');
  });

  it('never stand last', () => {
    expect(outline(bodyOf(conversation([{ ...signed, index: 7 }])))[1]).toBe('assistant: text thinking tool_use');
  });

  it.each([
    ['of another provider', { ...signed, format: 'google-gemini-v1' }],
    ['of an unknown one', { ...signed, format: 'openai-responses-v1' }],
  ])('are left out %s, and that is said', (_, thought) => {
    expect(answerOf(conversation([thought, signed]))).toHaveLength(3);
    expect(changesOf(conversation([thought]))).toContain('reasoning signatures of another provider are left out');
  });

  it.each([
    ['unsigned', [{ ...signed, signature: '' }]],
    ['without a format', [{ ...signed, format: undefined }]],
    ['no list', 'Hm.'],
    ['no objects', [null, 7, 'Hm.', []]],
  ])('are left out where they are %s', (_, details) => {
    expect(answerOf(conversation(details))).toHaveLength(2);
  });
});
