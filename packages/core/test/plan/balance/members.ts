/** Members of a tier, as the ways of balancing see them, and who asks. */
import { resolveOptions } from '../../../src/config/resolve-options.js';
import type { ModelOptions } from '../../../src/config/model-options.js';
import type { Asker } from '../../../src/plan/balance/balance.js';
import { createPool } from '../../../src/pool/create-pool.js';
import type { Deployment } from '../../../src/pool/pool.js';

/** `m` at an upstream of this name, with these options. */
export function member(name: string, options: ModelOptions = {}): Deployment {
  const upstream = { name, provider: 'openai', keys: 'none', models: { m: options } };
  const transport = { send: unasked, close: async () => {} };
  const pool = createPool(resolveOptions({ upstreams: [upstream] }), {
    createTransport: () => transport,
    random: () => 0.5,
    onCircuitChange: () => {},
    onFree: () => {},
    onKeyFault: () => {},
    onLimitNews: () => {},
  });
  const [deployment] = pool.deployments;
  if (deployment === undefined) throw new Error('there is a deployment');
  void pool.close();
  return deployment;
}

export function members(...names: readonly string[]): Deployment[] {
  return names.map((name) => member(name));
}

/** A call without a user, for an unstreamed answer to a short prompt. */
export function asker(more: Partial<Asker> = {}): Asker {
  return { streamed: false, promptTokens: () => 100, maxOutputTokens: undefined, stickyKey: () => undefined, ...more };
}

export function askerOf(user: string): Asker {
  return asker({ stickyKey: () => user });
}

/** Attempts under way, that nobody minds. */
export function run(deployment: Deployment, count: number): void {
  for (let index = 0; index < count; index += 1) deployment.running.add({ abandon: () => {} });
}

function unasked(): never {
  throw new Error('nothing is sent');
}
