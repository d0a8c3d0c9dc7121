/** The one schema that checks the options: every field on its own, then how pool and chains fit together. */
import { z } from 'zod';
import { balanceSchema } from './balance-schema.js';
import { cannedReplySchema } from './canned-reply-schema.js';
import { chainsSchema } from './chain-schema.js';
import { functionOption, IF_OBJECT, stringWithout } from './fault.js';
import { breakerSchema, limitsSchema, retrySchema, timeoutsSchema } from './group-schemas.js';
import { healthSchema } from './health-schema.js';
import { findNameFault } from './name-faults.js';
import { modelMapSchema } from './model-map-schema.js';
import { count, duration, durationOrFalse, shareOrFalse } from './number-options.js';
import type { ClassifyHook } from './options.js';
import { reportPoolFaults, reportRepeatedNames } from './pool-checks.js';
import { requestDefaultsSchema } from './request-defaults-schema.js';
import { stateSchema } from './state-schema.js';
import { upstreamSchema } from './upstream-schema.js';

const UPSTREAMS = "a list of upstreams, such as [{ name: 'openai', provider: 'openai', keys: […], models: […] }]";

const upstreams = z
  .array(upstreamSchema, { error: UPSTREAMS })
  .min(1, { error: `at least one upstream: ${UPSTREAMS}` });

/** What may change while an engine runs. */
export const upstreamsSchema = z.strictObject({ upstreams }).superRefine(reportRepeatedNames, IF_OBJECT);

export const optionsSchema = z
  .strictObject({
    upstreams,
    chains: chainsSchema.optional(),
    lastResort: stringWithout(findNameFault, 'the name of a model').optional(),
    balance: balanceSchema.optional(),
    defaults: requestDefaultsSchema.optional(),
    modelMap: modelMapSchema.optional(),
    strictParameters: z.boolean({ error: 'true or false' }).optional(),
    strictModels: z.boolean({ error: 'true or false' }).optional(),
    modelsInterval: duration(1).optional(),
    cannedReply: cannedReplySchema.optional(),
    timeouts: timeoutsSchema.optional(),
    retry: retrySchema.optional(),
    breaker: breakerSchema.optional(),
    health: healthSchema.optional(),
    criticalRatio: shareOrFalse().optional(),
    limits: limitsSchema.optional(),
    learnLimits: z.boolean({ error: 'true or false' }).optional(),
    deadline: duration(1).optional(),
    streamDeadline: duration(1).optional(),
    raceAfter: durationOrFalse(1).optional(),
    raceAcrossModels: z.boolean({ error: 'true or false' }).optional(),
    onStreamFailure: z.enum(['continue', 'error'], { error: "'continue' or 'error'" }).optional(),
    streamInside: z.boolean({ error: 'true or false' }).optional(),
    queueWait: duration(0).optional(),
    maxQueue: count(0).optional(),
    classify: functionOption<ClassifyHook>('a function that takes a failure and the built-in class').optional(),
    expose: z.boolean({ error: 'true or false' }).optional(),
    state: stateSchema.optional(),
  })
  .superRefine(reportPoolFaults, IF_OBJECT);

/** Options without a fault, before defaults and overrides are resolved. */
export type CheckedOptions = z.output<typeof optionsSchema>;
