/** For options that stand in a variable or come from a function: keeps the names of their models and chains. */
import type { ModelName } from './model-options.js';
import type { FailoverOptions } from './options.js';

/**
 * Returns the options as they are, typed so that names still complete and typos do not compile. Nothing is checked yet.
 *
 * @example
 * export const options = defineOptions({ upstreams: […], chains: { default: ['gpt-4.1'] } });
 */
export function defineOptions<
  const Model extends string = never,
  const Chain extends string = never,
  const Configured extends PropertyKey = never,
>(options: FailoverOptions<Model, Chain, Configured>): FailoverOptions<ModelName<Model, Configured>, Chain>;
export function defineOptions(options: unknown): unknown {
  return options;
}
