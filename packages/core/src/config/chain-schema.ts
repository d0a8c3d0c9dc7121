/** The chains and what they may demand. Whether their models exist is for `pool-checks.ts`. */
import { z } from 'zod';
import { balanceSchema } from './balance-schema.js';
import { stringWithout } from './fault.js';
import { findNameFault } from './name-faults.js';
import { weight } from './number-options.js';

const STEP = "a model, or models with weights such as { 'gpt-4.1': 70, 'gpt-4o': 30 }";
const LIST = "a list of models, such as ['gpt-4.1', 'gpt-4o']";

const modelName = stringWithout(findNameFault, STEP);

const weightedStepSchema = z
  .record(modelName, weight().optional())
  .refine((step) => Object.values(step).some((share) => share !== undefined && share > 0), {
    error: 'at least one model with a weight above 0',
  });

const stepsSchema = z
  .array(z.union([modelName, weightedStepSchema], { error: STEP }), {
    error: `${LIST}; weights stand in a list, too: [{ 'gpt-4.1': 70, 'gpt-4o': 30 }]`,
  })
  .min(1, { error: `at least one step: ${LIST}` });

export const requireSchema = z.strictObject(
  {
    tags: z
      .array(stringWithout(findNameFault, 'a tag'), { error: "a list of tags, such as ['no-retention']" })
      .optional(),
    regions: z
      .array(stringWithout(findNameFault, 'a region'), { error: "a list of regions, such as ['eu-west']" })
      .min(1, { error: 'at least one region; leave `regions` out if any will do' })
      .optional(),
  },
  { error: "demands on upstreams, such as { tags: ['no-retention'] }" },
);

export const chainSchema = z.strictObject({
  steps: stepsSchema,
  require: requireSchema.optional(),
  balance: balanceSchema.optional(),
});

export const chainsSchema = z.record(
  stringWithout(findNameFault, 'the name of a chain'),
  z.union([stepsSchema, chainSchema], { error: `${LIST}, or { steps: […], require: … }` }).optional(),
  { error: `chains by name, such as { default: ['gpt-4.1', 'gpt-4o'] }` },
);
