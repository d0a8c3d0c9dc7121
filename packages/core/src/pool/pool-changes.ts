/** Changes the pool while calls go on: a call keeps the pool it began with, so none is lost. */
import { checkUpstreams, type CheckedUpstreams } from '../config/check-options.js';
import type { UpstreamOptions } from '../config/options.js';
import { unknownName } from '../config/unknown-name.js';
import { ConfigError } from '../errors.js';
import { given } from '../given.js';

/** Hands on the pool. Each change holds for all calls that begin after it. */
export interface PoolControl {
  /**
   * Adds an upstream, behind those that are there. Resolves when it is in the pool.
   *
   * @throws ConfigError
   */
  add(upstream: UpstreamOptions): Promise<void>;
  /**
   * Takes an upstream out. Calls under way may still ask it; resolves when the last of them has ended and its connections are
   * closed.
   *
   * @throws ConfigError for an unknown name, and for the last one
   */
  remove(name: string): Promise<void>;
  /**
   * Gives an upstream other options; those that are not named stay, `undefined` takes one back to its default. What is known of it stays as far as it
   * is still true: of a key while it is in the list, of a circuit or a limit while its own options are the same, of all of it while
   * provider and URL are the same. Resolves when nothing of it is used any more that was replaced.
   *
   * @throws ConfigError
   */
  update(name: string, changes: UpstreamChanges): Promise<void>;
}

/** Options of an upstream to change. */
export type UpstreamChanges = {
  readonly [Name in Exclude<keyof UpstreamOptions, 'name'>]?: UpstreamOptions[Name] | undefined;
};

export interface ChangedPool {
  readonly upstreams: () => CheckedUpstreams;
  /** The change holds; resolves when what it replaced is gone. */
  readonly become: (upstreams: CheckedUpstreams, change: PoolChange) => Promise<void>;
}

export interface PoolChange {
  readonly kind: 'added' | 'removed' | 'updated' | 'discovered';
  readonly upstream: string;
}

/** Events, status and statistics are kept by it. */
const FIXED_NAME = { path: 'name', expected: 'nothing here: an upstream keeps its name' };

export function createPoolControl({ upstreams, become }: ChangedPool): PoolControl {
  /** Those before and behind the named one, and itself. */
  function find(name: string) {
    const all = upstreams();
    const index = all.findIndex((one) => one.name === name);
    const found = all[index];
    if (found === undefined) {
      const names = all.map((one) => one.name);
      throw new ConfigError([unknownName('upstream', name, names)]);
    }
    return { found, before: all.slice(0, index), behind: all.slice(index + 1) };
  }

  return {
    // Async, so that a fault rejects like everything else that goes wrong with a change.
    async add(upstream) {
      const checked = checkUpstreams([...upstreams(), upstream]);
      const name = checked.at(-1)?.name ?? '';
      await become(checked, { kind: 'added', upstream: name });
    },
    async remove(name) {
      const { before, behind } = find(name);
      await become(checkUpstreams([...before, ...behind]), { kind: 'removed', upstream: name });
    },
    async update(name, changes) {
      const { found, before, behind } = find(name);
      if ('name' in changes && changes.name !== name) throw new ConfigError([FIXED_NAME]);
      const updated = given({ ...found, ...changes });
      await become(checkUpstreams([...before, updated, ...behind]), { kind: 'updated', upstream: name });
    },
  };
}
