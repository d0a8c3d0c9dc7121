// What a user installs: packs the packages, looks into the tarballs, installs them into an application of its own, checks its types with
// two TypeScripts and two ways of resolving modules, and calls a model through an upstream that fails, on three versions of Node.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGES = ['core', 'express', 'koa', 'fastify', 'testing'];
const NODES = ['20', '22', '24'];
const TYPESCRIPTS = ['typescript', 'typescript-5.9'];

const folder = mkdtempSync(join(tmpdir(), 'packed-consumers-'));

function run(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')} failed:\n${error.stdout}\n${error.stderr}`, { cause: error });
  }
}

function pack() {
  for (const name of PACKAGES) {
    run('npx', ['-y', 'pnpm@10', 'pack', '--pack-destination', folder], join('packages', name));
  }
  return Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith('.tgz'))
      .map((file) => [`@ai-failover/${file.split('-')[2]}`, file]),
  );
}

/** Nothing but what runs, its types, and what a person reads. */
function checkContents(tarball) {
  const files = run('tar', ['-tzf', join(folder, tarball)], folder).trim().split('\n');
  const strange = files.filter((file) => !/^package\/(dist\/.+\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(file));
  if (strange.length > 0) throw new Error(`${tarball} holds ${strange.join(', ')}`);
  for (const wanted of ['package/README.md', 'package/LICENSE', 'package/package.json', 'package/dist/index.js']) {
    if (!files.includes(wanted)) throw new Error(`${tarball} lacks ${wanted}`);
  }
}

function checkPackaging(tarball) {
  run('npx', ['publint', 'run', '--strict', join(folder, tarball)]);
  // ESM only: Node 20.19 and later can require() it, which the application does below.
  run('npx', ['attw', join(folder, tarball), '--profile', 'esm-only']);
}

function installApplication(tarballs) {
  const app = join(folder, 'app');
  cpSync('.ci/consumer', app, { recursive: true });
  const files = Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:../${file}`]));
  const manifest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
  manifest.dependencies = { ...manifest.dependencies, ...files };
  // The packages name each other by version, which only a registry could resolve.
  manifest.overrides = files;
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest, null, 2));
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], app);
  const cores = run('npm', ['ls', '@ai-failover/core', '--all', '--parseable'], app).trim().split('\n');
  if (cores.length !== 1) throw new Error(`there is more than one core: ${cores.join(', ')}`);
  return app;
}

function installNode(version) {
  const place = join(folder, `node-${version}`);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{"private":true}');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${version}`], place);
  return join(place, 'node_modules', '.bin', 'node');
}

try {
  const tarballs = pack();
  for (const tarball of Object.values(tarballs)) {
    checkContents(tarball);
    checkPackaging(tarball);
  }
  const app = installApplication(tarballs);
  for (const typescript of TYPESCRIPTS) {
    const { bin } = JSON.parse(readFileSync(join(app, 'node_modules', typescript, 'package.json'), 'utf8'));
    const tsc = join(app, 'node_modules', typescript, bin.tsc);
    for (const resolution of ['nodenext', 'bundler']) run('node', [tsc, '-p', `tsconfig.${resolution}.json`], app);
  }
  for (const version of NODES) {
    const node = installNode(version);
    for (const file of ['imports.mjs', 'requires.cjs']) run(node, [file], app);
    console.log(`packed consumers: import and require() work on Node ${run(node, ['--version']).trim()}`);
  }
  console.log('packed consumers: types check with TypeScript 5.9 and current, NodeNext and Bundler');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
