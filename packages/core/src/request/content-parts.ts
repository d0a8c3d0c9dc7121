/** Checks the parts of a message's content and estimates their size. */
import { badRequest, isRecord, isUnset, kindOf, shown } from './bad-request.js';
import type { Fields } from './bad-request.js';
import type { Needs } from './needs.js';

/**
 * What an image, a sound, a video or a file counts for in the estimate, in characters: about the 765 tokens of a
 * 1024 x 1024 image in high detail. Their base64 says nothing about their tokens.
 */
const ATTACHMENT_CHARACTERS = 3_000;

const KNOWN_TYPES = 'text, image_url, input_audio, video_url, file, refusal';

/** Checks `messages[message].content`, notes what it needs, and returns how many characters it counts for. */
export function checkContent(content: unknown, message: number, needs: Needs): number {
  if (typeof content === 'string') return content.length;
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
  let characters = 0;
  for (let index = 0; index < parts.length; index++) characters += checkPart(parts[index], message, index, needs);
  return characters;
}

function checkPart(part: unknown, message: number, index: number, needs: Needs): number {
  if (!isRecord(part)) {
    throw badRequest(
      `messages[${message}].content[${index}]`,
      `must be an object with a type (${KNOWN_TYPES}), not ${kindOf(part)}`,
    );
  }
  switch (part['type']) {
    case 'text':
      return text(part, 'text', message, index);
    case 'refusal':
      return text(part, 'refusal', message, index);
    case 'image_url':
      needs.add('vision');
      return attachment(part, 'image_url', ['url'], message, index);
    case 'video_url':
      needs.add('video');
      return attachment(part, 'video_url', ['url'], message, index);
    case 'input_audio':
      needs.add('audio');
      return attachment(part, 'input_audio', ['data', 'format'], message, index);
    case 'file':
      needs.add('files');
      return attachment(part, 'file', [], message, index);
    default:
      throw badRequest(
        `messages[${message}].content[${index}].type`,
        `must be one of ${KNOWN_TYPES}; found ${shown(part['type'])}`,
      );
  }
}

function text(part: Fields, field: string, message: number, index: number): number {
  const value = part[field];
  if (typeof value === 'string') return value.length;
  throw badRequest(`messages[${message}].content[${index}].${field}`, `must be a string, not ${kindOf(value)}`);
}

function attachment(part: Fields, field: string, strings: readonly string[], message: number, index: number): number {
  const value = part[field];
  const path = `messages[${message}].content[${index}].${field}`;
  if (!isRecord(value)) {
    const shape = strings.length === 0 ? 'an object' : `an object with ${strings.join(' and ')}`;
    throw badRequest(path, `must be ${shape}, not ${kindOf(value)}`);
  }
  for (const name of strings) {
    if (typeof value[name] !== 'string')
      throw badRequest(`${path}.${name}`, `must be a string, not ${kindOf(value[name])}`);
  }
  return ATTACHMENT_CHARACTERS;
}
