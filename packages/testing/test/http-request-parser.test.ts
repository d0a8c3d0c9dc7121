import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadRequestError, HttpRequestParser } from '../src/faulty-upstream/http-request-parser.ts';
import type { RequestHead } from '../src/faulty-upstream/http-request-parser.ts';

interface Parsed {
  readonly head: RequestHead;
  readonly body: string;
}

function parse(pieces: readonly (string | Buffer)[]): Parsed[] {
  const parser = new HttpRequestParser();
  const requests: Parsed[] = [];
  let head: RequestHead | undefined;
  let body: Buffer[] = [];
  for (const piece of pieces) {
    parser.push(Buffer.from(piece));
    for (let event = parser.next(); event; event = parser.next()) {
      if (event.kind === 'head') head = event.head;
      else if (event.kind === 'body') body.push(event.bytes);
      else if (head) {
        requests.push({ head, body: Buffer.concat(body).toString('utf8') });
        body = [];
      }
    }
  }
  return requests;
}

function failureOf(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}

const sized = 'POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nh\u00e9llo';
const chunked =
  'POST /chunked HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;ext=1\r\n, my world\r\n0\r\nTrailer: x\r\n\r\n';
const bodiless = 'GET /v1/models HTTP/1.1\r\nAccept: a\r\naccept: b\r\n\r\n';
const expected = [
  ['POST', '/a?b=c', 'h\u00e9llo'],
  ['POST', '/chunked', 'hello, my world'],
  ['GET', '/v1/models', ''],
];
const summary = (requests: readonly Parsed[]): unknown =>
  requests.map(({ head, body }) => [head.method, head.path, body]);

describe('HttpRequestParser', () => {
  it('reads sized, chunked and bodiless requests from one piece', () => {
    expect(summary(parse([sized + chunked + bodiless]))).toEqual(expected);
  });

  it('reads the same when every byte comes by itself', () => {
    const bytes = Buffer.from(sized + chunked + bodiless);
    expect(summary(parse([...bytes].map((byte) => Buffer.from([byte]))))).toEqual(expected);
  });

  it('reads the same wherever the bytes are cut', () => {
    const bytes = Buffer.from(sized + chunked + bodiless);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(summary(parse(pieces))).toEqual(expected);
      }),
      { seed: 1 },
    );
  });

  it('joins repeated headers and lowers their names', () => {
    expect(parse([bodiless])[0]?.head.headers).toEqual({ accept: 'a, b' });
  });

  it('keeps a header that is named like a part of every object', () => {
    const [request] = parse(['GET / HTTP/1.1\r\n__proto__: x\r\n\r\n']);
    expect(Object.entries(request?.head.headers ?? {})).toEqual([['__proto__', 'x']]);
  });

  it('ignores empty lines before a request', () => {
    expect(parse(['\r\n\r\n', bodiless])).toHaveLength(1);
  });

  it('reads a request without a body before the next byte comes', () => {
    expect(parse(['POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n'])).toHaveLength(1);
  });

  it.each([
    ['a request line', 'nonsense\r\n\r\n'],
    ['a version', 'GET / HTTP/2.0\r\n\r\n'],
    ['a header', 'GET / HTTP/1.1\r\nno colon\r\n\r\n'],
    ['a length', 'POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    ['an encoding', 'POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n'],
    ['the size of a chunk', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['the end of a chunk', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc'],
    ['a head without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}`],
  ])('refuses bad bytes: %s', (_name, text) => {
    expect(() => parse([text])).toThrow(BadRequestError);
  });

  it('never does anything but parse or refuse, whatever the bytes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(
        'POST / HTTP/1.1\r\n',
        'content-length: 3\r\n',
        'transfer-encoding: chunked\r\n',
        '\r\n',
        '3\r\n',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        expect(failureOf(() => parse(pieces)) ?? new BadRequestError()).toBeInstanceOf(BadRequestError);
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });
});
