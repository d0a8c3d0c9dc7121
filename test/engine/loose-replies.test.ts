/** Whole replies that are not quite in OpenAI's form: what becomes of the call. */
import { answerWith, type ScriptedReply, sseWith, streamWith } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openai } from '../../packages/core/src/provider/openai.js';
import { setStage, trail } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** JSON whether a stream was asked for or not. */
function json(body: string | object): ScriptedReply {
  const headers = { 'content-type': 'application/json' };
  return {
    kind: 'respond',
    status: 200,
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    after: 0,
  };
}

const choice = (message: object, finish: string, more: object = {}): object => ({
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish, ...more }],
});
const event = (delta: object, finish: string | null): { data: object } => ({
  data: {
    id: 'chatcmpl-P',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  },
});

const WAYS = ['call', 'stream'] as const;

describe.each(WAYS)('In a %s', (way) => {
  it.each([
    [
      'a choice whose provider failed',
      'server',
      choice({ content: 'Once' }, 'error', { error: { code: 502, message: 'died' } }),
    ],
    ['no balance', 'quota', { choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }],
  ])('fails over from %s inside a 200', async (_, outcome, body) => {
    const stage = setStage({ P: () => json(body), S: () => (way === 'call' ? answerWith('S') : streamWith('S')) });
    const asked = stage[way]();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(trail(asked)).toBe(`m@P ${outcome}, m@S ok`);
    await stage.failover.close();
  });

  it.each([
    ['content', (deep: string) => `{"content":${deep}}`],
    [
      'arguments of a call',
      (deep: string) => `{"tool_calls":[{"id":"a","function":{"name":"f","arguments":${deep}}}]}`,
    ],
    ['a field that nobody knows, beside one that is odd', (deep: string) => `{"content":["a"],"vendor":${deep}}`],
  ])('fails over at once from what is nested too deeply: %s', async (_, message) => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const body = `{"choices":[{"index":0,"message":${message(deep)},"finish_reason":"stop"}]}`;
    const stage = setStage({ P: () => json(body), S: () => (way === 'call' ? answerWith('S') : streamWith('S')) });
    const asked = stage[way]();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(trail(asked)).toBe('m@P protocol, m@S ok');
    await stage.failover.close();
  });

  it('does not wait for a reply at which its dialect stumbles', async () => {
    vi.spyOn(openai, 'decode').mockImplementationOnce(() => {
      throw new RangeError('Maximum call stack size exceeded');
    });
    const stage = setStage({ P: () => json({}), S: () => (way === 'call' ? answerWith('S') : streamWith('S')) });
    const asked = stage[way]();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(trail(asked)).toBe('m@P protocol, m@S ok');
    await stage.failover.close();
  });

  it('takes an empty answer for one where it was given words to stop at', async () => {
    const empty = json(choice({ content: '' }, 'stop'));
    const stage = setStage({ P: () => empty });
    const asked = stage[way]({ stop: ['END'] });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(trail(asked)).toBe('m@P ok');
    await stage.failover.close();
  });

  it.each([undefined, null, '', []])('does not where it was given none: %j', async (stop) => {
    const empty = json(choice({ content: '' }, 'stop'));
    const stage = setStage({ P: () => empty, S: () => (way === 'call' ? answerWith('S') : streamWith('S')) });
    const asked = stage[way]({ stop });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(trail(asked)).toBe('m@P protocol, m@S ok');
    await stage.failover.close();
  });
});

it('takes an empty stream for an answer where it was given words to stop at', async () => {
  const parts = [event({ role: 'assistant', content: '' }, null), event({}, 'stop'), { data: '[DONE]' }];
  const stage = setStage({ P: () => sseWith(parts) });
  const asked = stage.stream({ stop: 'END' });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(trail(asked)).toBe('m@P ok');
  expect(asked.text).toBe('');
  await stage.failover.close();
});

it('passes on over a field that nobody knows, however deep, where nothing else is odd', async () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const body = `{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop","vendor":${deep}}]}`;
  const stage = setStage({ P: () => json(body) });
  const asked = stage.call();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.reply?.text).toBe('a');
  await stage.failover.close();
});

it('leaves out a piece of a stream that is nested too deeply to be written', async () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const odd = `{"choices":[{"index":0,"delta":{"content":["x"],"vendor":${deep}},"finish_reason":null}]}`;
  const stage = setStage({ P: () => sseWith([event({ content: 'a' }, null), { data: odd }, event({}, 'stop')]) });
  const asked = stage.stream();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.text).toBe('a');
  expect(trail(asked)).toBe('m@P ok');
  await stage.failover.close();
});
