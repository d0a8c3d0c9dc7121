/** The TypeScript in the docs, block by block. */
import { documents, textOf } from './documents.ts';

export interface CodeBlock {
  readonly document: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
  /** What it takes for granted: the name in a comment `<!-- given: name -->` in front of it. See `given.ts`. */
  readonly given: string | undefined;
  /** A block that begins with a comment `// name.ts` is that file, for other blocks of its document to import. */
  readonly file: string | undefined;
}

const BLOCK = /^(?:<!-- given: (?<given>\w+) -->\n)?```ts\n(?<code>[\s\S]*?)^```$/gm;

export function codeBlocks(): readonly CodeBlock[] {
  return documents().flatMap((document) => {
    const text = textOf(document);
    return [...text.matchAll(BLOCK)].map(({ index, groups }) => {
      const code = groups?.['code'] ?? '';
      const line = text.slice(0, text.indexOf(code, index)).split('\n').length;
      return { document, line, code, given: groups?.['given'], file: /^\/\/ (\w+\.ts)\n/.exec(code)?.[1] };
    });
  });
}

/** The one block of a document in which something stands. */
export function blockWith(document: string, words: string): CodeBlock {
  const found = codeBlocks().filter((block) => block.document === document && block.code.includes(words));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} blocks of ${document} have ${words}`);
  return only;
}
