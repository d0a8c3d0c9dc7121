/** Asks a function of the application's. Whatever it does, nothing of it escapes. */
import { now } from '../clock.js';
import type { ProbeFunction } from '../config/health-options.js';
import type { Check, ProbeResult } from './check.js';

/** Undefined when it was ended by us. */
export async function probeByFunction(check: Check, probe: ProbeFunction): Promise<ProbeResult | undefined> {
  const { upstream, deployment, settings } = check.subject;
  const controller = new AbortController();
  const startedAt = now();
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<'ended' | 'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), Math.ceil(settings.timeout));
    timer.unref();
    check.end = () => resolve('ended');
  });
  const context = {
    upstream: upstream.settings.name,
    model: deployment?.settings.modelId,
    baseUrl: upstream.settings.baseUrl,
    signal: controller.signal,
  };
  const end = await Promise.race([answerOf(probe, context), ended]);
  clearTimeout(timer);
  if (end === 'timeout' || end === 'ended') controller.abort();
  if (end === 'ended') return undefined;
  const latency = now() - startedAt;
  if (end === 'ok') return { verdict: undefined, latency };
  const error = end === 'timeout' ? 'silent' : 'probe';
  return { verdict: { outcome: 'failed', error, message: WORDS[end], hint: 0 }, latency };
}

const WORDS = { no: 'the probe said no', threw: 'the probe threw an error', timeout: 'the probe took too long' };

async function answerOf(probe: ProbeFunction, context: Parameters<ProbeFunction>[0]): Promise<'ok' | 'no' | 'threw'> {
  try {
    return (await probe(context)) === false ? 'no' : 'ok';
  } catch {
    return 'threw';
  }
}
