/** What the application may say of its endpoint, and the check of it. */
import type { IncomingMessage } from 'node:http';
import { kindOf } from '../request/bad-request.js';
import { unknownName } from '../config/unknown-name.js';
import type { Failover } from '../failover.js';
import { ConfigError } from '../errors.js';
import type { RequestCallOptions } from './merge-options.js';

/** Options of an endpoint for OpenAI's clients. */
export interface EndpointOptions<Chain extends string = string, Req extends IncomingMessage = IncomingMessage> {
  /**
   * Who may ask: `true`, or options for the calls of this caller; anything else is a 401. What it throws becomes a 500 that says
   * nothing. Without it the endpoint is open: everybody who reaches it may ask, at your expense.
   */
  authorize?: ((req: Req) => Authorization<Chain> | Promise<Authorization<Chain>>) | undefined;
  /** Lets callers choose a chain by the header `x-ai-failover-chain`, unless `authorize` has chosen one. @default false */
  chainHeader?: boolean | undefined;
  /** Larger request bodies are refused with 413. @default 10_485_760 */
  maxRequestBytes?: number | undefined;
  /** Options for its calls. */
  call?: RequestCallOptions<Chain> | undefined;
}

export type Authorization<Chain extends string = string> = boolean | RequestCallOptions<Chain>;

type Check = (failover: Pick<Failover, 'checkCallOptions'>, value: unknown) => void;

const CHECKS: Readonly<Record<keyof EndpointOptions, Check>> = {
  authorize: (_, value) => expectThat(typeof value === 'function', 'authorize', 'a function', value),
  chainHeader: (_, value) => expectThat(typeof value === 'boolean', 'chainHeader', 'true or false', value),
  maxRequestBytes: (_, value) => {
    const fine = typeof value === 'number' && Number.isInteger(value) && value > 0;
    expectThat(fine, 'maxRequestBytes', 'a whole number of bytes above 0', value);
  },
  call: (failover, value) => failover.checkCallOptions(value as RequestCallOptions),
};

const KNOWN: ReadonlyMap<string, Check> = new Map(Object.entries(CHECKS));

/**
 * For adapters: once, at the mount.
 *
 * @throws ConfigError
 */
export function checkEndpointOptions(
  failover: Pick<Failover, 'checkCallOptions'>,
  options: EndpointOptions<string, never>,
): void {
  expectThat(typeof options === 'object' && options !== null, 'options', 'an object', options);
  for (const [name, value] of Object.entries(options)) {
    const check = KNOWN.get(name);
    if (check === undefined) throw new ConfigError([unknownName(name, name, KNOWN.keys())]);
    if (value !== undefined) check(failover, value);
  }
}

function expectThat(fine: boolean, path: string, expected: string, value: unknown): void {
  if (fine) return;
  throw new ConfigError([{ path, expected, value: typeof value === 'number' ? String(value) : kindOf(value) }]);
}
