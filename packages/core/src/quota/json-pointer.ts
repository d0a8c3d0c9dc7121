/** Names one place in a JSON document, by RFC 6901: `/data/limits/0`. */

/** The names and positions on the way, unescaped. */
export type JsonPointer = readonly string[];

/** `undefined` for a text that is no pointer. The empty text is the whole document. */
export function parsePointer(text: string): JsonPointer | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/u.test(text)) return undefined;
  const names = text.slice(1).split('/');
  // In this order: `~01` is `~1`, and no slash.
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands there; `undefined` where nothing does. Own properties only: `/constructor` finds nothing of ours. */
export function valueAt(document: unknown, pointer: JsonPointer): unknown {
  let value = document;
  for (const name of pointer) {
    if (typeof value !== 'object' || value === null) return undefined;
    // `length` is an own property, and no place in a document.
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/u.test(name)) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
