// What a user installs: packs the packages, looks into the tarballs, installs them into an application of its own, checks its types with
// two TypeScripts and two ways of resolving modules, and calls a model through an upstream that fails, on three versions of Node.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PACKAGES = ['core', 'express', 'koa', 'fastify', 'testing'];
const NODES = ['20', '22', '24'];
const TYPESCRIPTS = ['typescript', 'typescript-5.9'];
const RESOLUTIONS = ['nodenext', 'bundler'];
const INSTALL = ['install', '--no-audit', '--no-fund', '--loglevel=error'];

const folder = mkdtempSync(join(tmpdir(), 'packed-consumers-'));
const app = join(folder, 'app');

/** What a command prints. */
async function run(command, args, cwd = ROOT) {
  try {
    return (await promisify(execFile)(command, args, { cwd })).stdout;
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`, { cause: error });
  }
}

/** The tarballs by the names of their packages. */
async function pack() {
  await run('npx', ['-y', 'pnpm@10', '--recursive', '--filter', './packages/*', 'pack', '--pack-destination', folder]);
  const tarballs = PACKAGES.map((name) => [
    name,
    readdirSync(folder).find((file) => file.startsWith(`ai-failover-${name}-`)),
  ]);
  return Object.fromEntries(tarballs);
}

/** Nothing but what runs, its types, and what a person reads; and of a source that is still there. */
async function checkContents(name, tarball) {
  const files = (await run('tar', ['-tzf', join(folder, tarball)])).trim().split('\n');
  const strange = files.filter(
    (file) => !/^package\/(dist\/.+\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(file),
  );
  if (strange.length > 0) throw new Error(`${tarball} holds ${strange.join(', ')}`);
  for (const wanted of ['package/README.md', 'package/LICENSE', 'package/package.json', 'package/dist/index.js']) {
    if (!files.includes(wanted)) throw new Error(`${tarball} lacks ${wanted}`);
  }
  const built = files.filter((file) => file.startsWith('package/dist/'));
  const sourceOf = (file) => file.replace('package/dist/', `packages/${name}/src/`).replace(/\.(d\.ts|js)$/, '.ts');
  const orphans = built.filter((file) => !existsSync(join(ROOT, sourceOf(file))));
  if (orphans.length > 0)
    throw new Error(`${tarball} holds what an older build has left: ${orphans.join(', ')}; remove dist`);
}

async function checkPackaging(tarball) {
  const bin = (name) => join(ROOT, 'node_modules/.bin', name);
  await run(bin('publint'), ['run', '--strict', join(folder, tarball)]);
  // ESM only: Node 20.19 and later can require() it, which the application does below.
  await run(bin('attw'), [join(folder, tarball), '--profile', 'esm-only']);
}

async function installApplication(tarballs) {
  cpSync(join(ROOT, '.ci/consumer'), app, { recursive: true });
  const files = Object.fromEntries(
    Object.entries(tarballs).map(([name, file]) => [`@ai-failover/${name}`, `file:../${file}`]),
  );
  const manifest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
  manifest.dependencies = { ...manifest.dependencies, ...files };
  // The packages name each other by version, which only a registry could resolve.
  manifest.overrides = files;
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest, null, 2));
  await run('npm', INSTALL, app);
  const cores = (await run('npm', ['ls', '@ai-failover/core', '--all', '--parseable'], app)).trim().split('\n');
  if (cores.length !== 1) throw new Error(`there is more than one core: ${cores.join(', ')}`);
}

/** Checks the types and compiles what is run later; the place of that. */
async function compile(typescript, resolution) {
  const { bin } = JSON.parse(readFileSync(join(app, 'node_modules', typescript, 'package.json'), 'utf8'));
  const tsc = join(app, 'node_modules', typescript, bin.tsc);
  const out = `out/${typescript}-${resolution}`;
  const args = [tsc, '-p', `tsconfig.${resolution}.json`, '--outDir', out, '--pretty', 'false'];
  const told = await promisify(execFile)(process.execPath, args, { cwd: app }).catch((error) => error);
  // No `skipLibCheck`, so that our own declarations are checked. What others have wrong in theirs is not for us to mend: those of Koa do not
  // fit the version of content-disposition that comes with Express.
  const faults = told.stdout
    .split('\n')
    .filter((line) => /error TS/.test(line) && !/^node_modules\/(?!@ai-failover\/)/.test(line));
  if (faults.length > 0) throw new Error(`${typescript}, ${resolution}:\n${faults.join('\n')}`);
  return `${out}/calls.mjs`;
}

async function installNode(version) {
  const place = join(folder, `node-${version}`);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{"private":true}');
  await run('npm', [...INSTALL, `node@${version}`], place);
  return join(place, 'node_modules/.bin/node');
}

async function installNodes() {
  const nodes = [];
  for (const version of NODES) nodes.push(await installNode(version));
  return nodes;
}

async function check() {
  const tarballs = await pack();
  for (const [name, tarball] of Object.entries(tarballs)) await checkContents(name, tarball);
  // The network is busy with the one while the processor is with the other.
  const [nodes] = await Promise.all([
    installNodes(),
    installApplication(tarballs),
    (async () => {
      for (const tarball of Object.values(tarballs)) await checkPackaging(tarball);
    })(),
  ]);
  console.log('packed consumers: publint and attw have no objection; there is one core');
  const compiled = [];
  for (const typescript of TYPESCRIPTS) {
    compiled.push(...(await Promise.all(RESOLUTIONS.map((resolution) => compile(typescript, resolution)))));
  }
  console.log('packed consumers: types check with TypeScript 5.9 and current, NodeNext and Bundler');
  for (const node of nodes) {
    for (const file of ['imports.mjs', 'requires.cjs', ...compiled]) await run(node, [file], app);
    console.log(
      `packed consumers: import, require() and compiled TypeScript work on Node ${(await run(node, ['--version'])).trim()}`,
    );
  }
}

try {
  await check();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
