/** One upstream with its keys, models and headers. */
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { findBaseUrlFault, missingBaseUrl } from './base-url.js';
import { functionOption, IF_LIST, IF_OBJECT, report, stringWithout } from './fault.js';
import { breakerSchema, deploymentRetrySchema, limitsSchema, timeoutsSchema } from './group-schemas.js';
import {
  findHeaderNameFault,
  findHeaderValueFault,
  findRepeated,
  missingHeaderValue,
  missingKeys,
} from './key-faults.js';
import { keyListSchema } from './key-schema.js';
import { findNameFault, findUpstreamNameFault } from './name-faults.js';
import { healthSchema } from './health-schema.js';
import { DEFAULT_BASE_URLS } from './defaults.js';
import { count, price, priority, weight } from './number-options.js';
import type { UpstreamOptions } from './options.js';
import { findOriginFault, quotaSchema, statusPageSchema } from './watch-schema.js';
import { REFUSABLE_FEATURES } from '../request/refusable.js';

type Sign = NonNullable<UpstreamOptions['sign']>;

const NAMES = REFUSABLE_FEATURES.map((name) => `'${name}'`).join(', ');

const refuses = () =>
  z
    .array(z.enum(REFUSABLE_FEATURES, { error: `one of ${NAMES}` }), {
      error: "a list of what it does not take, such as ['max_completion_tokens']",
    })
    .optional();

const can = () => z.boolean({ error: 'true or false' }).optional();

export const capabilitiesSchema = z.strictObject(
  {
    tools: can(),
    parallelTools: can(),
    vision: can(),
    audio: can(),
    speech: can(),
    video: can(),
    files: can(),
    jsonSchema: can(),
    jsonMode: can(),
    stop: can(),
    n: can(),
  },
  { error: 'what the model can do, such as { vision: false }' },
);

export const priceSchema = z.strictObject(
  { input: price(), output: price(), cachedInput: price().optional() },
  { error: 'dollars per million tokens, such as { input: 2, output: 8 }' },
);

export const modelSchema = z.strictObject(
  {
    id: stringWithout(findNameFault, "the upstream's own name for the model").optional(),
    priority: priority().optional(),
    weight: weight().optional(),
    reasoning: z.boolean({ error: 'true or false' }).optional(),
    prefill: z.boolean({ error: 'true or false' }).optional(),
    contextWindow: count(1).optional(),
    maxOutputTokens: count(1).optional(),
    capabilities: capabilitiesSchema.optional(),
    refuses: refuses(),
    price: priceSchema.optional(),
    timeouts: timeoutsSchema.optional(),
    retry: deploymentRetrySchema.optional(),
    breaker: breakerSchema.optional(),
    limits: limitsSchema.optional(),
    health: healthSchema.optional(),
  },
  { error: "the options of a model, such as { id: 'their-name' }, or {} for none" },
);

const modelName = stringWithout(findNameFault, 'the name of a model');

const modelListSchema = z
  .array(modelName)
  .min(1, { error: 'at least one model' })
  .superRefine((models, context) => {
    for (const { index, first } of findRepeated(models)) {
      report(context, { expected: `each model once; the same stands at [${first}]` }, [index]);
    }
  }, IF_LIST);

const modelTableSchema = z
  .record(modelName, modelSchema.optional())
  .refine((models) => Object.values(models).some((model) => model !== undefined), { error: 'at least one model' });

const headersSchema = z
  .record(z.string(), stringWithout(findHeaderValueFault, missingHeaderValue), {
    error: 'headers by name, such as { "x-team": "shop" }',
  })
  .superRefine((headers, context) => {
    const names = Object.keys(headers);
    for (const name of names) {
      const fault = findHeaderNameFault(name);
      if (fault !== undefined) report(context, fault);
    }
    for (const { index, first } of findRepeated(names.map((name) => name.toLowerCase()))) {
      if (findHeaderNameFault(names[index] ?? '') !== undefined) continue;
      report(context, { expected: `each header once; "${names[first]}" and "${names[index]}" are the same` });
    }
  }, IF_OBJECT);

