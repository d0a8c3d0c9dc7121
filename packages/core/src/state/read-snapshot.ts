/**
 * Reads a snapshot out of a text that anybody may have written. What is wrong with the whole is a fault; an entry that is wrong is left
 * out, so that one of them does not take the others with it. Pure.
 */
import { findNameFault } from '../config/name-faults.js';
import type { KeptCheck } from '../health/check.js';
import { History } from '../health/history.js';
import type { ProbeState } from '../health/probe-state.js';
import { isFailureClass } from '../judgement/table.js';
import type { FailureClass } from '../judgement/failure.js';
import type { KeptRest } from '../pool/cooldown.js';
import type { FoundQuirk } from '../pool/quirks.js';
import type { KeptCounts } from '../pool/statistics.js';
import { isRecord, type Fields } from '../request/bad-request.js';
import { REFUSABLE_FEATURES } from '../request/refusable.js';
import { FORMAT, VERSION } from './snapshot.js';
import type { KeptDeployment, KeptKey, KeptLane, KeptOpening, KeptUpstream, Snapshot } from './snapshot.js';

/** Why nothing was restored. */
export type StateFault =
  /** It is there, but could not be read. */
  | 'unreadable'
  | 'too-large'
  /** It is no JSON, or not whole. */
  | 'broken'
  /** It is not ours. */
  | 'foreign'
  /** Of another release, which writes it differently. */
  | 'version'
  /** Saved at a time that is still to come: nobody knows how long ago. */
  | 'future';

/** Clocks of machines that share a file may differ so much, in milliseconds. */
const TOLERANCE = 60_000;
const MOST_ENTRIES = 10_000;
const LONGEST_ID = 40;

/** `today`: milliseconds since 1970. */
export function readSnapshot(text: string, today: number): Snapshot | StateFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'broken';
  }
  if (!isRecord(value) || value['format'] !== FORMAT) return 'foreign';
  if (value['version'] !== VERSION) return 'version';
  const { savedAt, clock, salt, upstreams } = value;
  if (!isTime(savedAt) || !isTime(clock) || typeof salt !== 'string' || !/^[\da-f]{32}$/.test(salt)) return 'broken';
  if (!Array.isArray(upstreams)) return 'broken';
  if (savedAt > today + TOLERANCE) return 'future';
  const read = listOf(upstreams, (one) => upstreamOf(one, today));
  return { format: FORMAT, version: VERSION, savedAt, clock, salt, upstreams: read };
}

function upstreamOf(value: Fields, today: number): KeptUpstream | undefined {
  const { name, service } = value;
  if (!isName(name) || !isId(service)) return undefined;
  const facts = {
    rest: restOf(value['rest']),
    opening: openingOf(value['opening']),
    models: modelsOf(value['models']),
    probes: probesOf(value['probes'], today),
  };
  const keys = listOf(value['keys'], keyOf);
  const deployments = listOf(value['deployments'], (one) => deploymentOf(one, today));
  return { name, service, ...facts, keys, deployments };
}

function deploymentOf(value: Fields, today: number): KeptDeployment | undefined {
  const { model, modelId } = value;
  if (!isName(model) || typeof modelId !== 'string') return undefined;
  const facts = {
    rest: restOf(value['rest']),
    opening: openingOf(value['opening']),
    counts: countsOf(value['counts']),
    refuses: listOf(value['refuses'], (one) => quirkOf(one, today)),
    probes: probesOf(value['probes'], today),
  };
  const lanes = listOf(value['lanes'], (one): KeptLane | undefined => {
    const key = keyOf(one);
    return key && { ...key, counts: countsOf(one['counts']) };
  });
  return { model, modelId, ...facts, lanes };
}

function keyOf(value: Fields): KeptKey | undefined {
  const { key } = value;
  return isId(key) ? { key, rest: restOf(value['rest']) } : undefined;
}

function restOf(value: unknown): KeptRest | undefined {
  if (!isRecord(value)) return undefined;
  const { until, reason, run } = value;
  if (!isTime(until) || !isCount(run)) return undefined;
  return reason === 'no-token' || isFailureClass(reason) ? { until, reason, run } : undefined;
}

function openingOf(value: unknown): KeptOpening | undefined {
  if (!isRecord(value)) return undefined;
  const { until, openings } = value;
  if (!isCount(openings)) return undefined;
  if (until === undefined) return { openings };
  return isTime(until) ? { until, openings } : undefined;
}

function countsOf(value: unknown): KeptCounts | undefined {
  if (!isRecord(value)) return undefined;
  const { attempts, successes, failures, failuresByClass } = value;
  if (!isCount(attempts) || !isCount(successes) || !isCount(failures) || !isRecord(failuresByClass)) return undefined;
  if (successes + failures > attempts) return undefined;
  const byClass: Partial<Record<FailureClass, number>> = {};
  // Only names that the table has: nothing of the file becomes a name here.
  for (const [name, count] of Object.entries(failuresByClass)) {
    if (isFailureClass(name) && isCount(count) && count <= attempts) byClass[name] = count;
  }
  return { attempts, successes, failures, failuresByClass: byClass };
}

function quirkOf({ feature, at }: Fields, today: number): FoundQuirk | undefined {
  const known = REFUSABLE_FEATURES.find((one) => one === feature);
  return known !== undefined && isPast(at, today) ? { feature: known, at } : undefined;
}

function modelsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_ENTRIES) return undefined;
  const names = value.filter(isName);
  return names.length === 0 ? undefined : names;
}

const PROBES = ['models', 'head', 'chat', 'function'] as const;

function probesOf(value: unknown, today: number): KeptCheck | undefined {
  if (!isRecord(value)) return undefined;
  const probe = PROBES.find((one) => one === value['probe']);
  const state = probeStateOf(value['state']);
  const { failedAt, answered, history } = value;
  if (probe === undefined || state === undefined || typeof answered !== 'boolean') return undefined;
  const { results } = History.fromSnapshot(history).toSnapshot();
  const known = { probe, state, answered, history: { results: results.filter(({ at }) => isPast(at, today)) } };
  return isTime(failedAt) ? { ...known, failedAt } : known;
}

const OPINIONS = ['unknown', 'up', 'down'] as const;

/** Rows that exclude each other are nonsense, and what follows from nonsense is not known. */
function probeStateOf(value: unknown): ProbeState | undefined {
  if (!isRecord(value)) return undefined;
  const opinion = OPINIONS.find((one) => one === value['opinion']);
  const { failures, successes, nothings, answers } = value;
  if (opinion === undefined || !isCount(failures) || !isCount(successes)) return undefined;
  if (!isCount(nothings) || !isCount(answers)) return undefined;
  if (failures > 0 && answers > 0) return undefined;
  if ((successes > 0 && nothings > 0) || successes + nothings > answers) return undefined;
  return { opinion, failures, successes, nothings, answers };
}

function listOf<Entry>(value: unknown, read: (fields: Fields) => Entry | undefined): readonly Entry[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, MOST_ENTRIES)
    .map((one: unknown) => (isRecord(one) ? read(one) : undefined))
    .filter((one) => one !== undefined);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isPast(value: unknown, today: number): value is number {
  return isTime(value) && value >= 0 && value <= today + TOLERANCE;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && findNameFault(value) === undefined;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_ID;
}
