/** The groups of options that may stand on the whole, an upstream or a model. */
import { z } from 'zod';
import { report } from './fault.js';
import { count, duration, limit, share, threshold } from './number-options.js';

export const timeoutsSchema = z.strictObject(
  {
    connect: duration(1).optional(),
    pool: duration(1).optional(),
    write: duration(1).optional(),
    firstContent: duration(1).optional(),
    betweenChunks: duration(1).optional(),
    unary: duration(1).optional(),
    unaryPerOutputToken: duration(0).optional(),
  },
  { error: 'timeouts in milliseconds, such as { connect: 3000 }' },
);

const deploymentRetryShape = {
  baseDelay: duration(0).optional(),
  overloadedBaseDelay: duration(0).optional(),
  maxDelay: duration(0).optional(),
  maxHintWait: duration(0).optional(),
};

export const deploymentRetrySchema = z
  .strictObject(deploymentRetryShape, { error: 'retry options, such as { baseDelay: 250 }' })
  .superRefine((retry, context) => reportCeilings(retry, 'maxDelay', ['baseDelay', 'overloadedBaseDelay'], context));

export const retrySchema = z
  .strictObject(
    {
      ...deploymentRetryShape,
      maxAttempts: count(1).optional(),
      maxAttemptsPerModel: count(1).optional(),
      budgetRatio: share().optional(),
      budgetMinimum: count(0).optional(),
    },
    { error: 'retry options, such as { maxAttempts: 5 }' },
  )
  .superRefine((retry, context) => reportCeilings(retry, 'maxDelay', ['baseDelay', 'overloadedBaseDelay'], context));

export const breakerSchema = z
  .strictObject(
    {
      consecutiveFailures: count(1).optional(),
      failureRatio: threshold().optional(),
      minimumAttempts: count(1).optional(),
      window: duration(1).optional(),
      openFor: duration(1).optional(),
      maxOpenFor: duration(1).optional(),
      trialCalls: count(1).optional(),
      successesToClose: count(1).optional(),
      ramp: duration(0).optional(),
      slowRatio: threshold().optional(),
      minimumSlow: count(1).optional(),
    },
    { error: 'breaker options, such as { consecutiveFailures: 5 }' },
  )
  .superRefine((breaker, context) => reportCeilings(breaker, 'maxOpenFor', ['openFor'], context));

export const limitsSchema = z.strictObject(
  { requestsPerMinute: limit().optional(), tokensPerMinute: limit().optional(), concurrency: limit().optional() },
  { error: 'limits per key, such as { requestsPerMinute: 500 }' },
);

/** Two numbers in one place that contradict each other; between places the nearer one lifts the ceiling. */
function reportCeilings<Name extends string>(
  group: { readonly [Key in Name]?: number | undefined },
  ceiling: Name,
  capped: readonly Name[],
  context: Parameters<typeof report>[0],
): void {
  const most = group[ceiling];
  for (const name of capped) {
    const value = group[name];
    if (most === undefined || value === undefined || value <= most) continue;
    report(context, { expected: `at most \`${ceiling}\`, which is ${most} here` }, [name]);
  }
}
