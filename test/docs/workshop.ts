/** A folder inside this one in which blocks of the docs become modules, with all that they take for granted. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeBlocks, type CodeBlock } from './code-blocks.ts';
import { ROOT } from './documents.ts';
import { GIVEN } from './given.ts';

/** Where the docs say that something is, and where it is in a test. */
export type Addresses = Readonly<Record<string, string>>;

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** As strict as ourselves, but for what no reader would understand in a README. */
const COMPILER_OPTIONS = {
  noEmit: true,
  declaration: false,
  allowImportingTsExtensions: true,
  noUnusedLocals: false,
  noPropertyAccessFromIndexSignature: false,
};

export class Workshop {
  readonly #folder = mkdtempSync(fileURLToPath(new URL('.code-', import.meta.url)));
  #modules = 0;

  /** Type-checks all blocks, and what else is given by name; resolves to the complaints, one a line. */
  async typeCheck(blocks: readonly CodeBlock[], others: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const folder = this.#place('types');
    for (const block of blocks) writeFileSync(join(folder, fileOf(block)), textOf(block));
    for (const [name, text] of Object.entries(others)) writeFileSync(join(folder, name), text);
    const config = { extends: join(ROOT, 'tsconfig.base.json'), compilerOptions: COMPILER_OPTIONS, include: ['*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, [TSC, '-p', folder, '--pretty', 'false'], { cwd: folder }, (_error, stdout, stderr) =>
        resolve(`${stdout}${stderr}`),
      );
    });
    return output.split('\n').filter((line) => line.trim() !== '');
  }

  /** Runs a block as a module of its own; resolves to what it, or what is given to it, exports. */
  async run(
    block: CodeBlock,
    addresses: Addresses,
    exported: readonly string[] = [],
  ): Promise<Record<string, unknown>> {
    const folder = this.#place(`run-${(this.#modules += 1)}`);
    const files = codeBlocks().filter(({ document, file }) => file !== undefined && document === 'README.md');
    for (const file of files) writeFileSync(join(folder, fileOf(file)), located(textOf(file), addresses));
    const path = join(folder, 'block.ts');
    const ending = exported.length > 0 ? `export { ${exported.join(', ')} };` : 'export {};';
    writeFileSync(path, `${located(textOf(block), addresses)}\n${ending}\n`);
    return (await import(path)) as Record<string, unknown>;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #place(name: string): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    return folder;
  }
}

/** Complaints name it, so it says where the block stands. */
function fileOf({ document, line, file }: CodeBlock): string {
  return file ?? `${document.replaceAll('/', '.')}.${line}.ts`;
}

function textOf({ document, line, given, code }: CodeBlock): string {
  if (given === undefined) return `${code}\nexport {};\n`;
  const before = GIVEN[given];
  if (before === undefined) throw new Error(`${document}:${line}: nothing is known of "${given}"`);
  return `${before}\n${code}`;
}

function located(text: string, addresses: Addresses): string {
  return Object.entries(addresses).reduce((so, [from, to]) => so.replaceAll(from, to), text);
}
