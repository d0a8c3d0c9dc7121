/** How a conversation in OpenAI's form becomes one that the Messages API takes. */
import { describe, expect, it } from 'vitest';
import { assistant, bodyOf, changesOf, objectionTo, outline, text, user } from './translate.js';

const PNG = 'iVBORw0KGgo=';

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
