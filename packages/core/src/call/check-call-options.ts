/** Checks the options of a call. Cheap, because every call passes here and few have any. */
import { LONGEST_TIMER } from '../clock.js';
import { unknownName } from '../config/unknown-name.js';
import { ConfigError } from '../errors.js';
import type { CallOptions } from './call-options.js';

type Check = (path: string, value: unknown) => void;

const duration: Check = (path, value) => checkNumber(path, value, { least: 0, most: LONGEST_TIMER });

const CHECKS: Readonly<Record<keyof CallOptions | 'detached', Check | undefined>> = {
  chain: undefined,
  signal: (path, value) => {
    // Not by instanceof: polyfills and test environments have signals of their own.
    const fine = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
    expectThat(fine, path, 'an AbortSignal', value);
  },
  deadline: (path, value) => checkNumber(path, value, { least: 1, most: LONGEST_TIMER }),
  raceAfter: (path, value) => {
    if (value !== false) checkNumber(path, value, { least: 1, most: LONGEST_TIMER, or: 'false for no race' });
  },
  onStreamFailure: (path, value) => {
    expectThat(value === 'continue' || value === 'error', path, "'continue' or 'error'", value);
  },
  streamInside: (path, value) => expectThat(typeof value === 'boolean', path, 'true or false', value),
  strictParameters: (path, value) => expectThat(typeof value === 'boolean', path, 'true or false', value),
  maxAttempts: (path, value) => checkNumber(path, value, { least: 1, most: 1_000, whole: true }),
  priority: (path, value) => checkNumber(path, value, { least: -1e9, most: 1e9 }),
  timeouts: fieldsOf({
    connect: duration,
    pool: duration,
    write: duration,
    firstContent: duration,
    betweenChunks: duration,
    unary: duration,
    unaryPerOutputToken: duration,
  }),
  retry: fieldsOf({ baseDelay: duration, overloadedBaseDelay: duration, maxDelay: duration, maxHintWait: duration }),
  require: fieldsOf({ tags: names, regions: names }),
  cannedReply: (path, value) => {
    const fine =
      value === false || ['string', 'function'].includes(typeof value) || (typeof value === 'object' && value !== null);
    expectThat(fine, path, 'text, texts by locale, a function, or false for none', value);
  },
  locales: undefined,
  callerRetries: undefined,
  user: (path, value) => expectThat(typeof value === 'string', path, 'a string', value),
  metadata: undefined,
  detached: undefined,
};

const KNOWN: ReadonlyMap<string, Check | undefined> = new Map(Object.entries(CHECKS));

/** @throws ConfigError for what is the application's mistake */
export function checkCallOptions(options: CallOptions, chains: readonly string[]): void {
  expectThat(typeof options === 'object' && options !== null, 'options', 'an object', options);
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) throw new ConfigError([unknownName(name, name, KNOWN.keys())]);
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined) KNOWN.get(name)?.(name, value);
  }
  const { chain } = options;
  if (chain !== undefined && !chains.includes(chain)) throw new ConfigError([unknownName('chain', chain, chains)]);
}

function fieldsOf(checks: Readonly<Record<string, Check>>): Check {
  return (path, fields) => {
    expectThat(typeof fields === 'object' && fields !== null, path, 'an object', fields);
    for (const [name, value] of Object.entries(Object(fields))) {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      if (check === undefined) throw new ConfigError([unknownName(`${path}.${name}`, name, Object.keys(checks))]);
      if (value !== undefined) check(`${path}.${name}`, value);
    }
  };
}

function names(path: string, value: unknown): void {
  const fine = Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
  expectThat(fine, path, 'a list of names', value);
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
  /** What else is taken, in words. */
  readonly or?: string;
}

function checkNumber(path: string, value: unknown, { least, most, whole = false, or }: Range): void {
  const fine = typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
  const expected = `${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
  expectThat(fine, path, or === undefined ? expected : `${expected}, or ${or}`, value);
}

function expectThat(fine: boolean, path: string, expected: string, value: unknown): void {
  if (fine) return;
  throw new ConfigError([{ path, expected, value: typeof value === 'number' ? String(value) : typeof value }]);
}
