/**
 * The splitter against `eventsource-parser`, which nobody here wrote. They differ in this: the parser takes text, so that decoding and
 * the byte order mark are left to `TextDecoder`; and it waits for the last empty line, which is therefore added.
 */
import { createParser } from 'eventsource-parser';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteByByte, cutAt, type SeenEvent, split, withoutSources } from './split.js';

const FIELDS = [
  'data: ',
  'data:',
  'data',
  'event: ',
  'event:error',
  'id: 1',
  'retry: 3',
  ':',
  ': ping',
  'dat',
  'data : ',
];
const VALUES = ['{"a": 1}', '[DONE]', ' ', 'é', '世', '😀', '\uFEFF', '\0', '\u2028'];
const ENDS = ['\n', '\n\n', '\r', '\r\n', '\r\n\r\n', '\r\r'];
const EVENTS = ['data: {"b": "世"}\n\n', 'data:c\r\n\r\n'];
const PIECES = [...FIELDS, ...VALUES, ...ENDS, ...EVENTS];

/** Pieces in any order, and lines. */
const streams = fc
  .array(
    fc.oneof(
      fc.constantFrom(...PIECES),
      fc.constantFrom(...EVENTS),
      fc
        .tuple(fc.constantFrom(...FIELDS), fc.constantFrom(...VALUES), fc.constantFrom(...ENDS))
        .map((line) => line.join('')),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => Buffer.from(pieces.join('')));

/** Bytes that are no UTF-8, among them. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece)),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(0xe4, 0xb8, 0xf0, 0x9f, 0xef, 0xbb, 0xbf).map((byte) => Buffer.from([byte])),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => Buffer.concat(pieces));

const bytes = fc.oneof(streams, soup);

/** Three bytes that are no mark when they are letters: the parser would take `ï»¿` in front for one. */
function isReadAlike(stream: Buffer): boolean {
  return !new TextDecoder().decode(stream).startsWith('\u00EF\u00BB\u00BF');
}

function oracle(stream: Buffer): SeenEvent[] {
  const seen: SeenEvent[] = [];
  const parser = createParser({ onEvent: ({ data, event = '' }) => seen.push({ data, type: event }) });
  parser.feed(`${new TextDecoder().decode(stream)}\n\n`);
  return seen;
}

describe('a stream of events', () => {
  it('is what an independent parser says', () => {
    fc.assert(
      fc.property(bytes.filter(isReadAlike), (stream) => {
        expect(withoutSources(split([stream]))).toEqual(oracle(stream));
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same for every cut of its bytes, and byte by byte', () => {
    fc.assert(
      fc.property(bytes, fc.nat({ max: 100 }), (stream, other) => {
        const whole = withoutSources(split([stream]));
        for (let at = 0; at <= stream.length; at += 1) {
          expect(withoutSources(split(cutAt(stream, at)))).toEqual(whole);
          expect(withoutSources(split(cutAt(stream, at, Math.min(other, stream.length))))).toEqual(whole);
        }
        expect(withoutSources(split(byteByByte(stream)))).toEqual(whole);
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same bytes to pass on for every cut, as long as no line ends in CR', () => {
    const plain = bytes.map((stream) => stream.filter((byte) => byte !== 0x0d)).map((stream) => Buffer.from(stream));
    fc.assert(
      fc.property(plain, (stream) => {
        const whole = split([stream]);
        for (let at = 0; at <= stream.length; at += 1) expect(split(cutAt(stream, at))).toEqual(whole);
        expect(split(byteByByte(stream))).toEqual(whole);
      }),
      { numRuns: 400 },
    );
  });

  it('passes on no bytes that say anything else than the event does', () => {
    let passedOn = 0;
    fc.assert(
      fc.property(bytes, fc.nat({ max: 100 }), (stream, at) => {
        for (const { data, type, source } of split(cutAt(stream, Math.min(at, stream.length)))) {
          if (source === undefined) continue;
          passedOn += 1;
          const own = Buffer.from(source, 'latin1');
          expect(withoutSources(split([own]))).toEqual([{ data, type }]);
          expect(oracle(own)).toEqual([{ data, type }]);
          expect(source).toMatch(/^data:[^\r\n]*(\n\n|\r\n\r\n)$/);
        }
      }),
      { numRuns: 1000 },
    );
    expect(passedOn).toBeGreaterThan(100);
  });

  it('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }), (chunks) => {
        expect(() => split(chunks.map((chunk) => Buffer.from(chunk)))).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});
