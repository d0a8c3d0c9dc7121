import { afterEach, expect, it } from 'vitest';
import { answerWith, createScriptedTransport } from '../../../testing/src/index.js';
import { now } from '../../src/clock.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { Check } from '../../src/health/check.js';
import { probeList, type ListReader } from '../../src/health/list-probe.js';
import { createPool } from '../../src/pool/create-pool.js';
import type { Pool } from '../../src/pool/pool.js';
import { upstream } from '../config/sample-options.js';

const pools: Pool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

const ids = Array.from({ length: 2_000 }, (_, index) => ({ id: `model-${index}`, object: 'model' }));

function checkWith(probe: 'models' | 'head' = 'models') {
  const list = answerWith({ object: 'list', data: ids });
  const { createTransport, inquiries } = createScriptedTransport(
    () => answerWith('yes'),
    () => list,
  );
  const settings = resolveOptions({ upstreams: [upstream({ health: { probe } })] });
  const seams = {
    createTransport,
    random: () => 0.5,
    onCircuitChange: () => {},
    onFree: () => {},
    onKeyFault: () => {},
    onLimitNews: () => {},
  };
  const pool = createPool(settings, seams);
  pools.push(pool);
  const [one] = pool.upstreams;
  if (one?.settings.health === undefined) throw new Error('no upstream with probes');
  const check = new Check({ upstream: one, deployment: undefined, settings: one.settings.health }, now());
  return { check, inquiries };
}

function readerThatWants(wanted: boolean): ListReader & { bodies: string[] } {
  const bodies: string[] = [];
  return { bodies, wants: () => wanted, read: (_, body) => bodies.push(body) };
}

it('gives the whole list to who wants it, so that it is not asked for twice', async () => {
  const { check, inquiries } = checkWith();
  const reader = readerThatWants(true);
  expect(await probeList(check, reader)).toMatchObject({ verdict: undefined });
  expect(reader.bodies.map((body) => JSON.parse(body).data.length)).toEqual([2_000]);
  expect(inquiries).toHaveLength(1);
});

it('gives nobody a list that is not wanted, or that was not asked for', async () => {
  for (const [wanted, probe] of [
    [false, 'models'],
    [true, 'head'],
  ] as const) {
    const { check } = checkWith(probe);
    const reader = readerThatWants(wanted);
    expect(await probeList(check, reader)).toMatchObject({ verdict: undefined });
    expect(reader.bodies).toEqual([]);
  }
});
