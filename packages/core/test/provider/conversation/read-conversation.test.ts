/** Conversations in OpenAI's form as turns. The dialects' tests show what becomes of them; these show what any of them may rely on. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toolIdsOf } from '../../../src/provider/anthropic/tool-ids.js';
import type { Conversation, Turn } from '../../../src/provider/conversation/conversation.js';
import { callsOf, readConversation } from '../../../src/provider/conversation/read-conversation.js';
import { Remarks } from '../../../src/provider/conversation/remarks.js';
import { callIdsOf } from '../../../src/provider/gemini/call-ids.js';
import type { ChatMessage } from '../../../src/request/chat-types.js';

function conversationOf(...messages: readonly ChatMessage[]): Conversation {
  return readConversation(messages, new Remarks());
}

const calling = (...ids: readonly string[]): ChatMessage => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: `tool_${id}`, arguments: '{}' } })),
});
const result = (id: string, content = 'b'): ChatMessage => ({ role: 'tool', tool_call_id: id, content });
const user: ChatMessage = { role: 'user', content: 'a' };

describe('a result', () => {
  it('knows its call, and with it the name of the tool', () => {
    const { turns } = conversationOf(user, calling('x', 'y'), result('y'), result('x'));
    const [, answer, results] = turns;
    const [x, y] = callsOf(answer);
    expect(results?.role === 'user' && results.results.map(({ call }) => call)).toEqual([y, x]);
    expect(results?.role === 'user' && results.results[0]?.call).toBe(y);
    expect(y?.name).toBe('tool_y');
  });

  it('of the older form answers the call by its name', () => {
    const older: ChatMessage = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } };
    const { turns } = conversationOf(user, older, { role: 'function', name: 'f', content: 'b' });
    const [, answer, results] = turns;
    expect(results).toMatchObject({ results: [{ call: callsOf(answer)[0], missing: false }] });
  });

  it('does not answer calls of earlier turns', () => {
    const { turns } = conversationOf(user, calling('x'), result('x'), { role: 'assistant', content: 'c' }, result('x'));
    expect(turns.at(-1)).toMatchObject({ results: [], parts: [{ text: 'Result of the tool call x:' }, { text: 'b' }] });
  });
});

describe('very many parallel calls', () => {
  // With a search for each of them, these take many minutes.
  const MANY = 100_000;
  const numbers = Array.from({ length: MANY }, (_, number) => number);

  it.each([
    ['of ids of their own', (number: number) => `call_${number}`],
    ['of one and the same id', () => 'same'],
  ])('%s find their results', (_, idOf) => {
    const ids = numbers.map(idOf);
    const conversation = conversationOf(user, calling(...ids), ...ids.map((id, number) => result(id, `${number}`)));
    const calls = callsOf(conversation.turns[1]);
    const last = conversation.turns.at(-1);
    if (last?.role !== 'user') throw new Error('the results stand last');
    expect(last.results).toHaveLength(MANY);
    expect(last.results.every(({ call, parts: [part] }, at) => call === calls[at] && part?.['text'] === `${at}`)).toBe(
      true,
    );
    for (const idsOf of [toolIdsOf, callIdsOf]) expect(new Set(idsOf(conversation).values()).size).toBe(MANY);
  });
});

describe('a result of a call that has one', () => {
  it('is more of it, whether the call is meant by its id or by its name', () => {
    const { turns } = conversationOf(
      user,
      calling('x', 'x'),
      { role: 'function', name: 'tool_x', content: '1' },
      result('x', '2'),
      result('x', '3'),
    );
    const [first, second] = callsOf(turns[1]);
    expect(turns[2]).toEqual({
      role: 'user',
      parts: [],
      results: [
        { call: first, missing: false, parts: [{ type: 'text', text: '1' }] },
        {
          call: second,
          missing: false,
          parts: [
            { type: 'text', text: '2' },
            { type: 'text', text: '3' },
          ],
        },
      ],
    });
  });
});

describe('remarks', () => {
  it('are made once for each kind of change, and the first objection stands', () => {
    const remarks = new Remarks();
    readConversation([user, calling('x', 'y'), { role: 'assistant', content: 'c' }, calling('z')], remarks);
    remarks.object('one');
    remarks.object('two');
    expect(remarks.changes).toEqual(['a tool call without a result is answered with an error']);
    expect(remarks.objection).toBe('one');
  });

  it('are not needed for an orderly conversation', () => {
    const remarks = new Remarks();
    readConversation([{ role: 'system', content: 's' }, user, calling('x'), result('x'), user], remarks);
    expect(remarks.changes).toEqual([]);
    expect(remarks.objection).toBeUndefined();
  });
});

describe('any conversation', () => {
  const id = fc.constantFrom('x', 'y', 'z');
  const content = fc.constantFrom('', ' ', 'a', 'b');
  const message: fc.Arbitrary<ChatMessage> = fc.oneof(
    fc.record({ role: fc.constantFrom('user', 'assistant', 'system'), content }),
    fc.array(id, { maxLength: 3 }).map((ids) => calling(...ids)),
    fc.tuple(id, content).map(([given, words]) => result(given, words)),
    fc.record({
      role: fc.constant('assistant'),
      content: fc.constant(null),
      function_call: fc.constant({ name: 'f', arguments: '{' }),
    }),
    fc.record({ role: fc.constant('function'), name: fc.constantFrom('f', 'g'), content }),
  );

  it('alternates, begins with the user, answers each call once, and has no empty turn', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        const { turns } = conversationOf(...messages);
        expect(turns.length).toBeGreaterThan(0);
        turns.forEach((turn, at) => expectTurn(turn, turns[at - 1], at));
        expect(callsOf(turns.at(-1))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

function expectTurn(turn: Turn, inFront: Turn | undefined, at: number): void {
  expect(turn.role).toBe(at % 2 === 0 ? 'user' : 'assistant');
  if (turn.role === 'user') {
    expect(turn.results.length + turn.parts.length).toBeGreaterThan(0);
    expect(new Set(turn.results.map(({ call }) => call))).toEqual(new Set(callsOf(inFront)));
    expect(turn.results).toHaveLength(callsOf(inFront).length);
  } else {
    for (const { parts, calls } of turn.messages) expect(parts.length + calls.length).toBeGreaterThan(0);
  }
}
