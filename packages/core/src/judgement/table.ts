/** The columns of the judgement table that follow from the class alone. */
import type { BreakerEffect, FailureClass } from './failure.js';

/** What a class means for the circuit and for the call. What rests is in `rests.ts`. */
export interface Consequence {
  readonly breaker: BreakerEffect;
  /** The same deployment may be asked once more when there is no other: after its back-off, hint or on a fresh socket. */
  readonly retrySame: boolean;
  /** Time mends it, so a wait named by the upstream is believed. */
  readonly hinted: boolean;
}

const FAILURE = { breaker: 'failure', retrySame: false, hinted: false } as const;
const NEUTRAL = { breaker: 'neutral', retrySame: false, hinted: false } as const;

/** One row per class. `local` has no effect on a circuit at all, which a neutral outcome amounts to. */
export const CONSEQUENCES: Readonly<Record<FailureClass, Consequence>> = {
  'client-abort': NEUTRAL,
  request: NEUTRAL,
  misconfigured: NEUTRAL,
  credential: NEUTRAL,
  model: NEUTRAL,
  quota: { ...NEUTRAL, hinted: true },
  'rate-limited': { ...NEUTRAL, retrySame: true, hinted: true },
  overloaded: { ...FAILURE, retrySame: true, hinted: true },
  server: { ...FAILURE, retrySame: true, hinted: true },
  connect: { ...FAILURE, retrySame: true },
  'stale-socket': { ...NEUTRAL, retrySame: true },
  silent: FAILURE,
  slow: NEUTRAL,
  timeout: FAILURE,
  protocol: { ...FAILURE, retrySame: true, hinted: true },
  cut: { ...FAILURE, retrySame: true },
  local: NEUTRAL,
};

/** Whether a value, such as what a hook returned, is a class of the table. */
export function isFailureClass(value: unknown): value is FailureClass {
  return typeof value === 'string' && Object.hasOwn(CONSEQUENCES, value);
}
