import { createFaultyUpstream } from '@ai-failover/testing';
import type { FaultyUpstream, FaultyUpstreamOptions, Script } from '@ai-failover/testing';
import { onTestFinished } from 'vitest';

/** Starts an upstream that is closed after the test, whose script must have been sound. */
export async function startUpstream(script?: Script, options: FaultyUpstreamOptions = {}): Promise<FaultyUpstream> {
  const upstream = await createFaultyUpstream({ ...options, ...(script && { script }) });
  onTestFinished(() => upstream.close());
  return upstream;
}
