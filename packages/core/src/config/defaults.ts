/** Every default of the options, in one place. Durations are milliseconds. */
import type { RefusableFeature } from '../request/refusable.js';
import type { BalanceOption, ProviderName } from './options.js';
import type {
  BreakerSettings,
  CallRetry,
  DeploymentRetry,
  HealthNumbers,
  OnStreamFailure,
  QuotaSettings,
  Timeouts,
} from './settings.js';

export const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 3_000,
  pool: 5_000,
  write: 10_000,
  firstContent: 60_000,
  betweenChunks: 20_000,
  unary: 30_000,
  unaryPerOutputToken: 25,
};

/** Models marked `reasoning` think for minutes before their first word; cutting them off would only start them again. */
export const DEFAULT_REASONING_TIMEOUTS: Timeouts = { ...DEFAULT_TIMEOUTS, firstContent: 300_000, unary: 300_000 };

export const DEFAULT_DEPLOYMENT_RETRY: DeploymentRetry = {
  baseDelay: 250,
  overloadedBaseDelay: 1_000,
  maxDelay: 8_000,
  maxHintWait: 10_000,
};

export const DEFAULT_CALL_RETRY: CallRetry = {
  maxAttempts: 5,
  maxAttemptsPerModel: 3,
  budgetRatio: 0.2,
  budgetMinimum: 3,
};

export const DEFAULT_BREAKER: BreakerSettings = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minimumAttempts: 20,
  window: 60_000,
  openFor: 10_000,
  maxOpenFor: 300_000,
  trialCalls: 1,
  successesToClose: 2,
  ramp: 30_000,
  slowRatio: 0.5,
  minimumSlow: 10,
};

export const DEFAULT_QUOTA: Omit<QuotaSettings, 'source'> = { interval: 60_000, timeout: 5_000, warnBelow: 0.2 };
export const DEFAULT_STATUS_PAGE_INTERVAL = 120_000;

export const DEFAULT_PROBE = 'models';
export const DEFAULT_HEALTH: HealthNumbers = {
  interval: 10_000,
  busyInterval: 5_000,
  idleInterval: 60_000,
  timeout: 5_000,
  fall: 3,
  rise: 2,
  maxCostPerDay: 0.1,
  maxProbesPerDay: 500,
};
export const DEFAULT_CRITICAL_RATIO = 0.5;

/** Each provider's own service. */
export const DEFAULT_BASE_URLS: Readonly<Partial<Record<ProviderName, string>>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta',
};

export const DEFAULT_PRIORITY = 1;
export const DEFAULT_WEIGHT = 1;
export const DEFAULT_REASONING = false;
export const DEFAULT_PREFILL = false;
export const DEFAULT_REFUSES: readonly RefusableFeature[] = [];
export const DEFAULT_LIMITS_SCOPE = 'key';
export const DEFAULT_LEARN_LIMITS = true;
/** 16 MB. */
export const DEFAULT_MAX_RESPONSE_BYTES = 16_777_216;
export const DEFAULT_DEADLINE = 300_000;
export const DEFAULT_STREAM_DEADLINE = 600_000;
export const DEFAULT_RACE_ACROSS_MODELS = true;
export const DEFAULT_ON_STREAM_FAILURE: OnStreamFailure = 'continue';
export const DEFAULT_STREAM_INSIDE = false;
export const DEFAULT_QUEUE_WAIT = 2_000;
export const DEFAULT_MAX_QUEUE = 10_000;
export const DEFAULT_EXPOSE = false;
export const DEFAULT_STRICT_PARAMETERS = false;
export const DEFAULT_STRICT_MODELS = false;
export const DEFAULT_MODELS_INTERVAL = 600_000;
export const DEFAULT_STATE_INTERVAL = 30_000;

export const DEFAULT_BALANCE: BalanceOption = 'weighted';

/** The chain of calls that name none. */
export const DEFAULT_CHAIN = 'default';
