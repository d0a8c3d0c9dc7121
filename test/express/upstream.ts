import type { UpstreamOptions } from '@ai-failover/core';

/** An upstream of a pool, for tests that do not care where it is. */
export function upstream<const Model extends string>(
  name: string,
  models: readonly Model[],
  more: Partial<UpstreamOptions<Model>> = {},
): UpstreamOptions<Model> {
  return {
    name,
    provider: 'openai',
    baseUrl: `https://${name}.example/v1`,
    keys: [`sk-${name}-0123456789`],
    models,
    ...more,
  };
}
