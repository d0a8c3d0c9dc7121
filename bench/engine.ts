/** The engine by itself: one limited lane, memory of calls in flight and after many, and what idling costs. */
import { createFailover, type CreateTransport, type HealthOptions } from '@ai-failover/core';
import { kilobytes, percent } from './figures.ts';
import { startPart } from './processes.ts';

const request = { messages: [{ role: 'user', content: 'Where is my order 4711?' }] };

function upstream(baseUrl: string, more: object = {}) {
  return { name: 'bench', provider: 'openai' as const, baseUrl, keys: ['sk-bench-0123456789'], models: ['m'], ...more };
}

/** Runs `task` so often, so many at once. */
async function repeat(times: number, atOnce: number, task: () => Promise<unknown>): Promise<void> {
  let left = times;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await task();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

export async function benchLimitedLane(): Promise<void> {
  const part = await startPart('./upstream.ts');
  const failover = createFailover({
    upstreams: [
      upstream(`${part.url}/v1`, {
        limits: { requestsPerMinute: 1_000_000, tokensPerMinute: 2_000_000_000, concurrency: 64 },
      }),
    ],
  });
  try {
    await repeat(5_000, 64, () => failover.chat(request));
    const times = 30_000;
    const start = performance.now();
    await repeat(times, 64, () => failover.chat(request));
    const rate = times / ((performance.now() - start) / 1000);
    console.log(`\nOne lane limited to 1,000,000 requests a minute: ${rate.toFixed(0)} calls/s over HTTP, c=64`);
  } finally {
    await failover.close();
    part.stop();
  }
}

export async function benchHeapInFlight(): Promise<void> {
  const failover = createFailover({ upstreams: [upstream('http://127.0.0.1:9/v1')] }, { createTransport: silent });
  const inFlight = 5_000;
  const controller = new AbortController();
  const before = heapUsed();
  const calls = Array.from({ length: inFlight }, () =>
    failover.chat(request, { signal: controller.signal }).catch(() => {}),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const each = (heapUsed() - before) / inFlight;
  console.log(`Heap per call in flight, without the socket: ${kilobytes(each)}`);
  controller.abort();
  await Promise.all(calls);
  await failover.close();
}

export async function benchHeapAfterMany(): Promise<void> {
  const part = await startPart('./upstream.ts');
  const failover = createFailover({ upstreams: [upstream(`${part.url}/v1`)] });
  try {
    await repeat(20_000, 64, () => failover.chat(request));
    const before = heapUsed();
    const points: string[] = [];
    for (let done = 0; done < 200_000; done += 50_000) {
      await repeat(50_000, 64, () => failover.chat(request));
      points.push(kilobytes(heapUsed() - before));
    }
    console.log(`Heap against 20,000 calls, after 50,000 more each: ${points.join(', ')}`);
  } finally {
    await failover.close();
    part.stop();
  }
}

/** Without probes, and with six times as many as a pool gets that is left alone; over HTTP. */
export async function benchIdle(): Promise<void> {
  const part = await startPart('./upstream.ts');
  const once = { interval: 60_000, idleInterval: 60_000 };
  try {
    await benchIdlePool({ title: 'no probes', url: part.url, health: false, settle: 2_000 });
    // Calls are newer than a probe for as long as its interval.
    await benchIdlePool({
      title: 'probed once a minute, as after a minute of quiet',
      url: part.url,
      health: once,
      settle: 75_000,
    });
    await benchIdlePool({
      title: 'probed every 10 s',
      url: part.url,
      health: { idleInterval: 10_000 },
      settle: 30_000,
    });
  } finally {
    part.stop();
  }
}

interface IdlePool {
  readonly title: string;
  readonly url: string;
  readonly health: HealthOptions | false;
  /** Milliseconds from the last call until it is measured. */
  readonly settle: number;
}

async function benchIdlePool({ title, url, health, settle }: IdlePool): Promise<void> {
  const deployments = 200;
  const failover = createFailover({
    upstreams: Array.from({ length: deployments }, (_, index) => ({
      ...upstream(`${url}/v1`, { limits: { requestsPerMinute: 6_000, tokensPerMinute: 600_000 } }),
      name: `bench-${index}`,
    })),
    health,
  });
  const probes = (): number => failover.status().upstreams.reduce((sum, one) => sum + (one.probes?.sent ?? 0), 0);
  // Each has been used, so that whatever a deployment keeps running runs.
  for (let call = 0; call < deployments * 2; call += 1) await failover.chat(request);
  await new Promise((resolve) => setTimeout(resolve, settle));
  const window = 30_000;
  const sent = probes();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, window));
  const { user, system } = process.cpuUsage(before);
  const share = percent((user + system) / 1000 / window).trim();
  console.log(`${deployments} idle deployments, ${title}: ${share} of a core, ${probes() - sent} probes in 30 s`);
  await failover.close();
}

/** Takes everything and says nothing; keeps no record, which would count as heap of the calls. */
const silent: CreateTransport = () => ({
  send(_wire, sink) {
    sink.onConnection();
    return { abort() {}, pause() {}, resume() {} };
  },
  async close() {},
});
