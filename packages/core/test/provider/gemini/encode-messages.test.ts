/** How a conversation in OpenAI's form becomes one that the Gemini API takes. */
import { describe, expect, it } from 'vitest';
import {
  asked,
  assistant,
  bodyOf,
  call,
  changesOf,
  FLASH_20,
  FLASH_25,
  FLASH_38,
  objectionTo,
  outline,
  result,
  said,
  text,
  user,
  type WirePart,
} from './translate.js';

const PNG = 'iVBORw0KGgo=';
const calling = (...calls: object[]): object => assistant(null, { tool_calls: calls });

describe('instructions', () => {
  it('stand apart, in their order, wherever they stood', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      user('Hello'),
      { role: 'developer', content: [text('Be brief.'), text('Be right.')] },
      assistant('Hi'),
      { role: 'system', content: 'Be quick.' },
      user('Bye'),
    ];
    const body = bodyOf({ messages });
    expect(body.systemInstruction).toEqual({
      parts: ['Be kind.', 'Be brief.', 'Be right.', 'Be quick.'].map((words) => ({ text: words })),
    });
    expect(outline(body)).toEqual(['user: text', 'model: text', 'user: text']);
  });

  it('alone are followed by a message of the user, because there has to be one', () => {
    const request = { messages: [{ role: 'system', content: 'Write a poem.' }] };
    expect(bodyOf(request).contents).toEqual([asked({ text: 'Begin.' })]);
    expect(changesOf(request)).toEqual(['a user message "Begin." is put in front']);
  });

  it('stand in front of the first message for models that know none', () => {
    const request = { messages: [{ role: 'system', content: 'Be kind.' }, user('Hello')] };
    expect(bodyOf(request, 'gemma-3-27b-it')).toEqual({
      contents: [asked({ text: 'Be kind.' }, { text: 'Hello' })],
    });
    expect(changesOf(request, 'gemma-3-27b-it')).toEqual(['instructions are put in front of the first message']);
    expect(bodyOf(request, 'gemma-4-31b-it')).toHaveProperty('systemInstruction');
  });
});

describe('turns', () => {
  it('of one role in a row become one', () => {
    const messages = [user('a'), user('b'), assistant('c'), assistant('d'), user('e')];
    expect(bodyOf({ messages }).contents).toEqual([
      asked({ text: 'a' }, { text: 'b' }),
      said({ text: 'c' }, { text: 'd' }),
      asked({ text: 'e' }),
    ]);
    expect(changesOf({ messages })).toEqual([]);
  });

  it('may end with the beginning of an answer, as it is', () => {
    const request = { messages: [user('Name the sun in Greek.'), assistant('The answer is ')] };
    expect(bodyOf(request).contents.at(-1)).toEqual(said({ text: 'The answer is ' }));
    expect(objectionTo(request)).toBeUndefined();
  });

  it('must not end with an answer for models that do not go on from one', () => {
    expect(objectionTo({ messages: [user('a'), assistant('b')] }, FLASH_38)).toBe(
      'cannot go on from an assistant message that stands last',
    );
  });

  it('say a refusal as text', () => {
    const messages = [user('a'), assistant(null, { refusal: 'No.' }), user('b')];
    expect(bodyOf({ messages }).contents[1]).toEqual(said({ text: 'No.' }));
  });
});

