import { describe, expect, it } from 'vitest';
import { checkRequest } from '../../src/request/check-request.js';

const user = { role: 'user', content: 'Hello' };
const call = { id: 'call_1', type: 'function', function: { name: 'find', arguments: '' } };
const tool = { type: 'function', function: { name: 'find' } };

function needs(fields: object): readonly string[] {
  return checkRequest({ messages: [user], ...fields }, { defaults: {} }).needs;
}

const holding = (...parts: readonly object[]): object => ({ messages: [user, { role: 'user', content: parts }] });
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } };
const audio = { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } };

describe('A request needs of a model', () => {
  it.each([
    ['nothing for text', {}],
    ['nothing for text in parts', holding({ type: 'text', text: 'Hi' }, { type: 'text', text: 'there' })],
    ['nothing for empty lists of tools', { tools: [], functions: [], parallel_tool_calls: true }],
    ['nothing for the plain format', { response_format: { type: 'text' } }],
    ['nothing for one answer in text', { n: 1, modalities: ['text'], audio: null }],
    [
      'nothing for an assistant that called nothing',
      { messages: [{ role: 'assistant', content: 'Hi', tool_calls: [] }] },
    ],
  ])('%s', (_, fields) => {
    expect(needs(fields)).toEqual([]);
  });

  it.each([
    ['tools', { tools: [tool] }, ['tools']],
    ['tools of the older form', { functions: [tool.function] }, ['tools']],
    ['tools for calls in the conversation', { messages: [{ role: 'assistant', tool_calls: [call] }] }, ['tools']],
    [
      'tools for a call of the older form',
      { messages: [{ role: 'assistant', function_call: { name: 'find', arguments: '' } }] },
      ['tools'],
    ],
    ['tools for results', { messages: [{ role: 'tool', tool_call_id: 'call_1', content: 'found' }] }, ['tools']],
    ['several calls at once', { tools: [tool], parallel_tool_calls: true }, ['tools', 'parallelTools']],
    ['no several calls where that is left open', { tools: [tool], parallel_tool_calls: false }, ['tools']],
    ['vision', holding(image), ['vision']],
    ['each thing once', holding(image, audio, image), ['vision', 'audio']],
    [
      'vision for the result of a tool',
      { messages: [{ role: 'tool', tool_call_id: 'c', content: [image] }] },
      ['tools', 'vision'],
    ],
    ['hearing for what was said before', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }, ['audio']],
    ['speech', { modalities: ['text', 'audio'] }, ['speech']],
    ['speech in a voice', { audio: { voice: 'alloy', format: 'wav' } }, ['speech']],
    ['video', holding({ type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }), ['video']],
    ['files', holding({ type: 'file', file: { file_data: 'AA' } }), ['files']],
    ['a schema', { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }, ['jsonSchema']],
    ['JSON', { response_format: { type: 'json_object' } }, ['jsonMode']],
    ['several answers', { n: 2 }, ['n']],
    ['a place to stop', { stop: 'END' }, ['stop']],
    ['places to stop', { stop: ['END'] }, ['stop']],
    ['nothing where it never stops', { stop: [] }, []],
    ['nothing where it stops nowhere', { stop: null }, []],
  ])('%s', (_, fields, expected) => {
    expect(needs(fields)).toEqual(expected);
  });

  it('what the defaults ask for', () => {
    expect(checkRequest({ messages: [user] }, { defaults: { n: 3 } }).needs).toEqual(['n']);
  });
});
