/** One contract for all adapters: what an application may rely on, whatever its framework. */
import { chains } from './chains.js';
import { chat } from './chat.js';
import { closing } from './closing.js';
import { compression } from './compression.js';
import type { ContractPart } from './contract-part.js';
import type { ContractSubject } from './contract-subject.js';
import { disconnect } from './disconnect.js';
import { endpoint } from './endpoint.js';
import { errors } from './errors.js';
import { headers } from './headers.js';
import { respond } from './respond.js';
import { streams } from './streams.js';
import type { TestFunctions } from './test-functions.js';
import { twoEngines } from './two-engines.js';

const PARTS: readonly ContractPart[] = [
  chat,
  streams,
  respond,
  endpoint,
  chains,
  errors,
  headers,
  disconnect,
  compression,
  twoEngines,
  closing,
];

/**
 * Describes the tests that every adapter passes: with the real engine, a faulty upstream, and clients on real sockets.
 *
 * @example
 * import { describe, expect, it } from 'vitest';
 * describeAdapterContract('Express 5', subject, { describe, expect, it });
 */
export function describeAdapterContract(name: string, subject: ContractSubject, functions: TestFunctions): void {
  functions.describe(`The adapter for ${name}`, () => {
    for (const part of PARTS) part(subject, functions);
  });
}