describe('images, sound, video and files', () => {
  const image = (url: string): object => ({ type: 'image_url', image_url: { url } });
  const video = (url: string): object => ({ type: 'video_url', video_url: { url } });
  const audio = (format: string): object => ({ type: 'input_audio', input_audio: { data: 'UEs=', format } });
  const file = (file_data: string): object => ({ type: 'file', file: { file_data, filename: 'a' } });
  const partOf = (part: object): unknown => bodyOf({ messages: [user([part])] }).contents[0]?.parts[0];

  it.each([
    [image(`data:image/png;base64,${PNG}`), { mimeType: 'image/png', data: PNG }],
    [image(`DATA:image/JPG;name=a;base64,${PNG}`), { mimeType: 'image/jpeg', data: PNG }],
    [image(`data:image/heic;base64,${PNG}`), { mimeType: 'image/heic', data: PNG }],
    [audio('wav'), { mimeType: 'audio/wav', data: 'UEs=' }],
    [audio('mp3'), { mimeType: 'audio/mp3', data: 'UEs=' }],
    [video('data:video/mp4;base64,UEs='), { mimeType: 'video/mp4', data: 'UEs=' }],
    [file('data:application/pdf;base64,JVBERi0='), { mimeType: 'application/pdf', data: 'JVBERi0=' }],
    [file('data:,Gr%C3%BC%C3%9Fe'), { mimeType: 'text/plain', data: 'R3LDvMOfZQ==' }],
    [file('data:text/csv;base64,YTti'), { mimeType: 'text/csv', data: 'YTti' }],
  ])('are sent along: %j', (part, inlineData) => {
    expect(partOf(part)).toEqual({ inlineData });
  });

  it.each([
    [image('https://a.example/x.PNG?size=2'), { fileUri: 'https://a.example/x.PNG?size=2', mimeType: 'image/png' }],
    [image('https://a.example/photo'), { fileUri: 'https://a.example/photo', mimeType: 'image/jpeg' }],
    [video('https://a.example/x.webm'), { fileUri: 'https://a.example/x.webm', mimeType: 'video/webm' }],
    [video('https://www.youtube.com/watch?v=1'), { fileUri: 'https://www.youtube.com/watch?v=1' }],
    [video('https://youtu.be/1'), { fileUri: 'https://youtu.be/1' }],
    [file('https://a.example/x.csv'), { fileUri: 'https://a.example/x.csv', mimeType: 'text/csv' }],
    [file('https://a.example/x'), { fileUri: 'https://a.example/x', mimeType: 'application/pdf' }],
    [
      file('https://generativelanguage.googleapis.com/v1beta/files/a1'),
      { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a1' },
    ],
  ])('are fetched by their URL: %j', (part, fileData) => {
    expect(partOf(part)).toEqual({ fileData });
  });

  it.each([
    [image('http://a.example/x.png'), 'cannot take images by other URLs than https: and data:'],
    [image('data:image/png'), 'cannot take images by other URLs than https: and data:'],
    [image(`data:image/gif;base64,${PNG}`), 'cannot take images of image/gif'],
    [image('https://a.example/x.gif'), 'cannot take images of image/gif'],
    [image(`data:image/<secret words>;base64,${PNG}`), 'cannot take images of an unknown type'],
    [image('data:application/pdf;base64,JVBERi0='), 'cannot take images of application/pdf'],
    [audio('pcm16'), 'cannot take sound of this format'],
    [file('data:application/zip;base64,UEs='), 'cannot take files of application/zip'],
    [file('UEs='), 'cannot take files by other URLs than https: and data:'],
    [{ type: 'file', file: { file_id: 'file-1' } }, 'cannot take a file by its id'],
  ])('are refused: %j', (part, words) => {
    expect(objectionTo({ messages: [user([text('a'), part])] })).toBe(words);
  });

  it('are refused by URL where the model does not fetch them', () => {
    const messages = [user([image('https://a.example/x.png')])];
    expect(objectionTo({ messages }, FLASH_20)).toBe('cannot fetch images by URL');
    expect(objectionTo({ messages: [user([image(`data:image/png;base64,${PNG}`)])] }, FLASH_20)).toBeUndefined();
  });

  it('are refused as instructions', () => {
    expect(objectionTo({ messages: [{ role: 'system', content: [image('https://a.example/x')] }] })).toBe(
      'cannot take anything but text as an instruction',
    );
  });
});

describe('tool calls and their results', () => {
  const response = (id: string, name: string, output: string): WirePart => ({
    functionResponse: { id, name, response: { output } },
  });
  const partsOf = (messages: object[], model?: string): readonly WirePart[] =>
    bodyOf({ messages }, model).contents.flatMap(({ parts }) => parts);

  it('keep ids, names and arguments; the results stand in the order of the calls, in front of everything', () => {
    const messages = [
      user('Weather in Rome and Oslo?'),
      assistant('I look it up.', {
        tool_calls: [call('call_1', 'weather', '{"city":"Rome"}'), call('call_2', 'weather', '{"city":"Oslo"}')],
      }),
      result('call_2', 'Snow'),
      user('And quickly, please.'),
      result('call_1', [text('Sun'), text('27 °C')]),
    ];
    expect(bodyOf({ messages }, FLASH_25).contents.slice(1)).toEqual([
      said(
        { text: 'I look it up.' },
        { functionCall: { id: 'call_1', name: 'weather', args: { city: 'Rome' } } },
        { functionCall: { id: 'call_2', name: 'weather', args: { city: 'Oslo' } } },
      ),
      asked(response('call_1', 'weather', 'Sun\n27 °C'), response('call_2', 'weather', 'Snow'), {
        text: 'And quickly, please.',
      }),
    ]);
    expect(changesOf({ messages }, FLASH_25)).toEqual([]);
  });

  it.each(['{"id":12345678901234567890}', '{"$ref":"#/x"}', '{"output":1,"error":2}', '[1]', 'Sun'])(
    'are text as it is, within an object: %s',
    (content) => {
      const parts = partsOf([user('a'), calling(call('c')), result('c', content)]);
      expect(parts.at(-1)).toEqual(response('c', 'weather', content));
    },
  );

  it('have ids that are told apart, the same for a call and its result', () => {
    const messages = [
      user('a'),
      calling(call('c', 'f'), call('c', 'g'), call('', 'h')),
      result('c', 'first'),
      result('c', 'second'),
      user('b'),
      calling(call('c', 'f')),
      result('c', 'third'),
    ];
    const parts = partsOf(messages);
    expect(parts.flatMap(({ functionCall }) => functionCall?.id ?? [])).toEqual(['c', 'c_2', 'call', 'c_3']);
    expect(parts.flatMap(({ functionResponse }) => (functionResponse ? [functionResponse] : []))).toEqual([
      { id: 'c', name: 'f', response: { output: 'first' } },
      { id: 'c_2', name: 'g', response: { output: 'second' } },
      { id: 'call', name: 'h', response: { error: 'The result of this call is not known.' } },
      { id: 'c_3', name: 'f', response: { output: 'third' } },
    ]);
  });

  it('are as many as the calls, also where the application sends none', () => {
    const messages = [user('a'), calling(call('c1'), call('c2')), result('c2', '2'), user('b')];
    expect(outline(bodyOf({ messages })).slice(1)).toEqual([
      'model: functionCall functionCall',
      'user: functionResponse functionResponse text',
    ]);
    expect(changesOf({ messages })).toEqual(['a tool call without a result is answered with an error']);
  });

  it.each([
    ['', {}],
    ['{"a":{"b":[1,null]}}', { a: { b: [1, null] } }],
    ['{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
  ])('have the arguments %j as an object', (given, args) => {
    const parts = partsOf([user('a'), calling(call('c', 'f', given)), result('c', 'b')]);
    expect(parts[1]?.functionCall?.args).toEqual(args);
  });

  it.each(['{"city":', 'Rome', '[1]', 'null'])('have arguments that are no object in one: %s', (given) => {
    const messages = [user('a'), calling(call('c', 'f', given)), result('c', 'b')];
    expect(partsOf(messages)[1]?.functionCall?.args).toEqual({ invalid_json: given });
    expect(changesOf({ messages })).toEqual(['arguments of a tool call that are no JSON object are put into one']);
  });

  it('may have the older form', () => {
    const messages = [
      user('a'),
      assistant(null, { function_call: { name: 'f', arguments: '{"x":1}' } }),
      { role: 'function', name: 'f', content: 'one' },
    ];
    expect(partsOf(messages, FLASH_25).slice(1)).toEqual([
      { functionCall: { id: 'call', name: 'f', args: { x: 1 } } },
      response('call', 'f', 'one'),
    ]);
  });

  describe('with pictures', () => {
    const inline = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
    const linked = { type: 'image_url', image_url: { url: 'https://a.example/x.png' } };
    const inlineData = { mimeType: 'image/png', data: PNG };

    it('hold them', () => {
      const messages = [user('a'), calling(call('c', 'draw')), result('c', [text('Done.'), inline])];
      expect(partsOf(messages).at(-1)).toEqual({
        functionResponse: { id: 'c', name: 'draw', response: { output: 'Done.' }, parts: [{ inlineData }] },
      });
      expect(changesOf({ messages })).toEqual([]);
    });

    it.each([
      [
        'that the model has to fetch',
        undefined,
        linked,
        { fileData: { fileUri: 'https://a.example/x.png', mimeType: 'image/png' } },
      ],
      ['of older models', FLASH_25, inline, { inlineData }],
    ])('%s stand behind all of them', (_, model, picture, part) => {
      const calls = calling(call('c', 'draw'), call('d', 'draw'));
      const messages = [user('a'), calls, result('c', [picture]), result('d', 'Done.'), user('b')];
      expect(bodyOf({ messages }, model).contents.at(-1)).toEqual(
        asked(
          response('c', 'draw', ''),
          response('d', 'draw', 'Done.'),
          { text: 'Result of the tool call draw:' },
          part,
          {
            text: 'b',
          },
        ),
      );
      expect(changesOf({ messages }, model)).toEqual(['media of a tool result are put behind it']);
    });
  });
});

describe('signatures of thoughts', () => {
  const format = 'google-gemini-v1';
  const signature = (data: string, index: number, id?: string): object => ({
    type: 'reasoning.encrypted',
    data,
    format,
    index,
    ...(id === undefined ? {} : { id }),
  });
  const foreign = { type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 };
  const answerOf = (message: object, model?: string): unknown => {
    const results = ['c1', 'c2'].map((id) => result(id, 'b'));
    return bodyOf({ messages: [user('a'), message, ...results] }, model).contents[1];
  };
  const called = (id: string): WirePart => ({ functionCall: { id, name: 'weather', args: {} } });
  const UNSIGNED = 'skip_thought_signature_validator';

  it('go back on the calls that they came with', () => {
    const message = assistant('I look it up.', {
      tool_calls: [call('c1'), call('c2')],
      reasoning_details: [signature('c2lnMg==', 2, 'c2'), signature('c2lnMQ==', 1, 'c1')],
    });
    expect(answerOf(message)).toEqual(
      said(
        { text: 'I look it up.' },
        { ...called('c1'), thoughtSignature: 'c2lnMQ==' },
        { ...called('c2'), thoughtSignature: 'c2lnMg==' },
      ),
    );
  });

  it('go back on the text, earlier ones on empty parts in front of it', () => {
    const details = [signature('b25l', 0), signature('dHdv', 2)];
    expect(answerOf(assistant('Hi', { reasoning_details: details }))).toEqual(
      said({ text: '', thoughtSignature: 'b25l' }, { text: 'Hi', thoughtSignature: 'dHdv' }),
    );
  });

  it('without a text go back on an empty one', () => {
    const message = assistant(null, { tool_calls: [call('c1')], reasoning_details: [signature('b25l', 0)] });
    expect(answerOf(message, FLASH_25)).toEqual(said({ text: '', thoughtSignature: 'b25l' }, called('c1')));
  });

  it('of calls that are gone are left out', () => {
    expect(answerOf(assistant('Hi', { reasoning_details: [signature('b25l', 0, 'c9')] }))).toEqual(
      said({ text: 'Hi' }),
    );
  });

  it('are stood in for on the first call of an answer that another model gave, where they are demanded', () => {
    const message = calling(call('c1'), call('c2'));
    expect(answerOf(message)).toEqual(said({ ...called('c1'), thoughtSignature: UNSIGNED }, called('c2')));
    expect(answerOf(message, FLASH_25)).toEqual(said(called('c1'), called('c2')));
    expect(changesOf({ messages: [user('a'), message, result('c1', 'b'), result('c2', 'b')] })).toEqual([]);
  });

  it('of another provider are left out, and that is said', () => {
    const messages = [user('a'), assistant('Hi', { reasoning_details: [foreign, signature('b25l', 1)] }), user('b')];
    expect(bodyOf({ messages }).contents[1]).toEqual(said({ text: 'Hi', thoughtSignature: 'b25l' }));
    expect(changesOf({ messages })).toEqual(['reasoning signatures of another provider are left out']);
  });
});
