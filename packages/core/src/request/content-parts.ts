/** Checks the parts of a message's content and notes what of them a model reads. */
import { Attachment } from '../tokens/attachment.js';
import type { Prompt } from '../tokens/prompt.js';
import { badRequest, isRecord, isUnset, kindOf, shown } from './bad-request.js';
import type { Fields } from './bad-request.js';
import type { Findings } from './findings.js';

const KNOWN_TYPES = 'text, image_url, input_audio, video_url, file, refusal';

/** Checks `messages[message].content`, and notes what it needs and holds. */
export function checkContent(content: unknown, message: number, found: Findings): void {
  if (typeof content === 'string') return found.prompt.addText(content);
  if (!Array.isArray(content)) {
    throw badRequest(
      `messages[${message}].content`,
      isUnset(content)
        ? 'is required: a string or an array of content parts'
        : `must be a string or an array of content parts, not ${kindOf(content)}`,
    );
  }
  const parts: readonly unknown[] = content;
  if (parts.length === 0) throw badRequest(`messages[${message}].content`, 'must have at least one content part');
  for (let index = 0; index < parts.length; index++) checkPart(parts[index], { message, index }, found);
}

/** Of a part: `messages[message].content[index]`. */
interface Place {
  readonly message: number;
  readonly index: number;
}

function pathOf({ message, index }: Place): string {
  return `messages[${message}].content[${index}]`;
}

function checkPart(part: unknown, place: Place, { needs, prompt }: Findings): void {
  if (!isRecord(part)) {
    throw badRequest(pathOf(place), `must be an object with a type (${KNOWN_TYPES}), not ${kindOf(part)}`);
  }
  switch (part['type']) {
    case 'text':
      return prompt.addText(text(part, 'text', place));
    case 'refusal':
      return prompt.addText(text(part, 'refusal', place));
    case 'image_url': {
      needs.add('vision');
      const { url, detail } = attached(part, 'image_url', { place, strings: ['url'] });
      return addAttached(prompt, 'image', { data: url, detail });
    }
    case 'video_url':
      needs.add('video');
      return addAttached(prompt, 'video', { data: attached(part, 'video_url', { place, strings: ['url'] })['url'] });
    case 'input_audio': {
      needs.add('audio');
      const { data, format } = attached(part, 'input_audio', { place, strings: ['data', 'format'] });
      return addAttached(prompt, 'audio', { data, detail: format });
    }
    case 'file':
      needs.add('files');
      return addAttached(prompt, 'file', { data: attached(part, 'file', { place, strings: [] })['file_data'] });
    default:
      throw badRequest(`${pathOf(place)}.type`, `must be one of ${KNOWN_TYPES}; found ${shown(part['type'])}`);
  }
}

function text(part: Fields, field: string, place: Place): string {
  const value = part[field];
  if (typeof value === 'string') return value;
  throw badRequest(`${pathOf(place)}.${field}`, `must be a string, not ${kindOf(value)}`);
}

/** As it was found; `detail` as in `Attachment`. */
interface Held {
  readonly data: unknown;
  readonly detail?: unknown;
}

/** Their base64 says nothing about their tokens, so they are counted by what they are. */
function addAttached(prompt: Prompt, kind: Attachment['kind'], { data, detail }: Held): void {
  const known = typeof detail === 'string' ? detail : undefined;
  prompt.addAttachment(new Attachment(kind, typeof data === 'string' ? data : '', known));
}

interface Shape {
  readonly place: Place;
  /** Fields that have to be strings. */
  readonly strings: readonly string[];
}

function attached(part: Fields, field: string, { place, strings }: Shape): Fields {
  const value = part[field];
  if (!isRecord(value)) {
    const shape = strings.length === 0 ? 'an object' : `an object with ${strings.join(' and ')}`;
    throw badRequest(`${pathOf(place)}.${field}`, `must be ${shape}, not ${kindOf(value)}`);
  }
  for (const name of strings) {
    if (typeof value[name] === 'string') continue;
    throw badRequest(`${pathOf(place)}.${field}.${name}`, `must be a string, not ${kindOf(value[name])}`);
  }
  return value;
}
