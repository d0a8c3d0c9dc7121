/** What goes back of earlier thoughts. */
import { describe, expect, it } from 'vitest';
import { assistant, bodyOf, call, changesOf, outline, result, text, tool, user } from './translate.js';

const PAST_TOOLS = ['tools of earlier calls are declared again, not to be called'];

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
