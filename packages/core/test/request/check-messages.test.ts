import { describe, expect, it } from 'vitest';
import { CallError } from '../../src/errors.js';
import { checkMessages } from '../../src/request/check-messages.js';
import { Findings } from '../../src/request/findings.js';

const call = { id: 'call_1', type: 'function', function: { name: 'find', arguments: '{}' } };
const user = { role: 'user', content: 'Hello' };

function refused(...messages: readonly unknown[]): string {
  try {
    checkMessages(messages, new Findings());
  } catch (error) {
    if (!(error instanceof CallError) || error.kind !== 'bad-request') throw error;
    return error.message.startsWith(`${error.param} `) ? error.message : `${error.message} but param is ${error.param}`;
  }
  return 'accepted';
}

function content(part: unknown): string {
  return refused({ role: 'user', content: [{ type: 'text', text: 'Look' }, part] });
}

describe('Accepted messages', () => {
  it.each([
    [
      'every role',
      [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        { ...user, name: 'Ada' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', content: 'found', tool_call_id: 'call_1' },
        { role: 'assistant', function_call: { name: 'find', arguments: '{}' } },
        { role: 'function', name: 'find', content: null },
      ],
    ],
    ['an assistant that refused', [{ role: 'assistant', refusal: 'No.' }]],
    ['an assistant that spoke', [{ role: 'assistant', audio: { id: 'audio_1' } }]],
    ['an empty text', [{ role: 'user', content: '' }]],
    ['an assistant with empty tool calls beside a text', [{ role: 'assistant', content: 'Hi', tool_calls: [] }]],
    [
      'explicit nulls as official clients send them',
      [
        {
          role: 'assistant',
          content: 'Hi',
          refusal: null,
          tool_calls: null,
          function_call: null,
          audio: null,
          name: null,
        },
      ],
    ],
    [
      'a custom tool call',
      [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'run', input: 'ls' } }] }],
    ],
    ["a service's own kind of tool call", [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'builtin_function' }] }]],
    ['a tool call without a type', [{ role: 'assistant', tool_calls: [{ id: 'c', function: call.function }] }]],
  ])('are %s', (_, messages) => {
    expect(refused(...messages)).toBe('accepted');
  });

  it.each([
    { type: 'text', text: 'and think', cache_control: { type: 'ephemeral' } },
    { type: 'image_url', image_url: { url: 'https://shop.example/1.png', detail: 'low' } },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    { type: 'video_url', video_url: { url: 'https://shop.example/1.mp4' } },
    { type: 'file', file: { file_id: 'file_1' } },
    { type: 'refusal', refusal: 'No.' },
  ])('may have content of type $type', (part) => {
    expect(content(part)).toBe('accepted');
  });
});

describe('Refused messages', () => {
  it.each([
    [null, 'messages[1] must be an object with a role and content, not null.'],
    ['Hello', 'messages[1] must be an object with a role and content, not a string.'],
    [[user], 'messages[1] must be an object with a role and content, not an array.'],
  ])('are no objects: %j', (message, words) => {
    expect(refused(user, message)).toBe(words);
  });

  it('have an unknown role, which is named', () => {
    const roles = 'messages[0].role must be one of system, developer, user, assistant, tool, function; found';
    expect(refused({ role: 'robot', content: 'x' })).toBe(`${roles} "robot".`);
    expect(refused({ role: 'User', content: 'x' })).toBe(`${roles} "User".`);
    expect(refused({ content: 'x' })).toBe(`${roles} missing.`);
    expect(refused({ role: 7, content: 'x' })).toBe(`${roles} 7.`);
    expect(refused({ role: ['user'], content: 'x' })).toBe(`${roles} an array.`);
  });

  it('have a text where the role should be, which is not repeated', () => {
    expect(refused({ role: 'My card number is 1234', content: 'user' })).toContain('a string of 22 characters');
    expect(refused({ role: 'x'.repeat(61), content: 'user' })).toContain('a string of 61 characters');
  });

  it('have no content, or content of another kind', () => {
    expect(refused({ role: 'user' })).toBe('messages[0].content is required: a string or an array of content parts.');
    expect(refused({ role: 'user', content: null })).toContain('messages[0].content is required');
    expect(refused({ role: 'user', content: 5 })).toBe(
      'messages[0].content must be a string or an array of content parts, not a number.',
    );
    expect(refused({ role: 'user', content: { text: 'x' } })).toContain('not an object');
    expect(refused({ role: 'user', content: [] })).toBe('messages[0].content must have at least one content part.');
  });

  it('are of an assistant that said nothing and called nothing', () => {
    expect(refused({ role: 'assistant', content: null })).toContain(
      'messages[0].content is required of an assistant message without tool_calls',
    );
  });

  it('answer no call', () => {
    expect(refused({ role: 'tool', content: 'x' })).toBe('messages[0].tool_call_id must be a string; it is missing.');
    expect(refused({ role: 'tool', content: 'x', tool_call_id: '' })).toBe(
      'messages[0].tool_call_id must not be empty.',
    );
    expect(refused({ role: 'function', content: 'x' })).toContain('messages[0].name');
  });

  it('have a name that is no string', () => {
    expect(refused({ ...user, name: 5 })).toBe('messages[0].name must be a string, not a number.');
  });

  it.each([
    ['Hello', 'content[1] must be an object with a type (text,'],
    [null, 'content[1] must be an object with a type (text,'],
    [{ text: 'Hello' }, 'content[1].type must be one of text, image_url,'],
    [{ type: 'image', image: 'x' }, 'refusal; found "image".'],
    [{ type: 'text' }, 'content[1].text must be a string, not missing.'],
    [{ type: 'text', text: 5 }, 'content[1].text must be a string, not a number.'],
    [{ type: 'refusal' }, 'content[1].refusal must be a string'],
    [{ type: 'image_url', image_url: 'https://x' }, 'content[1].image_url must be an object with url, not a string.'],
    [{ type: 'image_url', image_url: {} }, 'content[1].image_url.url must be a string, not missing.'],
    [{ type: 'input_audio', input_audio: { data: 'AA' } }, 'content[1].input_audio.format must be a string'],
    [{ type: 'file', file: null }, 'content[1].file must be an object, not null.'],
  ])('have a wrong part: %j', (part, words) => {
    expect(content(part)).toContain(words);
  });

  it.each([
    [{ tool_calls: {} }, 'tool_calls must be an array, not an object.'],
    [{ tool_calls: [null] }, 'tool_calls[0] must be an object, not null.'],
    [{ tool_calls: [{ ...call, id: undefined }] }, 'tool_calls[0].id must be a string; it is missing.'],
    [{ tool_calls: [{ ...call, type: 5 }] }, 'tool_calls[0].type must be "function" or "custom"; found 5.'],
    [
      { tool_calls: [{ ...call, function: 'find' }] },
      'tool_calls[0].function must be an object with name and arguments',
    ],
    [{ tool_calls: [{ ...call, function: { arguments: '' } }] }, 'tool_calls[0].function.name must be a string'],
    [
      { tool_calls: [{ ...call, function: { name: 'f', arguments: {} } }] },
      'must be a string of JSON; it is an object.',
    ],
    [{ tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'f' } }] }, 'tool_calls[0].custom.input must be'],
    [{ function_call: { name: 'f' } }, 'function_call.arguments must be a string of JSON; it is missing.'],
    [{ refusal: 5 }, 'refusal must be a string, not a number.'],
  ])('of an assistant have a wrong %j', (fields, words) => {
    expect(refused({ role: 'assistant', content: 'x', ...fields })).toContain(words);
  });
});
