/** From options without a fault to settings that are complete and resolved to the nearest override. */
import { checkOptions } from './check-options.js';
import {
  DEFAULT_CALL_RETRY,
  DEFAULT_CRITICAL_RATIO,
  DEFAULT_DEADLINE,
  DEFAULT_EXPOSE,
  DEFAULT_LEARN_LIMITS,
  DEFAULT_MAX_QUEUE,
  DEFAULT_MODELS_INTERVAL,
  DEFAULT_ON_STREAM_FAILURE,
  DEFAULT_QUEUE_WAIT,
  DEFAULT_RACE_ACROSS_MODELS,
  DEFAULT_STATE_INTERVAL,
  DEFAULT_STREAM_DEADLINE,
  DEFAULT_STREAM_INSIDE,
  DEFAULT_STRICT_PARAMETERS,
} from './defaults.js';
import { resolveChains } from './resolve-chains.js';
import { nearest } from './nearest.js';
import { type ListedModels, resolvePool } from './resolve-pool.js';
import type { CheckedOptions } from './schema.js';
import type { Settings } from './settings.js';

/**
 * Checks the options and resolves them.
 *
 * @throws {ConfigError} `AIF_CONFIG` with every fault found; it holds no key, no header and no credential.
 */
export function resolveOptions(options: unknown): Settings {
  return settingsOf(checkOptions(options));
}

/** `listed`: what upstreams that discover their models were found to serve, by upstream. */
export function settingsOf(options: CheckedOptions, listed: ListedModels = new Map()): Settings {
  const { upstreams, deployments } = resolvePool(options, listed);
  return {
    upstreams,
    deployments,
    chains: resolveChains(options, deployments),
    lastResort: options.lastResort,
    defaults: options.defaults ?? {},
    strictParameters: options.strictParameters ?? DEFAULT_STRICT_PARAMETERS,
    modelsInterval: options.modelsInterval ?? DEFAULT_MODELS_INTERVAL,
    cannedReply: options.cannedReply,
    retry: nearest(DEFAULT_CALL_RETRY, [options.retry]),
    deadline: options.deadline ?? DEFAULT_DEADLINE,
    streamDeadline: options.streamDeadline ?? DEFAULT_STREAM_DEADLINE,
    raceAfter: options.raceAfter,
    raceAcrossModels: options.raceAcrossModels ?? DEFAULT_RACE_ACROSS_MODELS,
    onStreamFailure: options.onStreamFailure ?? DEFAULT_ON_STREAM_FAILURE,
    streamInside: options.streamInside ?? DEFAULT_STREAM_INSIDE,
    learnLimits: options.learnLimits ?? DEFAULT_LEARN_LIMITS,
    queueWait: options.queueWait ?? DEFAULT_QUEUE_WAIT,
    maxQueue: options.maxQueue ?? DEFAULT_MAX_QUEUE,
    classify: options.classify,
    expose: options.expose ?? DEFAULT_EXPOSE,
    criticalRatio: options.criticalRatio ?? DEFAULT_CRITICAL_RATIO,
    state: options.state && { file: options.state.file, interval: options.state.interval ?? DEFAULT_STATE_INTERVAL },
  };
}
