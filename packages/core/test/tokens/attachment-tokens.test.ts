import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Attachment } from '../../src/tokens/attachment.js';
import { attachmentTokens } from '../../src/tokens/attachment-tokens.js';
import { imageSize } from '../../src/tokens/image-size.js';
import { tokenizerOf } from '../../src/tokens/tokenizer.js';

function dataUrl(bytes: readonly number[], type = 'image/png'): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

const text = (letters: string): number[] => [...Buffer.from(letters, 'latin1')];
const big = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => (value >>> (8 * (bytes - 1 - index))) & 0xff);
const little = (value: number, bytes: number): number[] => big(value, bytes).toReversed();
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** The head of a file of each format, with this size. */
const HEADS: Readonly<Record<string, (width: number, height: number) => number[]>> = {
  PNG: (width, height) => [
    0x89,
    ...text('PNG\r\n\x1a\n'),
    ...big(13, 4),
    ...text('IHDR'),
    ...big(width, 4),
    ...big(height, 4),
    8,
  ],
  GIF: (width, height) => [...text('GIF89a'), ...little(width, 2), ...little(height, 2), ...zeros(8)],
  'WebP, lossy': (width, height) => [
    ...text('RIFF....WEBPVP8 '),
    ...zeros(10),
    ...little(width, 2),
    ...little(height, 2),
    ...zeros(8),
  ],
  'WebP, lossless': (width, height) => [
    ...text('RIFF....WEBPVP8L....\x2f'),
    ...little(((width - 1) | ((height - 1) << 14)) >>> 0, 4),
    ...zeros(8),
  ],
  'WebP, extended': (width, height) => [
    ...text('RIFF....WEBPVP8X'),
    ...zeros(8),
    ...little(width - 1, 3),
    ...little(height - 1, 3),
    ...zeros(8),
  ],
  // A head, a preview, and a byte to fill up.
  JPEG: (width, height) => [
    ...text('\xff\xd8\xff\xe0\0\x10'),
    ...zeros(14),
    ...text('\xff\xe1'),
    ...big(5_000, 2),
    ...zeros(4_998),
    ...text('\xff\xff\xc2\0\x11\x08'),
    ...big(height, 2),
    ...big(width, 2),
    ...zeros(10),
  ],
};

describe('The size of an image', () => {
  it.each(Object.entries(HEADS))('is read from the head of a %s', (_, head) => {
    const side = fc.integer({ min: 1, max: 16_383 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        expect(imageSize(dataUrl(head(width, height)))).toEqual({ width, height });
      }),
    );
  });

  it.each([
    ['another URL', 'https://example.com/cat.png'],
    ['a URL without base64', 'data:image/svg+xml,<svg/>'],
    ['nothing', 'data:image/png;base64,'],
    ['no image', dataUrl(text('hello, this is text and no image at all'))],
    ['an image of no size', dataUrl(HEADS['PNG']?.(0, 10) ?? [])],
    ['a JPEG without an end', dataUrl([0xff, 0xd8, ...zeros(100)])],
  ])('is not known of %s', (_, url) => {
    expect(imageSize(url)).toBeUndefined();
  });

  it('is a size or nothing, whatever the bytes and wherever they end', () => {
    const heads = Object.values(HEADS).map((head) => head(640, 480));
    const cut = fc.tuple(fc.constantFrom(...heads), fc.nat()).map(([head, end]) => head.slice(0, end % head.length));
    const any = fc.oneof(cut, fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 100 }));
    fc.assert(
      fc.property(any, (bytes) => {
        const { width, height } = imageSize(dataUrl(bytes)) ?? { width: 1, height: 1 };
        expect(Math.min(width, height)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('What it costs', () => {
  const cost = (attachment: Attachment, modelId: string): number =>
    attachmentTokens(attachment, { modelId, tokenizer: tokenizerOf([modelId], 'openai') });
  const image = (width: number, height: number, detail?: string): Attachment =>
    new Attachment('image', dataUrl(HEADS['PNG']?.(width, height) ?? []), detail);

  it.each([
    ['gpt-4o', 1_024, 1_024, 765],
    ['gpt-4o', 2_048, 4_096, 1_105],
    ['gpt-4o', 100, 100, 255],
    ['gpt-5', 1_024, 1_024, 630],
    ['o3', 1_024, 1_024, 675],
    ['gpt-4o-mini', 1_024, 1_024, 25_501],
    ['gpt-4.1-mini', 1_024, 1_024, 1_659],
    ['o4-mini', 10_000, 10_000, 2_642],
    ['claude-sonnet-4.5', 200, 200, 54],
    ['claude-sonnet-4.5', 1_000, 1_000, 1_334],
    ['claude-sonnet-4.5', 4_000, 4_000, 1_600],
    ['claude-opus-4.8', 4_000, 4_000, 4_784],
    ['gemini-2.5-flash', 300, 384, 258],
    ['gemini-2.5-flash', 960, 540, 516],
    ['llama-4-scout', 10_000, 10_000, 1_600],
  ])('%s: an image of %i × %i', (model, width, height, tokens) => {
    expect(cost(image(width, height), model)).toBe(tokens);
  });

  it('an image in low detail is one price, where there is such a thing', () => {
    expect(cost(image(4_000, 4_000, 'low'), 'gpt-4o')).toBe(85);
    expect(cost(image(4_000, 4_000, 'low'), 'gpt-5')).toBe(70);
    expect(cost(image(4_000, 4_000, 'low'), 'claude-sonnet-4.5')).toBe(1_600);
  });

  it('an image that cannot be read is thought to be of a usual size', () => {
    expect(cost(new Attachment('image', 'https://example.com/cat.png'), 'gpt-4o')).toBe(765);
    expect(cost(new Attachment('image', 'nonsense'), 'gemini-2.5-flash')).toBe(1_032);
  });

  it('a sound is counted by its seconds', () => {
    const sound = (bytes: number, format: string): Attachment =>
      new Attachment('audio', Buffer.alloc(bytes).toString('base64'), format);
    expect(cost(sound(480_000, 'wav'), 'gpt-4o-audio-preview')).toBe(100);
    expect(cost(sound(480_000, 'wav'), 'gemini-2.5-flash')).toBe(320);
    expect(cost(sound(160_000, 'mp3'), 'gemini-2.5-flash')).toBe(320);
    expect(cost(new Attachment('audio', ''), 'gpt-4o-audio-preview')).toBe(300);
  });

  it('videos and files cost something, and more the larger they are', () => {
    const file = (bytes: number, type: string): Attachment => new Attachment('file', dataUrl(zeros(bytes), type));
    expect(cost(new Attachment('file', ''), 'gpt-4o')).toBe(3_000);
    expect(cost(file(400, 'text/plain'), 'gpt-4o')).toBe(100);
    expect(cost(file(1_000, 'application/pdf'), 'claude-sonnet-4.5')).toBe(2_000);
    expect(cost(file(130_000, 'application/pdf'), 'claude-sonnet-4.5')).toBe(6_000);
    expect(cost(file(130_000, 'application/pdf'), 'gemini-2.5-pro')).toBe(774);
    expect(cost(new Attachment('video', 'https://example.com/a.mp4'), 'gemini-2.5-pro')).toBe(7_890);
  });
});
