import { continueAnswer, continueWith, createFaultyUpstream } from '@ai-failover/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchange } from './raw-client.ts';
import { ask } from './scripted-exchange.ts';
import { contentIn, dataIn } from './sse-data.ts';
import { startUpstream } from './start-upstream.ts';

const QUESTION = { role: 'user', content: 'Count to twelve' };
const TEXT = 'one two three four five six seven eight nine ten eleven twelve, and thirteen is too many';
const REPEAT = { role: 'user', content: 'Begin by repeating the last 60 characters, then go on.' };

const assistant = (content: unknown) => ({ role: 'assistant', content });

/** What the faulty upstream and the scripted one say, which is the same. */
async function goOn(messages: readonly object[], text = TEXT): Promise<string> {
  const upstream = await startUpstream(continueAnswer(text).withoutLength());
  const { body } = await exchange(upstream, { messages, stream: true });
  const asked = ask((request) => continueWith(text, request), { messages });
  await asked.over;
  const said = contentIn(dataIn(body));
  expect(asked.content).toBe(said);
  return said;
}

describe('continueAnswer', () => {
  it('says the whole text to whoever asks for a new answer', async () => {
    expect(await goOn([QUESTION])).toBe(TEXT);
    expect(await goOn([QUESTION, assistant('Really?'), { role: 'user', content: 'Yes, count' }])).toBe(TEXT);
    expect(await goOn([{ role: 'user', content: 'Repeat after me' }])).toBe(TEXT);
  });

  it('goes on from a prefill', async () => {
    expect(await goOn([QUESTION, assistant('one two three')])).toBe(TEXT.slice(13));
    expect(await goOn([QUESTION, assistant([{ type: 'text', text: 'one two' }])])).toBe(TEXT.slice(7));
    expect(await goOn([QUESTION, assistant('')])).toBe(TEXT);
    expect(await goOn([QUESTION, assistant(TEXT)])).toBe('');
  });

  it('repeats sixty characters, leading white space left out, and goes on', async () => {
    const said = TEXT.slice(0, 73);
    expect(said.slice(-60)[0]).toBe(' ');
    expect(await goOn([QUESTION, assistant(said), REPEAT])).toBe(TEXT.slice(14));
    expect(await goOn([QUESTION, assistant('one two th'), REPEAT])).toBe(TEXT);
  });

  it('goes on from the longest end that it knows', async () => {
    expect(await goOn([QUESTION, assistant('Well: one two three')])).toBe(TEXT.slice(13));
    expect(await goOn([QUESTION, assistant('b a b a b')], 'a b a b a b a b c')).toBe(' a b c');
    expect(await goOn([QUESTION, assistant('a a')], 'a a a a b')).toBe(' a a b');
  });

  it('does not repeat half a character, nor one that nobody was shown', async () => {
    const text = `${'x'.repeat(20)}\u{1F600}${'y'.repeat(59)} and so on`;
    const said = text.slice(0, 81);
    expect(await goOn([QUESTION, assistant(said), REPEAT], text)).toBe(`${'y'.repeat(59)} and so on`);
    const quoting = { role: 'user', content: `Begin by repeating <ending>${said.slice(-58)}</ending>` };
    expect(await goOn([QUESTION, assistant(said), quoting], text)).toBe(`${'y'.repeat(59)} and so on`);
    const shorter = { role: 'user', content: `Begin by repeating <ending>${TEXT.slice(11, 70)}</ending>` };
    expect(await goOn([QUESTION, assistant(TEXT.slice(0, 70)), shorter])).toBe(TEXT.slice(11));
  });

  it('loses and doubles nothing, wherever the answer was cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', 'ü', '\u{1F600}') });
    return fc.assert(
      fc.asyncProperty(fc.array(text), fc.array(text), fc.boolean(), async (begun, rest, prefill) => {
        const [said, whole] = [begun.join(''), [...begun, ...rest].join('')];
        const last = said.slice(-60);
        const tail = prefill ? '' : last.replace(/^\p{Surrogate}/u, '').trimStart();
        const asking = { role: 'user', content: `Repeat ${tail}` };
        const messages = [QUESTION, assistant(said), ...(prefill ? [] : [asking])];
        const asked = ask((request) => continueWith(whole, request), { messages });
        await asked.over;
        expect(asked.content).toBe(tail + whole.slice(said.length));
      }),
      { numRuns: 500 },
    );
  });

  it('can refuse a prefill, and then takes the other way', async () => {
    const upstream = await startUpstream(continueAnswer(TEXT, { prefill: 'refuse' }));
    const refused = await exchange(upstream, { messages: [QUESTION, assistant('one')], stream: true });
    expect(refused.head).toContain('400 Bad Request');
    expect(JSON.parse(refused.body)).toMatchObject({ error: { type: 'invalid_request_error' } });
    const taken = await exchange(upstream, { messages: [QUESTION, assistant('one two'), REPEAT], stream: true });
    expect(taken.head).toContain('200 OK');

    const asked = ask((request) => continueWith(TEXT, request, { prefill: 'refuse' }), {
      messages: [assistant('one')],
    });
    await asked.over;
    expect(asked.status).toBe(400);
  });

  it('answers in one piece where no stream is asked for', async () => {
    const upstream = await startUpstream(continueAnswer('one two three'));
    const { body } = await exchange(upstream, { messages: [QUESTION, assistant('one two')] });
    expect(JSON.parse(body)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: ' three' } }],
    });
  });

  it('takes the options of a stream, and every fault', async () => {
    const script = continueAnswer(TEXT, { usage: true, finish: 'length' }).withoutLength();
    const upstream = await startUpstream([script.closeAfter({ events: 4 }), script]);
    const cut = await exchange(upstream, { messages: [QUESTION], stream: true });
    expect(contentIn(dataIn(cut.body))).toBe('one two three');
    const whole = await exchange(upstream, { messages: [QUESTION], stream: true });
    expect(dataIn(whole.body).slice(-3)).toMatchObject([
      { choices: [{ finish_reason: 'length' }] },
      { usage: { completion_tokens: 17 } },
      '[DONE]',
    ]);
  });

  it('does not hide that it is asked to go on with something else', async () => {
    const messages = [QUESTION, assistant('%')];
    const upstream = await createFaultyUpstream({ script: continueAnswer(TEXT) });
    await exchange(upstream, { messages, stream: true });
    await expect(upstream.close()).rejects.toThrow('does not contain the end of "%"');
    const asked = ask((request) => continueWith(TEXT, request), { messages });
    await asked.over;
    expect([asked.status, asked.text]).toEqual([400, expect.stringContaining('does not contain the end of')]);
  });
});
