/**
 * Content parts as blocks of the Messages API: https://platform.claude.com/docs/en/build-with-claude/vision and
 * https://platform.claude.com/docs/en/build-with-claude/pdf-support
 */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { Part } from '../conversation/conversation.js';
import { parseDataUrl, shownType, textOfBase64 } from '../conversation/data-url.js';
import type { Remarks } from '../conversation/remarks.js';

/** Anything that stands in a `content` list, by its `type`. */
export type Block = Fields;

const IMAGES: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'image/jpeg'],
  ['image/jpg', 'image/jpeg'],
  ['image/png', 'image/png'],
  ['image/gif', 'image/gif'],
  ['image/webp', 'image/webp'],
]);

/** Those that can be said; the others are objected to. */
export function blocksOf(parts: readonly Part[], remarks: Remarks): Block[] {
  return parts.map((part) => blockOf(part, remarks)).filter((block) => block !== undefined);
}

/** A part's own `cache_control`, which is Anthropic's: https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
export function cacheControlOf(given: Fields): Fields {
  const { cache_control: control } = given;
  return isRecord(control) ? { cache_control: control } : {};
}

function blockOf(part: Part, remarks: Remarks): Block | undefined {
  const block = contentOf(part, remarks);
  return block === undefined ? undefined : { ...block, ...cacheControlOf(part) };
}

function contentOf(part: Part, remarks: Remarks): Block | undefined {
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: part['text'] };
    case 'image_url':
      return imageOf(part['image_url'], remarks);
    case 'file':
      return documentOf(part['file'], remarks);
    case 'input_audio':
      return refuse(remarks, 'cannot take audio');
    case 'video_url':
      return refuse(remarks, 'cannot take video');
    default:
      return refuse(remarks, 'cannot take this kind of content');
  }
}

function imageOf(image: unknown, remarks: Remarks): Block | undefined {
  const url = textIn(image, 'url');
  if (/^https:/i.test(url)) return { type: 'image', source: { type: 'url', url } };
  const inline = parseDataUrl(url);
  if (inline === undefined) return refuse(remarks, 'cannot take images by other URLs than https: and data:');
  const mediaType = IMAGES.get(inline.mediaType);
  if (mediaType === undefined) return refuse(remarks, `cannot take images of ${shownType(inline.mediaType)}`);
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: inline.base64 } };
}

/** PDFs and plain text. A file kept by another provider, known by its id, is out of reach. */
function documentOf(file: unknown, remarks: Remarks): Block | undefined {
  const data = textIn(file, 'file_data');
  const filename = textIn(file, 'filename');
  const title = filename === '' ? {} : { title: filename };
  if (data === '') return refuse(remarks, 'cannot take a file by its id');
  if (/^https:/i.test(data)) return { type: 'document', source: { type: 'url', url: data }, ...title };
  const inline = parseDataUrl(data);
  if (inline === undefined) return refuse(remarks, 'cannot take a file that is no data: URL');
  const { mediaType, base64 } = inline;
  if (mediaType === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: mediaType, data: base64 }, ...title };
  }
  if (mediaType !== 'text/plain') return refuse(remarks, `cannot take files of ${shownType(mediaType)}`);
  return { type: 'document', source: { type: 'text', media_type: mediaType, data: textOfBase64(base64) }, ...title };
}

function refuse(remarks: Remarks, words: string): undefined {
  remarks.object(words);
}

function textIn(fields: unknown, name: string): string {
  const value = isRecord(fields) ? fields[name] : undefined;
  return typeof value === 'string' ? value : '';
}
