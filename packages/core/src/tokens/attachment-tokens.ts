/**
 * What images, sounds, videos and files cost in tokens, by whom they are sent to. The numbers are those that the makers name:
 *
 * - https://platform.openai.com/docs/guides/images-vision
 * - https://platform.claude.com/docs/en/build-with-claude/vision
 * - https://ai.google.dev/gemini-api/docs/tokens
 */
import { bareName } from '../config/model-name.js';
import type { Attachment } from './attachment.js';
import { bytesOf } from './base64-data.js';
import type { ImageSize } from './image-size.js';

/** Whom an attachment is sent to. */
export interface Viewer {
  /** Of its tokenizer. */
  readonly tokenizer: { readonly name: string };
  readonly modelId: string;
}

/** Thought of a sound, a video or a file that cannot be read. */
const USUAL_SECONDS = 30;
const USUAL_FILE = 3_000;

export function attachmentTokens(attachment: Attachment, viewer: Viewer): number {
  switch (attachment.kind) {
    case 'image':
      return imageTokens(attachment, viewer);
    case 'audio':
      return Math.ceil(secondsOf(attachment, AUDIO_BYTES) * (isGemini(viewer) ? 32 : 10));
    case 'video':
      return Math.ceil(secondsOf(attachment, VIDEO_BYTES) * 263);
    case 'file':
      return fileTokens(attachment, viewer);
  }
}

/** Bytes of a second: of a sound in 24,000 samples of 16 bits, and of a small video. */
const AUDIO_BYTES = 48_000;
const COMPRESSED_AUDIO_BYTES = 16_000;
const VIDEO_BYTES = 125_000;

function secondsOf(attachment: Attachment, bytesOfSecond: number): number {
  const bytes = bytesOf(attachment.data);
  if (bytes === 0) return USUAL_SECONDS;
  const compressed = attachment.kind === 'audio' && attachment.detail !== 'wav';
  return Math.max(1, bytes / (compressed ? COMPRESSED_AUDIO_BYTES : bytesOfSecond));
}

/** A page of a PDF is an image for Gemini, and text beside an image for the others. */
function fileTokens({ data }: Attachment, viewer: Viewer): number {
  const bytes = bytesOf(data);
  if (bytes === 0) return USUAL_FILE;
  if (data.startsWith('data:text/')) return Math.ceil(bytes / 4);
  const pages = Math.max(1, Math.ceil(bytes / BYTES_OF_PAGE));
  return pages * (isGemini(viewer) ? 258 : 2_000);
}

const BYTES_OF_PAGE = 60_000;

function isGemini({ tokenizer }: Viewer): boolean {
  return tokenizer.name === 'gemini';
}

function imageTokens({ size, detail }: Attachment, viewer: Viewer): number {
  switch (viewer.tokenizer.name) {
    case 'o200k':
    case 'cl100k':
      return openaiTokens(size, detail, bareName(viewer.modelId));
    case 'gemini':
      return geminiTokens(size);
    case 'newer-claude':
      return areaTokens(size, 4_784);
    default:
      return areaTokens(size, 1_600);
  }
}

/** Claude's; those of others with an area of their own (28 × 28 pixels for Qwen) come near it. */
function areaTokens({ width, height }: ImageSize, most: number): number {
  return Math.min(most, Math.ceil((width * height) / 750));
}

/** Small ones whole, others in tiles. */
function geminiTokens({ width, height }: ImageSize): number {
  if (width <= 384 && height <= 384) return 258;
  return Math.ceil(width / 768) * Math.ceil(height / 768) * 258;
}

/** Tokens of a tile of 512 pixels, and of the image as a whole. */
interface Tiles {
  readonly base: number;
  readonly tile: number;
}

/** The first that fits. A number is what a patch of 32 pixels costs, of which there are 1,536 at most. */
const OPENAI: readonly (readonly [RegExp, number | Tiles])[] = [
  [/^(?:gpt-4\.1|gpt-5(?:\.\d+)?)-mini\b/, 1.62],
  [/^(?:gpt-4\.1|gpt-5(?:\.\d+)?)-nano\b/, 2.46],
  [/^o4-mini\b/, 1.72],
  [/^gpt-4o-mini\b/, { base: 2_833, tile: 5_667 }],
  [/^gpt-5/, { base: 70, tile: 140 }],
  [/^o\d/, { base: 75, tile: 150 }],
];
const USUAL_TILES: Tiles = { base: 85, tile: 170 };
const MOST_PATCHES = 1_536;

function openaiTokens(size: ImageSize, detail: string | undefined, model: string): number {
  const price = OPENAI.find(([pattern]) => pattern.test(model))?.[1] ?? USUAL_TILES;
  if (typeof price === 'number') {
    const patches = Math.ceil(size.width / 32) * Math.ceil(size.height / 32);
    return Math.ceil(Math.min(patches, MOST_PATCHES) * price);
  }
  if (detail === 'low') return price.base;
  // First into a square of 2,048 pixels, then to 768 on the shorter side.
  const fit = Math.min(1, 2_048 / Math.max(size.width, size.height));
  const scale = Math.min(fit, 768 / Math.min(size.width, size.height));
  const across = Math.ceil((size.width * scale) / 512);
  return price.base + price.tile * across * Math.ceil((size.height * scale) / 512);
}
