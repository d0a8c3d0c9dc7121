/** Tells keys and services apart without saying what they are. */
import { createHmac, randomBytes } from 'node:crypto';
import type { UpstreamSettings } from '../config/settings.js';
import type { Key } from '../pool/key.js';

/** 48 bits: enough for the keys of a list, and too few to be taken for more. */
const LENGTH = 12;

/** A new one for each process, so that two files cannot be compared. */
export function createSalt(): string {
  return randomBytes(16).toString('hex');
}

/** A secret by its fingerprint, wherever it stands in the list; a function, which has none yet, by its position. */
function keyId({ number, settings: { secret } }: Key, salt: string): string {
  if (secret === undefined) return 'none';
  return typeof secret === 'string' ? fingerprint(['key', secret], salt) : `function ${number}`;
}

/** Those of all keys of an upstream: each of its lanes asks for one. */
export function keyIds(keys: readonly Key[], salt: string): ReadonlyMap<Key, string> {
  return new Map(keys.map((key) => [key, keyId(key, salt)]));
}

/** URLs may hold what nobody else should know. */
export function serviceId({ provider, baseUrl, apiVersion }: UpstreamSettings, salt: string): string {
  return fingerprint(['service', provider, baseUrl, apiVersion ?? ''], salt);
}

function fingerprint(parts: readonly string[], salt: string): string {
  return createHmac('sha256', salt).update(JSON.stringify(parts)).digest('hex').slice(0, LENGTH);
}
