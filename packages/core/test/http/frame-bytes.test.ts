import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventOf, frameBytes } from '../../src/http/frame-bytes.js';
import { madeFrame, type Frame } from '../../src/stream/frame.js';
import { chunk, framesAsTheyCame } from './hand-made-stream.js';

function bytesOf({ chunk: said, source, start, end }: Frame): string {
  return source === undefined ? eventOf(said) : source.toString('utf8', start, end);
}

describe('frameBytes', () => {
  it('passes neighbours on as they lie in their buffer, uncopied', () => {
    const frames = framesAsTheyCame('a', 'b', 'c');
    const bytes = frameBytes(frames.slice(1));
    expect(bytes.buffer).toBe(frames[0]?.source?.buffer);
    expect(bytes.toString()).toBe(frames.slice(1).map(bytesOf).join(''));
  });

  it('writes a frame of our own making as one event', () => {
    const made = frameBytes([madeFrame(chunk('line one\nline two   \u{1F600}'))]).toString();
    expect(made).toBe(`data: ${JSON.stringify(chunk('line one\nline two   \u{1F600}'))}\n\n`);
    expect(made.match(/\n/g)).toHaveLength(2);
  });

  it('gives each frame once and in order, wherever they come from', () => {
    const sources = [framesAsTheyCame('a', 'é', 'c', '\u{1F600}'), framesAsTheyCame('1', '2', '3')];
    const frame = fc.oneof(
      fc.constantFrom(...sources.flat()),
      fc.string().map((text) => madeFrame(chunk(text))),
    );
    // Runs as they come, with holes, repeated and backwards.
    const frames = fc.oneof(fc.array(frame, { minLength: 1 }), fc.subarray(sources.flat(), { minLength: 1 }));
    fc.assert(
      fc.property(frames, (some) => {
        expect(frameBytes(some).toString()).toBe(some.map(bytesOf).join(''));
      }),
      { numRuns: 1_000 },
    );
  });
});
