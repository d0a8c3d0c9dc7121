/** Content parts as parts of Gemini's: https://ai.google.dev/api/caching#Part */
import type { Part } from '../conversation/conversation.js';
import { parseDataUrl, shownType } from '../conversation/data-url.js';
import type { Remarks } from '../conversation/remarks.js';
import { fieldsOf, textOf } from './loose-json.js';
import { AUDIO_FORMATS, type MediaKind, takenType, typeOfUrl } from './media-types.js';
import type { ModelTraits } from './model-traits.js';

export interface WirePart {
  readonly text?: string;
  readonly inlineData?: WireBlob;
  readonly fileData?: { readonly fileUri: string; readonly mimeType?: string };
  readonly functionCall?: { readonly id: string; readonly name: string; readonly args: object };
  readonly functionResponse?: WireResult;
  readonly thoughtSignature?: string;
}

export interface WireBlob {
  readonly mimeType: string;
  /** Base64. */
  readonly data: string;
}

export interface WireResult {
  readonly id: string;
  readonly name: string;
  readonly response: { readonly output: string } | { readonly error: string };
  readonly parts?: readonly { readonly inlineData: WireBlob }[];
}

type Traits = Pick<ModelTraits, 'fetches'>;

/** Those that can be said; the others are objected to. */
export function wirePartsOf(parts: readonly Part[], traits: Traits, remarks: Remarks): WirePart[] {
  return parts.map((part) => wirePartOf(part, traits, remarks)).filter((part) => part !== undefined);
}

function wirePartOf(part: Part, traits: Traits, remarks: Remarks): WirePart | undefined {
  switch (part['type']) {
    case 'text':
      return { text: textOf(part['text']) };
    case 'image_url':
      return mediaOf(textOf(fieldsOf(part['image_url'])['url']), 'image', traits, remarks);
    case 'video_url':
      return mediaOf(textOf(fieldsOf(part['video_url'])['url']), 'video', traits, remarks);
    case 'file':
      return fileOf(textOf(fieldsOf(part['file'])['file_data']), traits, remarks);
    case 'input_audio':
      return audioOf(part['input_audio'], remarks);
    default:
      return refuse(remarks, 'cannot take this kind of content');
  }
}

function fileOf(data: string, traits: Traits, remarks: Remarks): WirePart | undefined {
  return data === '' ? refuse(remarks, 'cannot take a file by its id') : mediaOf(data, 'file', traits, remarks);
}

function audioOf(audio: unknown, remarks: Remarks): WirePart | undefined {
  const { data, format } = fieldsOf(audio);
  const mimeType = AUDIO_FORMATS.get(textOf(format).toLowerCase());
  if (mimeType === undefined) return refuse(remarks, 'cannot take sound of this format');
  return { inlineData: { mimeType, data: textOf(data) } };
}

/** YouTube and what was uploaded to Google itself, of which the API knows the type. */
const KNOWN_THERE = /^https:\/\/(?:(?:www\.)?youtube\.com|youtu\.be|generativelanguage\.googleapis\.com)\//i;

function mediaOf(url: string, kind: MediaKind, traits: Traits, remarks: Remarks): WirePart | undefined {
  const inline = parseDataUrl(url);
  if (inline !== undefined) {
    const mimeType = typeFor(inline.mediaType, kind, remarks);
    return mimeType === undefined ? undefined : { inlineData: { mimeType, data: inline.base64 } };
  }
  if (!/^https:/i.test(url)) return refuse(remarks, `cannot take ${kind}s by other URLs than https: and data:`);
  if (KNOWN_THERE.test(url)) return { fileData: { fileUri: url } };
  if (!traits.fetches) return refuse(remarks, `cannot fetch ${kind}s by URL`);
  const mimeType = typeFor(typeOfUrl(url, kind), kind, remarks);
  return mimeType === undefined ? undefined : { fileData: { fileUri: url, mimeType } };
}

function typeFor(mediaType: string, kind: MediaKind, remarks: Remarks): string | undefined {
  const type = takenType(mediaType, kind);
  return type ?? refuse(remarks, `cannot take ${kind}s of ${shownType(mediaType)}`);
}

function refuse(remarks: Remarks, words: string): undefined {
  remarks.object(words);
}
