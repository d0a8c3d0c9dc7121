// Packs the packages, installs the tarballs into an empty application, and calls a model through an upstream that fails.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'packed-consumer-'));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] }).toString();

try {
  for (const name of ['core', 'express', 'testing']) {
    run('npx', ['-y', 'pnpm@10', 'pack', '--pack-destination', folder], join('packages', name));
  }
  const tarballs = Object.fromEntries(
    readdirSync(folder).map((file) => [`@ai-failover/${file.split('-')[2]}`, `file:./${file}`]),
  );
  const manifest = {
    name: 'packed-consumer',
    private: true,
    type: 'module',
    dependencies: { ...tarballs, express: '^5' },
    // The packages name each other by version, which only a registry could resolve.
    overrides: tarballs,
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(
    join(folder, 'app.mjs'),
    `
import assert from 'node:assert/strict';
import express from 'express';
import { aiFailover } from '@ai-failover/express';
import { answer, createFaultyUpstream, fail } from '@ai-failover/testing';

const broken = await createFaultyUpstream({ script: fail(503) });
const healthy = await createFaultyUpstream({ script: answer('from a packed package') });
const ai = aiFailover({
  upstreams: [
    { name: 'broken', provider: 'openai', baseUrl: broken.baseUrl, keys: ['sk-packed-0001'], models: ['m'], priority: 1 },
    { name: 'healthy', provider: 'openai', baseUrl: healthy.baseUrl, keys: ['sk-packed-0002'], models: ['m'], priority: 2 },
  ],
});
const app = express().use(ai).post('/chat', async (req, res) => res.json({ text: (await req.ai.chat({ messages: [{ role: 'user', content: 'Hello' }] })).text }));
const server = await new Promise((resolve) => { const s = app.listen(0, '127.0.0.1', () => resolve(s)); });
const response = await fetch('http://127.0.0.1:' + server.address().port + '/chat', { method: 'POST' });
assert.deepEqual(await response.json(), { text: 'from a packed package' });
server.close();
server.closeAllConnections();
await Promise.all([ai.failover.close(), broken.close(), healthy.close()]);
`,
  );
  writeFileSync(
    join(folder, 'app.cjs'),
    `
const assert = require('node:assert/strict');
const { createTestFailover } = require('@ai-failover/testing');
createTestFailover({ reply: 'required' }).chat({ messages: [{ role: 'user', content: 'Hello' }] })
  .then((reply) => assert.equal(reply.text, 'required'));
`,
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  run('node', ['app.mjs'], folder);
  run('node', ['app.cjs'], folder);
  console.log('packed consumer: ESM and require() work from tarballs');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
