/** What of a pool is worth keeping beyond a process, as it stands in a file. Holds no prompt, no answer and no key. */
import type { KeptCheck } from '../health/check.js';
import type { KeptRest } from '../pool/cooldown.js';
import type { FoundQuirk } from '../pool/quirks.js';
import type { KeptCounts } from '../pool/statistics.js';

export const FORMAT = 'ai-failover-state';
/** Another one for every change that an older release would misread. */
export const VERSION = 1;

/** What is missing or undefined is not known, or as new. */
export interface Snapshot {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** The same moment on the clock of the engine that saved it. `until` and `failedAt` are on that clock: only differences mean anything. */
  readonly clock: number;
  /** Of the fingerprints. */
  readonly salt: string;
  readonly upstreams: readonly KeptUpstream[];
}

export interface KeptUpstream {
  readonly name: string;
  /** A fingerprint of provider, URL and api-version: what was known of a service says nothing about another one. */
  readonly service: string;
  readonly rest?: KeptRest | undefined;
  readonly opening?: KeptOpening | undefined;
  readonly keys: readonly KeptKey[];
  /** Names that it was found to list, where its models are discovered. */
  readonly models?: readonly string[] | undefined;
  readonly probes?: KeptCheck | undefined;
  readonly deployments: readonly KeptDeployment[];
}

export interface KeptKey {
  /** As `keyIds` has it. */
  readonly key: string;
  readonly rest?: KeptRest | undefined;
}

export interface KeptDeployment {
  readonly model: string;
  /** The upstream's name for it. */
  readonly modelId: string;
  readonly rest?: KeptRest | undefined;
  readonly opening?: KeptOpening | undefined;
  readonly counts?: KeptCounts | undefined;
  readonly refuses?: readonly FoundQuirk[] | undefined;
  readonly probes?: KeptCheck | undefined;
  readonly lanes: readonly KeptLane[];
}

export interface KeptLane extends KeptKey {
  readonly counts?: KeptCounts | undefined;
}

/** Of a circuit that lets nobody through, or only trials. */
export interface KeptOpening {
  /** Missing where trials are let through. */
  readonly until?: number | undefined;
  /** In a row. */
  readonly openings: number;
}
