/** Mistral's and similar models' content in parts: `[{type: 'text', text}, {type: 'thinking', thinking: [{type: 'text', text}]}]`. */

export interface PartsContent {
  readonly text: string;
  readonly thoughts: string;
}

/** The words of the parts; references and images have none. `undefined` if it is no list of parts. */
export function contentOfParts(content: unknown): PartsContent | undefined {
  if (!Array.isArray(content)) return undefined;
  let text = '';
  let thoughts = '';
  for (const part of content as readonly unknown[]) {
    if (typeof part === 'string') text += part;
    else if (typeof part !== 'object' || part === null) return undefined;
    else if ('thinking' in part) thoughts += textOf(part.thinking);
    else text += textOf(part);
  }
  return { text, thoughts };
}

/** Of a text itself, of a part, or of a list of them. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return contentOfParts(value)?.text ?? '';
  if (typeof value !== 'object' || value === null || !('text' in value)) return '';
  return typeof value.text === 'string' ? value.text : '';
}
