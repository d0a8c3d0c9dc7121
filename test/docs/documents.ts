/** The docs: what a reader comes across, but not the decisions, which tell what was once thought. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Paths from the root of the repository. */
export function documents(): readonly string[] {
  const readmes = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name, 'README.md')),
  );
  return [...markdownIn('.'), ...markdownIn('docs'), ...markdownIn('docs/reference'), ...readmes].filter((path) =>
    existsSync(join(ROOT, path)),
  );
}

export function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}