const label = (what: string) => stringWithout(findNameFault, what);

const PROVIDERS = ['openai', 'anthropic', 'gemini', 'azure'] as const;

export const upstreamSchema = z
  .strictObject(
    {
      name: stringWithout(findUpstreamNameFault, 'a name for this upstream'),
      provider: z.enum(PROVIDERS, {
        error: "a wire dialect: 'openai', also for all services that speak like it, 'anthropic', 'gemini' or 'azure'",
      }),
      baseUrl: stringWithout(findBaseUrlFault, missingBaseUrl).exactOptional(),
      apiVersion: label("an api-version of Azure's, such as 2024-10-21").optional(),
      keys: z.union([z.literal('none'), keyListSchema], { error: (issue) => missingKeys(issue.input) }),
      models: z.union([modelListSchema, modelTableSchema, z.literal('discover')], {
        error:
          "the models it serves: ['gpt-4.1'], or with options { 'gpt-4.1': { id: 'their-name' } }, or 'discover' for all that it lists",
      }),
      strictModels: z.boolean({ error: 'true or false' }).optional(),
      region: label('the name of a region').optional(),
      tags: z.array(label('a tag'), { error: "a list of tags, such as ['no-retention']" }).optional(),
      priority: priority().optional(),
      weight: weight().optional(),
      refuses: refuses(),
      limits: limitsSchema.optional(),
      limitsScope: z.enum(['key', 'account'], { error: "'key' or 'account'" }).optional(),
      learnLimits: z.boolean({ error: 'true or false' }).optional(),
      timeouts: timeoutsSchema.optional(),
      retry: deploymentRetrySchema.optional(),
      breaker: breakerSchema.optional(),
      health: healthSchema.optional(),
      headers: headersSchema.optional(),
      dispatcher: z
        .custom<Dispatcher>(isDispatcher, { error: 'an undici dispatcher, such as new ProxyAgent(url)', abort: false })
        .optional(),
      sign: functionOption<Sign>('a function that takes the request and returns headers').optional(),
      connections: count(1).optional(),
      maxResponseBytes: count(1).optional(),
      quota: quotaSchema.optional(),
      statusPage: statusPageSchema.optional(),
    },
    { error: 'an upstream: { name, provider, keys, models, … }' },
  )
  .superRefine(({ keys, limitsScope }, context) => {
    if (limitsScope !== 'account' || keys === 'none') return;
    for (const [index, key] of keys.entries()) {
      if (typeof key !== 'object' || key.limits === undefined) continue;
      report(context, { expected: "nothing here: with limitsScope 'account' all keys share one set of limits" }, [
        'keys',
        index,
        'limits',
      ]);
    }
  })
  .superRefine(({ provider, baseUrl, apiVersion, models, quota }, context) => {
    if (baseUrl === undefined && DEFAULT_BASE_URLS[provider] === undefined) {
      report(context, { expected: 'the URL of your resource, such as https://my-resource.openai.azure.com' }, [
        'baseUrl',
      ]);
    }
    if (models === 'discover' && provider === 'azure') {
      report(context, { expected: 'the names of your deployments: Azure lists what could be deployed, not what is' }, [
        'models',
      ]);
    }
    if (apiVersion !== undefined && provider !== 'azure') {
      report(context, { expected: "nothing here: only provider 'azure' has an api-version" }, ['apiVersion']);
    }
    if (typeof quota !== 'object' || quota.path === undefined) return;
    const fault = findOriginFault(quota.path, provider, baseUrl);
    if (fault !== undefined) report(context, fault, ['quota', 'path']);
  });

/** By what it can do, not by its class: the application may have another copy of undici. */
function isDispatcher(value: unknown): boolean {
  try {
    return typeof value === 'object' && value !== null && 'dispatch' in value && typeof value.dispatch === 'function';
  } catch {
    return false;
  }
}
