/** One key of an upstream, shared by all its models. */
import { isDeepStrictEqual } from 'node:util';
import { now } from '../clock.js';
import type { KeySettings, UpstreamSettings } from '../config/settings.js';
import { Cooldown } from './cooldown.js';
import { FixedCredential, type ComposeHeaders, type Credential } from './credential.js';
import { TokenCredential } from './token-credential.js';

export interface Key {
  /** Position in the upstream's list, from 1. */
  readonly number: number;
  readonly settings: KeySettings;
  readonly credential: Credential;
  readonly cooldown: Cooldown;
}

/** A key function has failed. */
export interface KeyFault {
  readonly upstream: string;
  /** Of the key, which may have moved in its list since. */
  readonly credential: Credential;
  readonly error: unknown;
  /** Milliseconds that the key rests for it; undefined where an older token is still good. */
  readonly restsFor: number | undefined;
}

export interface KeySeams {
  readonly compose: ComposeHeaders;
  readonly onFault: (fault: KeyFault) => void;
  /** The same upstream as it was; what is known of its keys stays. */
  readonly before: { readonly settings: UpstreamSettings; readonly keys: readonly Key[] } | undefined;
}

/** The first rest after a function's failure; doubles with each in a row. */
const FIRST_REST = 5_000;
const LONGEST_REST = 300_000;

/** By its secret, wherever it stands in the list. */
export function isSameKey(one: Key, other: Key | undefined): boolean {
  return one.settings.secret === other?.settings.secret;
}

export function createKeys({ name, keys, headers }: UpstreamSettings, { before, ...seams }: KeySeams): readonly Key[] {
  const keepsHeaders = before !== undefined && isDeepStrictEqual(before.settings.headers, headers);
  return keys.map((settings, index) => {
    const known = before?.keys.find((key) => key.settings.secret === settings.secret);
    const cooldown = known?.cooldown ?? new Cooldown();
    const kept = keepsHeaders ? known?.credential : undefined;
    const credential = kept ?? createCredential(settings, cooldown, { ...seams, upstream: name });
    return { number: index + 1, settings, cooldown, credential };
  });
}

interface CredentialSeams extends Omit<KeySeams, 'before'> {
  readonly upstream: string;
}

function createCredential(
  { secret }: KeySettings,
  cooldown: Cooldown,
  { upstream, compose, onFault }: CredentialSeams,
): Credential {
  if (typeof secret !== 'function') return new FixedCredential(secret, compose);
  const credential: TokenCredential = new TokenCredential(secret, {
    now,
    compose,
    onFault: (error, needed) => {
      const restsFor = needed ? restFrom(cooldown, now()) : undefined;
      onFault({ upstream, credential, error, restsFor });
    },
  });
  return credential;
}

function restFrom(cooldown: Cooldown, at: number): number | undefined {
  const duration = (run: number): number => Math.min(LONGEST_REST, FIRST_REST * 2 ** Math.min(run - 1, 30));
  return cooldown.offend({ reason: 'no-token', attemptStartedAt: at, at, hinted: false, duration });
}
