/**
 * An upstream of streamed answers in a process of its own. The first segment of the path says how an answer comes: `separate`, `batched`,
 * `paced`, `late` or `endless`.
 */
import { createServer, type ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { reportAddress } from './processes.ts';

export const CHUNKS = 200;

/** Events of one write, where they come in batches. */
const BATCH = 20;

/** Milliseconds between events, where they come in the time of a fast model. */
const PACE = 5;

/** Milliseconds before the first content. */
const THINKING = 5;

const ENVELOPE = {
  id: 'chatcmpl-C0hnVYbpzRgVWFBMUZr8wBnNWS1Ab',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'gpt-4.1-2025-04-14',
  system_fingerprint: 'fp_44709d6fcb',
};
const WORDS = [
  'Your',
  ' parcel',
  ' left',
  ' the',
  ' warehouse',
  ' this',
  ' morning',
  ',',
  ' so',
  ' it',
  ' should',
  ' be',
];

function event(data: object | string): Buffer {
  return Buffer.from(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
}

function choice(delta: object, finish: string | null = null): Buffer {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return event({ ...ENVELOPE, choices, usage: null });
}

/** Role, words, end, usage, and the terminal marker. */
const ROLE = choice({ role: 'assistant', content: '', refusal: null });
const CONTENT = WORDS.map((content) => choice({ content }));
const USAGE = { prompt_tokens: 42, completion_tokens: CHUNKS - 3, total_tokens: CHUNKS + 39 };
const END = [choice({}, 'stop'), event({ ...ENVELOPE, choices: [], usage: USAGE }), event('[DONE]')];
const ANSWER = [ROLE, ...Array.from({ length: CHUNKS - 3 }, (_, index) => contentAt(index)), ...END];
const BATCHES = Array.from({ length: Math.ceil(ANSWER.length / BATCH) }, (_, index) =>
  Buffer.concat(ANSWER.slice(index * BATCH, (index + 1) * BATCH)),
);
const ENDLESS = Buffer.concat([ROLE, ...Array.from({ length: 50 }, (_, index) => contentAt(index))]);

function contentAt(index: number): Buffer {
  return CONTENT[index % CONTENT.length] ?? ROLE;
}

const WAYS: Record<string, (res: ServerResponse) => Promise<void>> = {
  async separate(res) {
    for (const one of ANSWER) {
      res.write(one);
      await setImmediate();
    }
    res.end();
  },
  async batched(res) {
    for (const batch of BATCHES) {
      res.write(batch);
      await setImmediate();
    }
    res.end();
  },
  async paced(res) {
    for (const one of ANSWER) {
      res.write(one);
      await setTimeout(PACE);
    }
    res.end();
  },
  /** Its first content says when it was written, on the clock that all processes share, and how long that took; in nanoseconds. */
  async late(res) {
    const began = process.hrtime.bigint();
    res.write(ROLE);
    await setTimeout(THINKING);
    const at = process.hrtime.bigint();
    res.write(choice({ content: `at=${at};thought=${at - began};` }));
    for (const one of END) res.write(one);
    res.end();
  },
  /** As long as somebody takes it. */
  async endless(res) {
    const write = (): void => {
      while (!res.destroyed && res.write(ENDLESS));
    };
    res.on('drain', write);
    write();
  },
};

const server = createServer((req, res) => {
  const way = WAYS[req.url?.split('/')[1] ?? ''];
  req.resume().once('end', () => {
    res.writeHead(way === undefined ? 404 : 200, { 'content-type': 'text/event-stream; charset=utf-8' });
    if (way === undefined) res.end();
    else void way(res);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => reportAddress(server));
