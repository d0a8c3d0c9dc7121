import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { documents, ROOT, textOf } from './documents.ts';

const LINK = /\]\((?<path>[^)#\s]*)(?:#(?<heading>[^)\s]+))?\)/g;

/** The anchors of a document, as they are made of its headings. */
function headings(document: string): readonly string[] {
  return [...textOf(document).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links inside the repository that lead nowhere. */
function brokenLinks(document: string): readonly string[] {
  return [...textOf(document).matchAll(LINK)].flatMap(([link, path = '', heading]) => {
    if (/^[a-z]+:/.test(path)) return [];
    const place = path === '' ? document : join(dirname(document), path);
    if (!existsSync(join(ROOT, place))) return [link];
    return heading === undefined || headings(place).includes(heading) ? [] : [link];
  });
}

it.each(documents())('the links of %s lead somewhere', (document) => {
  expect(brokenLinks(document)).toEqual([]);
});
