import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRequest } from '../../src/request/check-request.js';
import { REFUSABLE_PARAMETERS, type RefusableParameter } from '../../src/request/refusable.js';

const MESSAGES = [{ role: 'user', content: 'Hello' }];
const checked = (fields: object) => checkRequest({ messages: MESSAGES, ...fields }, { defaults: {} });

/** What is sent beside the messages. */
function sent(fields: object, refused: readonly RefusableParameter[]): object {
  const body: unknown = JSON.parse(checked(fields).without(refused).bodyFor('m'));
  const { model, messages, ...others } = body as { model: string; messages: unknown };
  expect({ model, messages }).toEqual({ model: 'm', messages: MESSAGES });
  return others;
}

describe('What is refused', () => {
  it('is left out', () => {
    const fields = { temperature: 0.2, top_p: 0.5, seed: 7, stop: 'END' };
    expect(sent(fields, ['temperature'])).toEqual({ top_p: 0.5, seed: 7, stop: 'END' });
    expect(sent(fields, ['temperature', 'top_p', 'top_k'])).toEqual({ seed: 7, stop: 'END' });
  });

  it.each([
    [['max_tokens'], { max_tokens: 9 }, { max_completion_tokens: 9 }],
    [['max_completion_tokens'], { max_completion_tokens: 9 }, { max_tokens: 9 }],
    [['max_tokens'], { max_completion_tokens: 9 }, { max_completion_tokens: 9 }],
    [['max_tokens'], { max_tokens: 8, max_completion_tokens: 9 }, { max_completion_tokens: 9 }],
    [['max_completion_tokens'], { max_tokens: 8, max_completion_tokens: 9 }, { max_tokens: 8 }],
    // An answer without a limit is not what was asked for.
    [['max_tokens', 'max_completion_tokens'], { max_tokens: 9 }, { max_tokens: 9 }],
  ] as const)('as a limit goes under its other name: %j', (refused, fields, expected) => {
    expect(sent(fields, refused)).toEqual(expected);
  });

  it('shrinks as a limit under its other name too', () => {
    const request = checked({ max_tokens: 100 });
    const continuation = { messages: [], spentTokens: 30 };
    const body: unknown = JSON.parse(request.within(50).without(['max_tokens']).bodyFor('m', { continuation }));
    expect(body).toMatchObject({ max_completion_tokens: 20 });
    expect(body).not.toHaveProperty('max_tokens');
  });

  it('is missed where it was no default', () => {
    const all: readonly RefusableParameter[] = REFUSABLE_PARAMETERS;
    const missed = (fields: object) => checked(fields).missedWithout(all);
    expect(missed({ temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0, max_tokens: 5 })).toEqual([]);
    expect(missed({ temperature: 0, top_p: 0.9, presence_penalty: 1, reasoning_effort: 'low' })).toEqual([
      'temperature',
      'top_p',
      'presence_penalty',
      'reasoning_effort',
    ]);
    expect(missed({ temperature: null })).toEqual([]);
    const defaults = { n: 1, parallel_tool_calls: true, service_tier: 'auto', verbosity: 'medium', logit_bias: {} };
    expect(missed(defaults)).toEqual([]);
    const others = { parallel_tool_calls: false, service_tier: 'flex', verbosity: 'low', logit_bias: { 1: 2 } };
    expect(missed(others).toSorted()).toEqual(Object.keys(others).toSorted());
  });

  it('is not missed where it says nothing about the answer', () => {
    const fields = { user: 'u', store: true, metadata: { a: 'b' }, prompt_cache_key: 'k', safety_identifier: 's' };
    expect(checked(fields).missedWithout(REFUSABLE_PARAMETERS)).toEqual([]);
    expect(sent(fields, REFUSABLE_PARAMETERS)).toEqual({});
  });

  it('is no number of answers but one', () => {
    expect(sent({ n: 1 }, ['n'])).toEqual({});
    expect(sent({ n: 2 }, ['n'])).toEqual({ n: 2 });
    expect(checked({ n: 2 }).says('n')).toBe(false);
  });

  describe('as the thoughts of earlier answers', () => {
    const answer = { role: 'assistant', content: 'say "reasoning_content": now', tool_calls: [] };
    const thoughts = { reasoning_content: 'Hm.', reasoning: 'Hm.', reasoning_details: [{ type: 'reasoning.text' }] };
    const question = { role: 'user', content: 'And?', reasoning: 'of nobody' };
    const sentMessages = (messages: readonly object[]): unknown => {
      const fields: unknown = JSON.parse(checked({ messages }).without(['thoughts']).bodyFor('m'));
      return (fields as { messages: unknown }).messages;
    };

    it('goes from answers, and from nothing else', () => {
      expect(sentMessages([...MESSAGES, { ...answer, ...thoughts }, question])).toEqual([
        ...MESSAGES,
        answer,
        question,
      ]);
    });

    it('is missed where there were some', () => {
      const missed = (...messages: readonly object[]) => checked({ messages }).missedWithout(['thoughts']);
      expect(missed(...MESSAGES, { ...answer, reasoning: 'Hm.' }, question)).toEqual(['thoughts']);
      expect(missed(...MESSAGES, answer, question)).toEqual([]);
      const request = checked({ messages: [...MESSAGES, answer, question] });
      expect(request.without(['thoughts'])).toBe(request);
      expect(request.says('thoughts')).toBe(false);
      expect(checked({ messages: [...MESSAGES, { ...answer, ...thoughts }] }).says('thoughts')).toBe(true);
    });

    it('stays gone from a continuation', () => {
      const request = checked({ messages: [...MESSAGES, { ...answer, ...thoughts }, question] }).without(['thoughts']);
      const continuation = { messages: [{ role: 'assistant', content: 'It is' }], spentTokens: 1 };
      expect(JSON.parse(request.bodyFor('m', { continuation }))).toMatchObject({
        messages: [...MESSAGES, answer, question, ...continuation.messages],
      });
    });
  });

  it('does not change the request itself, and makes the same one each time', () => {
    const request = checked({ temperature: 0.2 });
    const without = request.without(['temperature']);
    expect(request.without(['temperature'])).toBe(without);
    expect(request.without([])).toBe(request);
    expect(request.without(['top_p'])).toBe(request);
    expect(request.says('temperature')).toBe(true);
    expect(without.says('temperature')).toBe(false);
    expect(JSON.parse(request.bodyFor('m'))).toMatchObject({ temperature: 0.2 });
  });

  it('is gone from every body, and nothing else is', () => {
    const values = fc.record(
      {
        max_tokens: fc.integer({ min: 1, max: 1_000 }),
        max_completion_tokens: fc.integer({ min: 1, max: 1_000 }),
        temperature: fc.constantFrom(0, 0.5, 1, 2),
        top_p: fc.constantFrom(0.1, 1),
        presence_penalty: fc.constantFrom(-1, 0),
        reasoning_effort: fc.constantFrom('low', 'high'),
        seed: fc.integer(),
        user: fc.string(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(values, fc.subarray([...REFUSABLE_PARAMETERS]), (fields, refused) => {
        const others = sent(fields, refused) as Record<string, unknown>;
        const both = refused.includes('max_tokens') && refused.includes('max_completion_tokens');
        for (const name of refused) if (!both || !name.startsWith('max_')) expect(others).not.toHaveProperty(name);
        for (const [name, value] of Object.entries(fields)) {
          if (!refused.includes(name as RefusableParameter)) expect(others[name]).toEqual(value);
        }
        const limited = fields.max_tokens !== undefined || fields.max_completion_tokens !== undefined;
        expect('max_tokens' in others || 'max_completion_tokens' in others).toBe(limited);
      }),
    );
  });
});
