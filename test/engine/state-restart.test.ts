/** A process that is ended by SIGTERM, and the one that is started after it. */
import type { FailoverStatus, ProbeRecord } from '@ai-failover/core';
import { answer, createFaultyUpstream, fail } from '@ai-failover/testing';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';

const PATIENT = { timeout: 20_000, interval: 50 };

interface Application {
  status(): Promise<FailoverStatus>;
  ask(): Promise<unknown>;
  /** By SIGTERM. It ends by itself, and has not complained. */
  end(): Promise<void>;
}

async function startApplication(environment: Readonly<Record<string, string>>): Promise<Application> {
  const { PATH = '' } = process.env;
  const args = ['--conditions=@ai-failover/source', '--import', 'tsx', 'state-application.ts'];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = text(child.stderr);
  const closed = new Promise<readonly unknown[]>((resolve) => {
    child.once('close', (...end: unknown[]) => resolve(end));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (line: string) => resolve(line.trim().slice(3)));
    void closed.then(async () => reject(new Error(await errors)));
  });
  return {
    status: async () => (await (await fetch(url)).json()) as FailoverStatus,
    ask: async () => (await fetch(url, { method: 'POST' })).json(),
    async end() {
      child.kill('SIGTERM');
      expect([await closed, await errors]).toEqual([[0, null], '']);
    },
  };
}

it('finds the history of checks and the open circuit again after a SIGTERM', async () => {
  const north = await createFaultyUpstream({ script: fail(500) });
  const south = await createFaultyUpstream({ script: answer('from south') });
  const folder = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(async () => {
    await Promise.all([north.close(), south.close()]);
    rmSync(folder, { recursive: true });
  });
  const environment = { NORTH: north.baseUrl, SOUTH: south.baseUrl, STATE: join(folder, 'state.json') };

  const before = await startApplication({ ...environment, PROBED_EVERY: '10' });
  for (let call = 0; call < 3; call += 1) expect(await before.ask()).toEqual({ text: 'from south' });
  const historyOf = ({ upstreams }: FailoverStatus) => upstreams.find(({ name }) => name === 'north')?.probes?.history;
  await vi.waitFor(async () => expect(historyOf(await before.status())?.checks).toBe(100), PATIENT);
  expect((await before.status()).deployments[0]?.circuit).toMatchObject({ state: 'open', openings: 1 });
  await before.end();
  expect(readdirSync(folder)).toEqual(['state.json']);
  const saved = readFileSync(environment.STATE, 'utf8');
  expect(saved).not.toContain('0123456789');
  const [kept] = (JSON.parse(saved) as { upstreams: { probes: { history: { results: ProbeRecord[] } } }[] }).upstreams;

  // Nothing is probed meanwhile: what is told is what was saved.
  const asked = south.requests.length;
  const after = await startApplication({ ...environment, PROBED_EVERY: '600000' });
  const status = await after.status();
  expect(status.deployments[0]).toMatchObject({
    id: 'm@north',
    failures: 2,
    circuit: { state: 'open', openings: 1, openFor: expect.any(Number) },
  });
  expect(status.deployments[0]?.circuit.openFor).toBeGreaterThan(0);
  expect(status.deployments[0]?.circuit.openFor).toBeLessThan(144_000);
  const history = historyOf(status);
  const last = kept?.probes.history.results.at(-1);
  expect(history).toMatchObject({ checks: 100, ok: 100, successRate: 1, averageLatency: expect.any(Number), last });
  expect(await after.ask()).toEqual({ text: 'from south' });
  expect(south.requests).toHaveLength(asked + 1);
  await after.end();
}, 60_000);
