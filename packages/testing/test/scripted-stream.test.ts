import { answerWith, failWith, neverAnswer, refuseConnection, sseWith, streamWith } from '@ai-failover/testing';
import type { ScriptedPart } from '@ai-failover/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, type Asked } from './scripted-exchange.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const run = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

/** When each piece of content came, in milliseconds. */
const times = ({ told }: Asked, what: string) => told.filter(([name]) => name === what).map(([, at]) => at);

describe('streamWith', () => {
  it('sends the role, the words, the finish and the marker, each by itself', async () => {
    const asked = ask(streamWith(' two  words '));
    await run(0);
    expect([asked.status, asked.headers]).toEqual([200, { 'content-type': 'text/event-stream; charset=utf-8' }]);
    expect(asked.course).toEqual(['connection', 'head', ...Array.from({ length: 6 }, () => 'data'), 'end']);
    expect(asked.pieces.every((piece) => /^data: [^\n]+\n\n$/.test(piece))).toBe(true);
    expect(asked.data).toMatchObject([
      { object: 'chat.completion.chunk', model: 'm', choices: [{ delta: { role: 'assistant' }, finish_reason: null }] },
      { choices: [{ delta: { content: ' two' } }] },
      { choices: [{ delta: { content: '  words' } }] },
      { choices: [{ delta: { content: ' ' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      '[DONE]',
    ]);
    expect(asked.request).toMatchObject({ outcome: 'answered', aborted: false, pauses: 0 });
  });

  it('has one id, which other upstreams and requests do not have', async () => {
    const asked = ask(streamWith('two words'));
    await run(0);
    const ids = asked.data.filter((chunk) => chunk !== '[DONE]').map((chunk) => Reflect.get(Object(chunk), 'id'));
    expect(new Set(ids)).toEqual(new Set(['chatcmpl-north-1']));
  });

  it('sends usage when the request asks for it, or the test', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
    const own = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const includeUsage = { stream_options: { include_usage: true } };
    const all = [
      ask(streamWith('two words'), includeUsage),
      ask(streamWith('two words', { usage: true })),
      ask(streamWith('two words', { usage: own })),
      ask(streamWith('two words', { usage: false }), includeUsage),
    ];
    await run(0);
    expect(all.map(({ data }) => data.at(-2))).toMatchObject([
      { choices: [], usage },
      { choices: [], usage },
      { choices: [], usage: own },
      { choices: [{ finish_reason: 'stop' }] },
    ]);
  });

  it('keeps to its times: headers, first content, the words', async () => {
    const asked = ask(streamWith('a b c', { headersAfter: 100, firstContentAfter: 400, interval: 20 }));
    await run(1_000);
    expect(times(asked, 'connection')).toEqual([0]);
    expect(times(asked, 'head')).toEqual([100]);
    // The role, three words, the finish, the marker.
    expect(times(asked, 'data')).toEqual([100, 500, 520, 540, 540, 540]);
    expect(times(asked, 'end')).toEqual([540]);
    expect(asked.request.endedAt).toBe(asked.request.at + 540);
  });

  it('can be silent after its headers, for a while or for ever', async () => {
    const late = ask(streamWith('late', { headersAfter: 10, silent: 70_000 }));
    const never = ask(streamWith('never', { silent: true }));
    await run(70_009);
    expect([late.course, never.course]).toEqual([
      ['connection', 'head'],
      ['connection', 'head'],
    ]);
    await run(1);
    expect([late.content, late.course.at(-1)]).toEqual(['late', 'end']);
    expect(never.request.outcome).toBeUndefined();
  });

  it('is cut with the last of its events, as a socket that dies', async () => {
    const asked = ask(streamWith('one two three four', { cutAfter: 2, interval: 100 }));
    await run(1_000);
    expect(asked.content).toBe('one two');
    expect(asked.told.slice(-2)).toEqual([
      ['data', 100],
      ['error', 100],
    ]);
    expect(asked.error).toMatchObject({ kind: 'socket', connecting: false, reused: false });
    expect(asked.error).toHaveProperty('error.code', 'UND_ERR_SOCKET');
    expect(asked.error).toHaveProperty('error.message', 'other side closed');
    expect(asked.request).toMatchObject({ outcome: 'broken', aborted: false });
  });

  it('can be cut with the role, and behind the finish', async () => {
    const [role, finish] = [ask(streamWith('a b', { cutAfter: 0 })), ask(streamWith('a b', { cutAfter: 3 }))];
    await run(0);
    expect([role.data.length, role.course.at(-1)]).toEqual([1, 'error']);
    expect(finish.data.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
    expect(finish.course.at(-1)).toBe('error');
  });

  it('can hang in the middle', async () => {
    const asked = ask(streamWith('one two three', { hangAfter: 2 }));
    await run(600_000);
    expect([asked.content, asked.course.at(-1), asked.request.outcome]).toEqual(['one two', 'data', undefined]);
  });

  it.each(['cutAfter', 'hangAfter'])('fails the test when it is over before %s', async (option) => {
    ask(streamWith('one two', { headersAfter: 1, [option]: 5 }));
    await expect(run(1)).rejects.toThrow('over before 5 events');
  });

  it('can leave out the finish and the marker', async () => {
    const asked = ask(streamWith('word', { finish: false, done: false, model: 'of its own' }));
    await run(0);
    expect(asked.data).toHaveLength(2);
    expect(asked.data[0]).toMatchObject({ model: 'of its own' });
    expect(asked.course.at(-1)).toBe('end');
  });

  it('sends deltas, comments, bare events, bytes and ends as they are listed', async () => {
    const asked = ask(
      streamWith([
        'a',
        { comment: 'ping' },
        { wait: 50 },
        { delta: { refusal: 'no' } },
        { event: 'ping', data: { x: 1 } },
        { bytes: Buffer.from('data: {"half') },
        { end: 'hang' },
        'never',
      ]),
    );
    await run(100);
    expect(asked.pieces.slice(2)).toEqual([
      ': ping\n\n',
      expect.stringContaining('"delta":{"refusal":"no"}'),
      'event: ping\ndata: {"x":1}\n\n',
      'data: {"half',
    ]);
    expect(times(asked, 'data')).toEqual([0, 0, 0, 50, 50, 50]);
    expect(asked.request.outcome).toBeUndefined();
  });

  it('is the same each time it is used', async () => {
    const reply = streamWith('one two', { interval: 10 });
    const all = [ask(reply), ask(reply)];
    await run(100);
    expect(all[0]?.text).toBe(all[1]?.text);
    expect(all[0]?.content).toBe('one two');
  });
});

describe('sseWith', () => {
  it('sends nothing but what is listed', async () => {
    const asked = ask(sseWith([{ data: '[DONE]' }], { headers: { 'content-type': 'text/plain', 'x-one': '1' } }));
    await run(0);
    expect([asked.status, asked.headers]).toEqual([200, { 'content-type': 'text/plain', 'x-one': '1' }]);
    expect([asked.text, asked.course.at(-1)]).toEqual(['data: [DONE]\n\n', 'end']);
  });

  it('can be without a byte', async () => {
    const asked = ask(sseWith([], { status: 206, headersAfter: 5 }));
    await run(5);
    expect([asked.status, asked.course]).toEqual([206, ['connection', 'head', 'end']]);
  });

  it.each([
    ['finish', 'end', 'answered'],
    ['cut', 'error', 'broken'],
    ['hang', 'data', undefined],
  ] as const)('ends where a part says so: %s', async (end, last, outcome) => {
    const asked = ask(sseWith([{ data: 'a' }, { end }, { data: 'b' }]));
    await run(0);
    expect([asked.text, asked.course.at(-1), asked.request.outcome]).toEqual(['data: a\n\n', last, outcome]);
  });
});

describe('an aborted exchange', () => {
  it.each([
    ['before the headers', 50, ['connection']],
    ['before the first event', 150, ['connection', 'head']],
    ['in the middle', 250, ['connection', 'head', 'data', 'data']],
  ] as const)('is told nothing more: %s', async (_when, at, course) => {
    const asked = ask(streamWith('a b c', { headersAfter: 100, silent: 100, interval: 100 }));
    await run(at);
    asked.exchange.abort();
    expect(vi.getTimerCount()).toBe(0);
    await run(1_000);
    expect(asked.course).toEqual(course);
    expect(asked.request).toMatchObject({ outcome: 'aborted', aborted: true, endedAt: asked.request.at + at });
  });

  it('may abort while it is told something', async () => {
    const asked = ask(streamWith('a b c'));
    asked.on = { data: () => asked.pieces.length === 2 && asked.exchange.abort() };
    await run(0);
    expect([asked.content, asked.course.at(-1), asked.request.aborted]).toEqual(['a', 'data', true]);
  });

  it('is not called aborted once it has been answered or cut', async () => {
    const all = [ask(streamWith('a')), ask(streamWith('a', { cutAfter: 1 })), ask(answerWith('a'))];
    const outcomes: unknown[] = [];
    for (const asked of all) {
      const leave = (): void => {
        asked.exchange.abort();
        outcomes.push(asked.request.outcome);
      };
      asked.on = { end: leave, error: leave };
    }
    await run(0);
    for (const { exchange } of all) exchange.abort();
    expect(outcomes).toEqual(['answered', 'broken', 'answered']);
    expect(all.map(({ request }) => request.outcome)).toEqual(outcomes);
  });
});

describe('a paused exchange', () => {
  it('is told on resuming what was due, in order, and what comes later in its own time', async () => {
    const asked = ask(streamWith('a b c d', { interval: 100 }));
    await run(50);
    asked.exchange.pause();
    await run(200);
    expect(asked.content).toBe('a');
    asked.exchange.resume();
    expect(asked.content).toBe('a b c');
    await run(50);
    expect([asked.content, times(asked, 'data').at(-1)]).toEqual(['a b c d', 300]);
    expect(asked.request).toMatchObject({ pauses: 1, outcome: 'answered' });
  });

  it.each([
    ['the end of an answer', answerWith('a', { after: 10 }), 'end'],
    ['the end of a stream', streamWith('a', { headersAfter: 10 }), 'end'],
    ['a cut', streamWith('a b', { headersAfter: 10, cutAfter: 1 }), 'error'],
    ['a refusal', refuseConnection({ after: 10 }), 'error'],
    ['an error', failWith(503, { after: 10 }), 'end'],
  ])('is not told of %s before it is resumed', async (_what, reply, last) => {
    const asked = ask(reply);
    await run(5);
    const before = asked.course;
    asked.exchange.pause();
    await run(100);
    expect([asked.course, asked.request.outcome]).toEqual([before, undefined]);
    asked.exchange.resume();
    expect(asked.course.at(-1)).toBe(last);
  });

  it('may pause and resume while it is told something', async () => {
    const asked = ask(streamWith('a b c'));
    asked.on = { data: () => asked.exchange.pause() };
    await run(0);
    for (let count = 1; count <= 6; count += 1) {
      expect(asked.pieces).toHaveLength(Math.min(count, 6));
      asked.exchange.resume();
    }
    expect([asked.content, asked.course.at(-1), asked.request.pauses]).toEqual(['a b c', 'end', 6]);
  });

  it('is told one thing after the other, whatever it does meanwhile', async () => {
    const asked = ask(streamWith('a b c'));
    asked.exchange.pause();
    await run(0);
    let depth = 0;
    const depths: number[] = [];
    const disturb = (): void => {
      depths.push((depth += 1));
      asked.exchange.pause();
      asked.exchange.resume();
      depth -= 1;
    };
    asked.on = { connection: disturb, head: disturb, data: disturb, end: disturb };
    asked.exchange.resume();
    expect(depths).toEqual(asked.course.map(() => 1));
    expect([asked.content, asked.course.at(-1)]).toEqual(['a b c', 'end']);
  });

  it('counts a pause once, and takes a needless resume', async () => {
    const asked = ask(streamWith('a b', { interval: 10 }));
    asked.exchange.resume();
    asked.exchange.pause();
    asked.exchange.pause();
    asked.exchange.resume();
    await run(100);
    expect([asked.content, asked.request.pauses]).toEqual(['a b', 1]);
  });

  it('is told nothing of what was due when it is aborted', async () => {
    const asked = ask(streamWith('a b'));
    asked.exchange.pause();
    await run(0);
    asked.exchange.abort();
    asked.exchange.resume();
    expect([asked.told, asked.request.outcome]).toEqual([[], 'aborted']);
  });

  it('has been told the same in the end, whenever it was paused and resumed', async () => {
    const part = fc.oneof(
      fc.record({ wait: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ data: fc.stringMatching(/^[a-z]{1,5}$/) }),
    );
    const ending = fc.constantFrom<ScriptedPart>({ end: 'finish' }, { end: 'cut' }, { end: 'hang' });
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 60 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(part), ending, steps, async (parts, end, drawn) => {
        const reply = sseWith([...parts, end]);
        const [asked, steady] = [ask(reply), ask(reply)];
        for (const [paused, milliseconds] of drawn) {
          if (paused) asked.exchange.pause();
          else asked.exchange.resume();
          const told = asked.told.length;
          await run(milliseconds);
          if (paused) expect(asked.told).toHaveLength(told);
        }
        asked.exchange.resume();
        await run(5_000);
        expect([asked.course, asked.text]).toEqual([steady.course, steady.text]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a streamed request', () => {
  it('may meet everything that others meet', async () => {
    const all = [
      ask(failWith(429, { headers: { 'retry-after': '2' } })),
      ask(refuseConnection()),
      ask(neverAnswer()),
      ask({ kind: 'respond', status: 200, headers: {}, body: '{"choices":[]}', after: 0 }),
    ];
    await run(0);
    expect(all.map(({ course }) => course)).toEqual([
      ['connection', 'head', 'data', 'end'],
      ['error'],
      ['connection'],
      ['connection', 'head', 'data', 'end'],
    ]);
    expect(all.map(({ status }) => status)).toEqual([429, 0, 0, 200]);
    expect(all.map(({ request }) => request.outcome)).toEqual(['answered', 'broken', undefined, 'answered']);
  });
});
