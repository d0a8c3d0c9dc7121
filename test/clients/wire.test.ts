/** Streams of our endpoint to the byte: what the clients' packages would forgive, and others would not. */
import { createTestFailover, fail, reply, sse, streamWith, type ScriptedStream } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ANSWERS, giving } from './answers.ts';
import { FAULTS, SLOW_FAULTS } from './faults.ts';
import { expectWellFormed, read, textOf } from './reading.ts';
import { QUESTION, serveEndpoint, startStage, TEXT } from './stage.ts';

const ASKED = { model: 'm', messages: QUESTION };

describe('A stream is well-formed and whole after', () => {
  it.each([...FAULTS, ...SLOW_FAULTS])('$fault', async (row) => {
    // S has names of its own for the model and for its answers, so that one shows that does not belong.
    const { url, P, S } = await startStage({ ...row, ofS: { models: { m: { id: 'their-m' } }, ...row.ofS } });
    S.next(reply());
    await read(S.baseUrl, ASKED);
    await row.before?.(P);
    const told = await read(url, ASKED);
    expectWellFormed(told);
    expect(textOf(told)).toBe(TEXT);
    expect(told.comments).toEqual([]);
  });
});

describe('A stream', () => {
  it.each(ANSWERS)('of $name is well-formed', async (given) => {
    const { url } = await startStage({ P: giving(given) });
    const told = await read(url, { ...ASKED, ...given.asked });
    expectWellFormed(told);
    expect(told.chunks.slice(0, -1)).toEqual(given.chunks);
  });

  const facts = '"id":"c-1", "object":"chat.completion.chunk","created":17e8,"model":"m"';
  const ODD = [
    `{ "choices":[ {"index":0,"delta":{"role":"assistant","content":"H\\u00fc"},"finish_reason":null}], ${facts} }`,
    `{"vendor":{"queue":[1,2]},"choices":[{"delta":{"content":"tte"},"index":0,"finish_reason":null}],${facts}}`,
    `{${facts},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
  ];

  it('has the bytes of the upstream where nothing has to change', async () => {
    const { url } = await startStage({ P: sse([...ODD, '[DONE]'].map((data) => ({ data }))) });
    const told = await read(url, ASKED);
    expect(told.data).toEqual([...ODD, '[DONE]']);
    expect(textOf(told)).toBe('Hütte');
  });

  it('has none of the comments, names and ids of the upstream', async () => {
    const events = ODD.flatMap((data, at) => [{ comment: 'queued' }, { data, id: String(at), event: 'message' }]);
    const { url } = await startStage({ P: sse([...events, { data: '[DONE]', id: 'last' }]) });
    const told = await read(url, ASKED);
    expectWellFormed(told);
    expect([told.comments, told.names, told.ids]).toEqual([[], [], []]);
    expect(told.chunks).toEqual(ODD.map((data) => JSON.parse(data)));
  });

  it.each([
    ['never', [{ content: 'Good' }, { content: ' day' }]],
    [
      'with every piece',
      [
        { role: 'assistant', content: 'Good' },
        { role: 'assistant', content: ' day' },
      ],
    ],
    ['behind the thoughts', [{ reasoning_content: 'Hm' }, { role: 'assistant', content: '' }, { content: 'Good day' }]],
  ])('has one role although the upstream says it %s', async (_, deltas) => {
    const events = [...deltas.map((delta) => chunk(delta)), chunk({}, 'stop')];
    const { url } = await startStage({ P: sse([...events, { data: '[DONE]' }]) });
    const told = await read(url, ASKED);
    expectWellFormed(told);
    expect(textOf(told)).toBe('Good day');
  });

  it.each([true, false, undefined])('tells the usage where it is asked for: %s', async (include) => {
    const { url } = await startStage();
    const options = include === undefined ? undefined : { include_usage: include };
    const { chunks } = await read(url, { ...ASKED, stream_options: options });
    expect(chunks.filter(({ usage }) => usage)).toHaveLength(include === true ? 1 : 0);
  });
});

describe('A stream that is gone on with', () => {
  it('keeps the name of its chunks, but not what stood in the first one alone', async () => {
    const name = { id: 'c-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' };
    const azure = { id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results: [{}] };
    const first = { ...chunk({ role: 'assistant', content: '' }).data, obfuscation: 'x7' };
    const words = (TEXT.match(/\s*\S+/g) ?? []).slice(0, 12).map((content) => chunk({ content }));
    const P = sse([{ data: azure }, { data: first }, ...words]).closeAfter('end');
    const { url } = await startStage({ P });
    const { data, chunks } = await read(url, ASKED);
    expect(data.at(-1)).toBe('[DONE]');
    const joined = chunks.slice(2 + words.length);
    expect(joined.length).toBeGreaterThan(10);
    for (const { choices, usage, ...others } of joined) {
      expect(choices.length === 1 || usage).toBeTruthy();
      expect(others).toEqual(name);
    }
  });
});

describe('A canned stream', () => {
  it('is well-formed, says what it is, and costs nothing', async () => {
    const cannedReply = 'Wir sind gleich zurück. 👋';
    const { url } = await startStage({ P: fail(503), S: fail(500), options: { cannedReply } });
    const told = await read(url, ASKED);
    expectWellFormed(told);
    expect(textOf(told)).toBe(cannedReply);
    expect(told.headers.get('x-ai-failover-degraded')).toBe('canned');
    expect(told.chunks.at(-1)?.usage).toEqual({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
  });
});

describe('A stream that breaks off', () => {
  it('ends with one error in the form of OpenAI, and with no finish and no [DONE]', async () => {
    const P = streamWith(TEXT, { cutAfter: 12 });
    const { url } = await scripted(P, { onStreamFailure: 'error' });
    const { status, data, chunks } = await read(url, ASKED);
    expect(status).toBe(200);
    expect(JSON.parse(data.at(-1) ?? '')).toEqual({
      error: {
        message: 'The answer was cut off and could not be continued. Please ask again.',
        type: 'server_error',
        param: null,
        code: 'AIF_INTERRUPTED',
      },
    });
    const said = chunks.slice(0, -1).flatMap(({ choices }) => choices);
    expect(said.map(({ finish_reason: reason }) => reason)).toEqual(said.map(() => null));
    expect(TEXT.startsWith(said.map(({ delta }) => delta.content).join(''))).toBe(true);
  });

  it('as soon as it has begun is one attempt, not two', async () => {
    const { url } = await scripted(streamWith(TEXT, { cutAfter: 1 }), { onStreamFailure: 'error' });
    const { headers } = await read(url, ASKED);
    expect([headers.get('x-ai-failover-attempts'), headers.get('x-ai-failover-trail')]).toEqual(['1', 'm@P cut']);
  });
});

function chunk(delta: object, finish: string | null = null) {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { data: { id: 'c-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm', choices } };
}

/** An upstream without a socket, of which all that it says comes at once. */
async function scripted(answer: ScriptedStream, call: object): Promise<{ url: string }> {
  const upstreams = [{ name: 'P', provider: 'openai' as const, keys: 'none' as const, models: ['m'] }];
  const failover = createTestFailover<string, string>({ reply: answer, options: { upstreams, expose: true } });
  onTestFinished(() => failover.close({ timeout: 0 }));
  return serveEndpoint(failover, { call });
}
