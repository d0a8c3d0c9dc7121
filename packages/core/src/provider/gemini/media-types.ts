/**
 * The kinds of files that Gemini reads: https://ai.google.dev/gemini-api/docs/generate-content/file-input-methods and
 * https://ai.google.dev/gemini-api/docs/image-understanding
 */

export type MediaKind = 'image' | 'video' | 'file';

const IMAGES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/heic',
  'image/heif',
  'image/bmp',
]);
/** Beside text, sound, video and the images above. */
const DOCUMENTS: ReadonlySet<string> = new Set(['application/pdf', 'application/json']);

/** Names that are in use beside those that the API knows. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['application/x-pdf', 'application/pdf'],
]);

/** The formats of OpenAI's `input_audio`, and others that Gemini reads: https://ai.google.dev/gemini-api/docs/audio */
export const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mp3'],
  ['aiff', 'audio/aiff'],
  ['aac', 'audio/aac'],
  ['ogg', 'audio/ogg'],
  ['flac', 'audio/flac'],
]);

/** The API's name of a type; undefined where it takes none of it as this kind. */
export function takenType(mediaType: string, kind: MediaKind): string | undefined {
  const type = SYNONYMS.get(mediaType) ?? mediaType;
  if (kind === 'image') return IMAGES.has(type) ? type : undefined;
  if (kind === 'video') return type.startsWith('video/') ? type : undefined;
  const isTaken = IMAGES.has(type) || DOCUMENTS.has(type) || /^(?:text|audio|video)\//.test(type);
  return isTaken ? type : undefined;
}

const BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['bmp', 'image/bmp'],
  ['gif', 'image/gif'],
  ['svg', 'image/svg+xml'],
  ['tif', 'image/tiff'],
  ['tiff', 'image/tiff'],
  ['avif', 'image/avif'],
  ['mp4', 'video/mp4'],
  ['mpeg', 'video/mpeg'],
  ['mpg', 'video/mpg'],
  ['mov', 'video/quicktime'],
  ['avi', 'video/avi'],
  ['flv', 'video/x-flv'],
  ['webm', 'video/webm'],
  ['wmv', 'video/wmv'],
  ['3gp', 'video/3gpp'],
  ['pdf', 'application/pdf'],
  ['json', 'application/json'],
  ['txt', 'text/plain'],
  ['md', 'text/plain'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['xml', 'text/xml'],
  ['rtf', 'text/rtf'],
]);

/** What most of a kind are: the API wants a type with each URL, and the name of a file need not tell. */
const MOST: Readonly<Record<MediaKind, string>> = { image: 'image/jpeg', video: 'video/mp4', file: 'application/pdf' };

/** @param url an absolute one */
export function typeOfUrl(url: string, kind: MediaKind): string {
  const path = URL.canParse(url) ? new URL(url).pathname : '';
  const [, extension = ''] = /\.([a-z\d]{1,5})$/i.exec(path) ?? [];
  return BY_EXTENSION.get(extension.toLowerCase()) ?? MOST[kind];
}
