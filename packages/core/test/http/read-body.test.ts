import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasLeft } from '../../src/http/disconnect.js';
import { readBody } from '../../src/http/read-body.js';
import { serve, visit } from './serve.js';

const POST = { method: 'POST', headers: { 'content-type': 'application/json' } };
const LIMIT = 1_000;

type Outcome = { readonly body: unknown } | { readonly error: unknown };

/** A server that reads bodies, after what other middleware does; `next` resolves with the next outcome. */
async function reading(before: (req: IncomingMessage) => unknown = () => {}, limit = LIMIT) {
  let tell: (outcome: Outcome) => void = () => {};
  const port = await serve((req, res) => {
    async function read(): Promise<Outcome> {
      try {
        await before(req);
        return { body: await readBody(req, limit) };
      } catch (error) {
        return { error };
      }
    }
    async function answer(): Promise<void> {
      tell(await read());
      res.end();
    }
    void answer();
  });
  return { port, next: () => new Promise<Outcome>((resolve) => (tell = resolve)) };
}

async function outcomeOf(
  body: string | Buffer,
  { before, headers }: { before?: (req: IncomingMessage) => unknown; headers?: Record<string, string> } = {},
): Promise<Outcome> {
  const { port, next } = await reading(before);
  const outcome = next();
  await visit(port, { ...POST, headers: { ...POST.headers, ...headers } }, body).answer;
  return outcome;
}

/** What a body parser does. */
async function consume(req: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of req) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

describe('readBody', () => {
  it('is indifferent to how the bytes arrive', async () => {
    const { port, next } = await reading();
    const value = { text: 'Grüße, 你好, \u{1F600}' };
    const bytes = Buffer.from(JSON.stringify(value));
    const cuts = fc.uniqueArray(fc.nat(bytes.length), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const outcome = next();
        const { request, answer } = visit(port, POST);
        let from = 0;
        for (const to of [...at.toSorted((a, b) => a - b), bytes.length]) {
          const piece = bytes.subarray(from, to);
          await new Promise((resolve) => request.write(piece, resolve));
          from = to;
        }
        request.end();
        expect(await outcome).toEqual({ body: value });
        await answer;
      }),
      { numRuns: 50 },
    );
  });

  it('passes over a byte order mark', async () => {
    expect(await outcomeOf('\uFEFF{"a":1}')).toEqual({ body: { a: 1 } });
  });

  it.each([
    ['an object', () => ({ a: 1 }), { a: 1 }],
    ['a list', () => [1], [1]],
    ['a buffer', (text: string) => Buffer.from(text), { sent: true }],
    ['text', (text: string) => text, { sent: true }],
  ])('takes %s that a body parser has left', async (_what, parse, body) => {
    const before = async (req: IncomingMessage): Promise<void> => {
      Object.assign(req, { body: parse(await consume(req)) });
    };
    expect(await outcomeOf('{"sent":true}', { before })).toEqual({ body });
  });

  it('reads what a body parser has passed over, though it has left an empty object as that of Express 4 does', async () => {
    const before = (req: IncomingMessage): void => {
      Object.assign(req, { body: {} });
    };
    expect(await outcomeOf('{"sent":true}', { before })).toEqual({ body: { sent: true } });
  });

  it.each(['', ' {"prompt": "a secret', '{"prompt": "a secret"} x', 'a secret', "{'prompt': 'a secret'}"])(
    'refuses what is no JSON without quoting it: %j',
    async (text) => {
      const outcome = await outcomeOf(text);
      expect(outcome).toMatchObject({ error: { status: 400, type: 'invalid_request_error' } });
      expect(JSON.stringify(outcome) + String('error' in outcome && outcome.error)).not.toContain('secret');
    },
  );

  it('says that there is no body, also when somebody has looked before', async () => {
    const none = { error: { status: 400, message: 'The request has no body. Send JSON.' } };
    expect(await outcomeOf('')).toMatchObject(none);
    expect(await outcomeOf('', { before: consume })).toMatchObject(none);
  });

  it('says that somebody has read the body and not left it', async () => {
    expect(await outcomeOf('{"a":1}', { before: consume })).toMatchObject({
      error: { status: 500, type: 'server_error', message: expect.stringContaining('`req.body`') },
    });
  });

  it('refuses a compressed body that no parser has read, and takes one that says it is not compressed', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(await outcomeOf(gzipSync('{"a":1}'), { headers })).toMatchObject({ error: { status: 415 } });
    expect(await outcomeOf('{"a":1}', { headers: { 'content-encoding': 'identity' } })).toEqual({ body: { a: 1 } });
    const before = async (req: IncomingMessage): Promise<void> => {
      await consume(req);
      Object.assign(req, { body: { a: 1 } });
    };
    expect(await outcomeOf(gzipSync('{"a":1}'), { headers, before })).toEqual({ body: { a: 1 } });
  });

  it('takes a body as large as the limit and not a byte more, declared or not', async () => {
    const body = (size: number): string => JSON.stringify('x'.repeat(size - 2));
    const chunked = { 'transfer-encoding': 'chunked' };
    const tooLarge = { error: { status: 413 } };
    for (const headers of [{}, chunked]) {
      expect(await outcomeOf(body(LIMIT), { headers })).toEqual({ body: 'x'.repeat(LIMIT - 2) });
      expect(await outcomeOf(body(LIMIT + 1), { headers })).toMatchObject(tooLarge);
    }
    const asText = async (req: IncomingMessage): Promise<void> => {
      Object.assign(req, { body: await consume(req) });
    };
    expect(await outcomeOf(body(LIMIT + 1), { headers: chunked, before: asText })).toMatchObject(tooLarge);
  });

  it('does not wait for the rest of what is too large', async () => {
    const { port, next } = await reading();
    for (const headers of [{ 'content-length': '5000' }, { 'transfer-encoding': 'chunked' }]) {
      const outcome = next();
      const { request } = visit(port, { ...POST, headers: { ...POST.headers, ...headers } });
      request.write('x'.repeat(LIMIT + 1));
      expect(await outcome).toMatchObject({ error: { status: 413 } });
      request.destroy();
    }
  });

  it('notices that the client leaves meanwhile, or has left before', async () => {
    const left = async (before?: (req: IncomingMessage) => unknown): Promise<boolean> => {
      const { port, next } = await reading(before);
      const outcome = next();
      const { request } = visit(port, { ...POST, headers: { 'content-length': '500' } });
      await new Promise((resolve) => request.write('{"a":', resolve));
      setTimeout(() => request.destroy(), 20);
      const found = await outcome;
      return 'error' in found && hasLeft(found.error);
    };
    expect(await left()).toBe(true);
    expect(await left((req) => new Promise((resolve) => req.once('close', resolve)))).toBe(true);
  });
});
