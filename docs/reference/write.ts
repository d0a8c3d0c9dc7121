/** Writes the pages of the reference. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pages } from './pages.ts';

for (const [name, text] of Object.entries(pages())) {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
}
