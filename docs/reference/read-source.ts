/** Reads interfaces with their doc comments out of sources that a formatter has laid out; no compiler is needed for that. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Member {
  readonly name: string;
  readonly type: string;
  /** On one line; empty where there is none. */
  readonly comment: string;
  /** What stands behind `@default`. */
  readonly otherwise: string | undefined;
}

const SOURCES = fileURLToPath(new URL('../../packages/core/src/', import.meta.url));

/** The text of a source of the core package. */
export function source(path: string): string {
  return readFileSync(`${SOURCES}${path}`, 'utf8');
}

/** The members of an interface, in their order. */
export function membersOf(text: string, name: string): readonly Member[] {
  const start = text.search(new RegExp(`^export interface ${name}\\b`, 'm'));
  if (start < 0) throw new Error(`there is no interface ${name}`);
  const open = text.slice(start).search(/\{\n/) + start + 2;
  const body = text.slice(open, text.indexOf('\n}\n', open) + 1);
  const members: Member[] = [];
  let comment = '';
  for (const { groups } of body.matchAll(ENTRY)) {
    if (groups?.['comment'] !== undefined) {
      comment = oneLine(groups['comment']);
      continue;
    }
    if (groups?.['name'] === undefined) continue;
    const [said = '', otherwise] = comment.split(/\s*@default\s+/);
    members.push({
      name: groups['name'].replaceAll(/['?]|readonly /g, ''),
      type: (groups['type'] ?? '').replaceAll(/\s+/g, ' ').trim(),
      comment: said.trim(),
      otherwise,
    });
    comment = '';
  }
  return members;
}

/** At an indentation of two: a doc comment, or a member until the semicolon at the end of its last line. */
const ENTRY =
  /^ {2}\/\*\*(?<comment>[\s\S]*?)\*\/\n|^ {2}(?<name>(?:readonly )?'?[\w-]+'?\??): (?<type>(?:[^\n]*;\n|[^\n]*\n(?: {3,}[^\n]*\n| {2}\}[^\n]*\n)*?(?=^ {2}\S|(?![\s\S]))))/gm;

function oneLine(comment: string): string {
  return comment
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
