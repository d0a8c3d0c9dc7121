/** Mistral's and similar models' content in parts: `[{type: 'text', text}, {type: 'thinking', thinking: [{type: 'text', text}]}]`. */

export interface PartsContent {
  readonly text: string;
  readonly thoughts: string;
  /** The parts that are pictures, as they came. */
  readonly images: readonly object[];
}

/** References have no words. `undefined` if it is no list of parts. */
export function contentOfParts(content: unknown): PartsContent | undefined {
  if (!Array.isArray(content)) return undefined;
  let text = '';
  let thoughts = '';
  const images: object[] = [];
  for (const part of content as readonly unknown[]) {
    if (typeof part === 'string') text += part;
    else if (typeof part !== 'object' || part === null) return undefined;
    else if ('thinking' in part) thoughts += textOf(part.thinking);
    else if ('image_url' in part) images.push(part);
    else text += textOf(part);
  }
  return { text, thoughts, images };
}

/** Of a text itself, of a part, or of a list of them; lists in lists are nobody's form, and could be nested without end. */
function textOf(value: unknown): string {
  return Array.isArray(value) ? value.map(wordsOf).join('') : wordsOf(value);
}

function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('text' in value)) return '';
  return typeof value.text === 'string' ? value.text : '';
}
