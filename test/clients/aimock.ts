/** Servers of `@copilotkit/aimock`, which emulates OpenAI's API independently of us, and our endpoint before them. */
import { LLMock } from '@copilotkit/aimock';
import { createFailover, type UpstreamOptions } from '@ai-failover/core';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { serveEndpoint, type Stage } from './stage.ts';

/** Listens on a free port of 127.0.0.1 until the test has ended. */
export async function startAimock(): Promise<LLMock> {
  const mock = new LLMock({ host: '127.0.0.1', port: 0 });
  await mock.start();
  onTestFinished(() => mock.stop());
  return mock;
}

/** A client that asks it without us between them. */
export function directly({ url }: LLMock): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0 });
}

/** Our endpoint in front of these, the first one first. */
export async function inFrontOf(
  mocks: readonly LLMock[],
  models: UpstreamOptions['models'] = ['m'],
): Promise<Pick<Stage, 'url' | 'openai'>> {
  const upstreams = mocks.map(({ url }, at): UpstreamOptions => ({
    name: `aimock-${at}`,
    provider: 'openai',
    baseUrl: `${url}/v1`,
    keys: 'none',
    models,
    priority: at,
  }));
  const failover = createFailover<string, string>({ upstreams, health: false }, { random: () => 0 });
  failover.onAny(() => {});
  return serveEndpoint(failover);
}
