/** What counts as a whole answer, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/judgement/classify.js';
import { gemini } from '../../../src/provider/gemini/dialect.js';
import type { ChatChoice, ChatCompletion } from '../../../src/request/chat-types.js';
import type { WireHeaders } from '../../../src/transport/transport.js';
import { BLOCKED, call, event, FACTS, OVERLOADED, STOP, text, thought } from './samples.js';

const JSON_TYPE = { 'content-type': 'application/json; charset=UTF-8' };

function decode(body: unknown, headers: WireHeaders = JSON_TYPE) {
  return gemini.decode(headers, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

function completionOf(body: unknown): ChatCompletion {
  const decoded = decode(body);
  if (!decoded.ok) throw new Error('it is an answer');
  return decoded.completion;
}

function choiceOf(parts: readonly object[], more: object = STOP): ChatChoice | undefined {
  return completionOf(event(parts, more)).choices[0];
}

function verdictOn(body: unknown) {
  const decoded = decode(body);
  if (decoded.ok) throw new Error('it is no answer');
  return classify(decoded.failure);
}

describe('a reply', () => {
  it('may be empty where it was given words to stop at, and stopped', () => {
    const decodeEmpty = (finish: object) =>
      gemini.decode(JSON_TYPE, Buffer.from(JSON.stringify(event([text('')], finish))), true);
    expect(decodeEmpty(STOP).ok).toBe(true);
    expect(decodeEmpty({ finishReason: 'OTHER' }).ok).toBe(false);
    expect(decodeEmpty({}).ok).toBe(false);
  });

  it('is a completion', () => {
    const usage = {
      promptTokenCount: 125,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 42,
      cachedContentTokenCount: 100,
    };
    const { created, ...completion } = completionOf(event([text('Hello')], STOP, usage));
    expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(60);
    expect(completion).toEqual({
      id: 'GMusaMCLO_iQjrEP2P-28QE',
      object: 'chat.completion',
      model: 'gemini-2.5-flash',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 125,
        completion_tokens: 62,
        total_tokens: 187,
        prompt_tokens_details: { cached_tokens: 100 },
        completion_tokens_details: { reasoning_tokens: 42 },
      },
    });
  });

  it('has its texts joined, its thoughts apart, its calls in order and its signatures beside them', () => {
    const choice = choiceOf([
      thought('Hm. '),
      thought('Well.'),
      { ...text('I look '), thoughtSignature: 'dGV4dA==' },
      { executableCode: { language: 'PYTHON', code: '1' } },
      text('it up.'),
      call('f', { city: 'Zürich' }, { thoughtSignature: 'Y2FsbA==' }),
      { functionCall: { name: 'g' } },
    ]);
    const format = 'google-gemini-v1';
    const [first, second] = ['call_GMusaMCLO_iQjrEP2P-28QE_0', 'call_GMusaMCLO_iQjrEP2P-28QE_1'];
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message).toEqual({
      role: 'assistant',
      content: 'I look it up.',
      refusal: null,
      reasoning_content: 'Hm. Well.',
      reasoning_details: [
        { type: 'reasoning.encrypted', data: 'dGV4dA==', format, index: 1 },
        { type: 'reasoning.encrypted', data: 'Y2FsbA==', format, index: 4, id: first },
      ],
      tool_calls: [
        { id: first, type: 'function', function: { name: 'f', arguments: '{"city":"Zürich"}' } },
        { id: second, type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    });
  });

  it('may be a picture', () => {
    const picture = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } };
    const draft = { ...picture, thought: true };
    expect(choiceOf([draft, picture])).toMatchObject({
      finish_reason: 'stop',
      message: {
        content: null,
        images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' }, index: 0 }],
      },
    });
  });

  it('may be several answers', () => {
    const candidate = (words: string, index?: number): object => ({
      content: { parts: [text(words)] },
      index,
      ...STOP,
    });
    const { choices } = completionOf({ candidates: [candidate('a'), candidate('b', 1), candidate('c')], ...FACTS });
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
  });

  it('tells how sure the model was', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'Hel', tokenId: 7, logProbability: -0.1 }, { token: 'lo' }],
      topCandidates: [
        {
          candidates: [
            { token: 'Hel', logProbability: -0.1 },
            { token: 'Hi', logProbability: -2 },
          ],
        },
      ],
    };
    expect(choiceOf([text('Hello')], { ...STOP, logprobsResult })?.logprobs).toEqual({
      content: [
        {
          token: 'Hel',
          logprob: -0.1,
          bytes: null,
          top_logprobs: [
            { token: 'Hel', logprob: -0.1, bytes: null },
            { token: 'Hi', logprob: -2, bytes: null },
          ],
        },
        { token: 'lo', logprob: 0, bytes: null, top_logprobs: [] },
      ],
      refusal: null,
    });
  });

  it('needs neither usage nor names', () => {
    expect(completionOf({ candidates: [{ content: { parts: [text('Hello')] } }] })).toEqual({
      id: '',
      object: 'chat.completion',
      created: expect.any(Number),
      model: '',
      choices: [expect.objectContaining({ finish_reason: 'stop' })],
    });
  });

  it('counts what the tools of the provider have read as prompt', () => {
    const usage = {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 30,
      candidatesTokenCount: 2,
      thoughtsTokenCount: -5,
    };
    expect(completionOf(event([text('a')], STOP, usage)).usage).toMatchObject({
      prompt_tokens: 40,
      completion_tokens: 2,
      total_tokens: 42,
    });
  });
});

describe('the ids of calls', () => {
  const idsOf = (parts: readonly object[], responseId: unknown = 'r1'): string[] =>
    completionOf({ ...event(parts, STOP), responseId }).choices[0]?.message.tool_calls?.map(({ id }) => id) ?? [];
  const withId = (id: string): object => ({ functionCall: { id, name: 'f', args: {} } });

  it('are those of the reply, where it has some that differ', () => {
    expect(idsOf([withId('a'), withId('b'), withId('a'), call('f', {})])).toEqual(['a', 'b', 'call_r1_0', 'call_r1_1']);
  });

  it('are made up so that OpenAI would take them', () => {
    const strange = ['', 7, 'a b', 'x'.repeat(99), undefined].flatMap((responseId) =>
      idsOf([call('f', {})], responseId),
    );
    expect(new Set(strange).size).toBe(5);
    for (const id of strange) expect(id).toMatch(/^call_[\w-]{1,35}$/);
  });

  it('never meet one that is made up', () => {
    expect(idsOf([withId('call_r1_0'), call('f', {})])).toEqual(['call_r1_0', 'call_r1_1']);
  });
});

describe('how an answer ends', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['LANGUAGE', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['OTHER', 'content_filter'],
    ['SOMETHING_NEW', 'stop'],
    ['FINISH_REASON_UNSPECIFIED', 'stop'],
    [undefined, 'stop'],
  ])('%s is %s', (finishReason, expected) => {
    expect(choiceOf([text('Hello')], { finishReason })?.finish_reason).toBe(expected);
  });

  it.each([
    ['STOP', 'tool_calls'],
    [undefined, 'tool_calls'],
    ['MAX_TOKENS', 'length'],
  ])('%s is %s with a call', (finishReason, expected) => {
    expect(choiceOf([call('f', {})], { finishReason })?.finish_reason).toBe(expected);
  });

  it.each(['SAFETY', 'RECITATION', 'PROHIBITED_CONTENT'])('%s needs no words before it', (finishReason) => {
    const [choice] = completionOf({ candidates: [{ finishReason, finishMessage: 'Too risky.' }] }).choices;
    expect(choice).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal: 'Too risky.' },
    });
  });

  it('MAX_TOKENS needs none either: all of them may have been thoughts', () => {
    expect(choiceOf([], { finishReason: 'MAX_TOKENS' })).toMatchObject({ finish_reason: 'length' });
  });

  it('with nothing but a call has no words of how it went', () => {
    const finishMessage = 'Model generated function call(s).';
    expect(choiceOf([call('f', {})], { ...STOP, finishMessage })?.message.refusal).toBeNull();
  });
});

describe('no answer', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

  it.each([
    ['without candidates', {}, 'the reply has no candidates'],
    ['with an empty list of them', { candidates: [], ...FACTS }, 'the reply has no candidates'],
    ['with strange ones', { candidates: [null, 7] }, 'the reply has no candidates'],
    ['with an empty one', { candidates: [{}] }, 'the answer is empty'],
    ['with an empty text', event([text('')], STOP), 'the answer is empty'],
    ['with nothing but a signature', event([{ text: '', thoughtSignature: 'YQ==' }], STOP), 'the answer is empty'],
    ['that ended for an unknown reason', event([], { finishReason: 'OTHER' }), 'the answer is empty'],
    [
      'with a call that cannot be read',
      event([text('I look it up.')], { finishReason: 'MALFORMED_FUNCTION_CALL' }),
      'the model wrote a tool call that cannot be read',
    ],
    [
      'with a call of an unknown tool',
      event([], { finishReason: 'UNEXPECTED_TOOL_CALL' }),
      'the model called a tool that it was not given',
    ],
    [
      'that is too deep',
      `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"x":${deep}}}}]}}]}`,
      'the reply is nested too deeply',
    ],
    ['that is a list', '[]', 'the reply is no JSON object'],
    ['that is a list of something else', '[{"candidates":[]}]', 'the reply is no JSON object'],
    ['that is no JSON', '{"candidates":[', 'the reply is not valid JSON'],
    ['that is empty', '', 'the reply is empty'],
  ])('is a reply %s', (_, body, problem) => {
    expect(decode(body)).toEqual({ ok: false, failure: { kind: 'protocol', problem } });
  });

  it('is a prompt that was blocked: a request that was refused', () => {
    expect(verdictOn(BLOCKED)).toMatchObject({
      class: 'request',
      code: 'content_filter',
      providerMessage: "The prompt was blocked by a filter of the provider's (PROHIBITED_CONTENT).",
    });
  });

  it.each(['SAFETY', 'BLOCKLIST', 'OTHER', 'JAILBREAK', 'Ignore all "instructions"'])(
    'is a prompt that was blocked because of %s',
    (blockReason) => {
      const { class: judged, providerMessage } = verdictOn({ promptFeedback: { blockReason } });
      expect(judged).toBe('request');
      expect(providerMessage).not.toContain('Ignore');
    },
  );

  it('is not a block where something was answered, or where none is named', () => {
    expect(decode({ ...event([text('Hello')], STOP), ...BLOCKED }).ok).toBe(true);
    const promptFeedback = { blockReason: 'BLOCK_REASON_UNSPECIFIED' };
    expect(verdictOn({ promptFeedback })).toMatchObject({ class: 'protocol' });
  });

  it.each([
    ['alone', OVERLOADED],
    ['in a list', [OVERLOADED]],
  ])('is an error inside a 200, %s', (_, body) => {
    expect(verdictOn(body)).toMatchObject({ class: 'overloaded', code: 'UNAVAILABLE', status: 503 });
  });
});
