/** Which options exist where, and what people write instead: for options that nobody knows. */
import { stickySchema } from './balance-schema.js';
import { chainSchema, requireSchema } from './chain-schema.js';
import type { Fault } from './fault.js';
import { keyOptionsSchema } from './key-schema.js';
import { breakerSchema, deploymentRetrySchema, limitsSchema, retrySchema, timeoutsSchema } from './group-schemas.js';
import { healthGroupSchema } from './health-schema.js';
import { nearestNames } from './nearest-name.js';
import type { Path } from './plain-copy.js';
import { optionsSchema } from './schema.js';
import { stateSchema } from './state-schema.js';
import { capabilitiesSchema, modelSchema, priceSchema, upstreamSchema } from './upstream-schema.js';
import { quotaOptionsSchema, statusPageOptionsSchema } from './watch-schema.js';
import { type Level, wrongNames } from './wrong-names.js';

const KNOWN: Readonly<Record<Level, readonly string[]>> = {
  whole: Object.keys(optionsSchema.shape),
  upstream: Object.keys(upstreamSchema.shape),
  model: Object.keys(modelSchema.shape),
  key: Object.keys(keyOptionsSchema.shape),
  capabilities: Object.keys(capabilitiesSchema.shape),
  price: Object.keys(priceSchema.shape),
  balance: Object.keys(stickySchema.shape),
  timeouts: Object.keys(timeoutsSchema.shape),
  retry: Object.keys(retrySchema.shape),
  deploymentRetry: Object.keys(deploymentRetrySchema.shape),
  breaker: Object.keys(breakerSchema.shape),
  limits: Object.keys(limitsSchema.shape),
  quota: Object.keys(quotaOptionsSchema.shape),
  statusPage: Object.keys(statusPageOptionsSchema.shape),
  health: Object.keys(healthGroupSchema.shape),
  state: Object.keys(stateSchema.shape),
  chain: Object.keys(chainSchema.shape),
  require: Object.keys(requireSchema.shape),
};

const TITLES: Readonly<Record<Level, string>> = {
  whole: 'a known option',
  upstream: 'a known option of an upstream',
  model: 'a known option of a model',
  key: 'a known option of a key',
  capabilities: 'a known capability',
  price: 'a known price',
  balance: 'a known way of balancing',
  timeouts: 'a known timeout',
  retry: 'a known retry option',
  deploymentRetry: 'a known retry option of an upstream or a model',
  breaker: 'a known breaker option',
  limits: 'a known limit',
  quota: 'a known option of a quota',
  statusPage: 'a known option of a status page',
  health: 'a known health option',
  state: 'a known option of the state',
  chain: 'a known option of a chain',
  require: 'a known demand',
};

/** What to say about the unknown option `name` of the object at `path`: what was probably meant, or what there is. */
export function findUnknownOption(path: Path, name: string): Fault {
  const level = levelOf(path);
  const suggestion =
    wrongNames(level).get(simplify(name)) ?? placeElsewhere(level, name) ?? nearestNames(name, KNOWN[level], 1)[0];
  const expected = TITLES[level];
  return suggestion === undefined ? { expected, known: KNOWN[level] } : { expected, suggestion };
}

/** A right name in the wrong place. */
function placeElsewhere(level: Level, name: string): string | undefined {
  if (level === 'whole' && KNOWN.upstream.includes(name)) return `upstreams[].${name}`;
  if (level === 'upstream' && KNOWN.model.includes(name)) return `models["…"].${name}`;
  if (level === 'deploymentRetry' && KNOWN.retry.includes(name)) return `retry.${name} beside upstreams`;
  if ((level === 'upstream' || level === 'model') && KNOWN.whole.includes(name)) return `${name} beside upstreams`;
  return undefined;
}

function levelOf(path: Path): Level {
  const group = path.at(-1);
  if (path.length === 0) return 'whole';
  if (path[0] === 'chains' && path.length > 2) return group === 'balance' ? 'balance' : 'require';
  if (path[0] === 'chains') return 'chain';
  if (path[0] === 'upstreams' && path.length === 2) return 'upstream';
  if (path[0] === 'upstreams' && path.length === 4) return path[2] === 'keys' ? 'key' : 'model';
  if (group === 'retry') return path.length === 1 ? 'retry' : 'deploymentRetry';
  return GROUPS.find((level) => level === group) ?? 'timeouts';
}

const GROUPS = [
  'breaker',
  'limits',
  'capabilities',
  'price',
  'balance',
  'health',
  'quota',
  'statusPage',
  'state',
] as const;

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/gu, '');
}
