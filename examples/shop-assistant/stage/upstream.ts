/**
 * An upstream that can be broken and mended: an emulation of OpenAI's service that we did not write (`@copilotkit/aimock`), and
 * in front of it a proxy that fails on demand.
 */
import { createFaultyUpstream, fail, hang, proxyTo, type ReceivedRequest, type Reply } from '@ai-failover/testing';
import { LLMock } from '@copilotkit/aimock';
import { ANSWERS } from './answers.ts';

/** The ways to break an upstream, and how it is then. */
export const FAULTS = {
  overloaded: 'answers 503',
  silent: 'never answers',
  'rate-limited': 'answers 429, wait 1 s',
  'wrong-key': 'refuses a key (401)',
  refused: 'refuses connections',
} as const;

export type Fault = keyof typeof FAULTS;

export interface EmulatedUpstream {
  readonly name: string;
  /** Of the proxy. */
  readonly baseUrl: string;
  readonly keys: readonly string[];
  /** How it is broken now. */
  readonly fault: Fault | undefined;
  break(fault: Fault): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

export interface UpstreamSettings {
  readonly name: string;
  /** `wrong-key` refuses the last one. */
  readonly keys: readonly string[];
  /** Milliseconds until it answers. */
  readonly latency: number;
}

/** More requests than this are not remembered by the proxy, which may run all day. */
const REMEMBERED = 1_000;

/** Starts both servers, on free ports of 127.0.0.1. */
export async function startUpstream({ name, keys, latency }: UpstreamSettings): Promise<EmulatedUpstream> {
  const emulation = new LLMock({ host: '127.0.0.1', port: 0, journalMaxEntries: REMEMBERED });
  for (const [question, answer] of ANSWERS) {
    emulation.onMessage(question, ({ model }) => ({ content: `${answer} (${name}, ${model})` }));
  }
  await emulation.start();

  const healthy = proxyTo(emulation.url).after(latency);
  const proxy = await createFaultyUpstream({ script: replyTo });
  let fault: Fault | undefined;

  function replyTo(request: ReceivedRequest): Reply {
    if (proxy.requests.length > REMEMBERED) proxy.forget();
    switch (fault) {
      case 'overloaded':
        return fail(503);
      case 'silent':
        return hang();
      case 'rate-limited':
        return fail(429, { headers: { 'retry-after': '1' } });
      case 'wrong-key':
        return request.headers['authorization'] === `Bearer ${keys.at(-1)}` ? fail(401) : healthy;
      case 'refused': // Nobody listens then.
      case undefined:
        return healthy;
    }
  }

  return {
    name,
    baseUrl: proxy.baseUrl,
    keys,
    get fault() {
      return fault;
    },
    async break(how) {
      fault = how;
      await (how === 'refused' ? proxy.refuse() : proxy.listen());
    },
    async mend() {
      fault = undefined;
      await proxy.listen();
    },
    async close() {
      await proxy.close();
      await emulation.stop();
    },
  };
}
