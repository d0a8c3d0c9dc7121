/** A pool under steady traffic on the virtual clock: the real engine, upstreams that behave as scripted, thousands of calls. */
import { createFailover, type Failover, type FailoverOptions } from '@ai-failover/core';
import { createScriptedTransport, type ScriptedReply } from '@ai-failover/testing';
import { vi } from 'vitest';
import { upstream } from '../traces/stage.ts';

/** What an upstream does with an attempt that reaches it `at` so many seconds after the traffic began. */
export type Behaviour = (at: number) => ScriptedReply;

export interface Traffic {
  readonly seconds: number;
  readonly perSecond: number;
  /** Calls are streamed, and read to their end. */
  readonly streamed?: boolean;
  /** Of how many users; each call is the next one's. */
  readonly users?: number;
  /** Told before each call. */
  readonly onSecond?: (second: number, failover: Failover) => void;
}

export interface Observed {
  /** Share of the calls whose first attempt went to this upstream, in these seconds. */
  share(name: string, from?: number, to?: number): number;
  /** Attempts there, first or not. */
  attempts(name: string): number;
  readonly calls: number;
  /** Calls that an upstream answered. */
  readonly answered: number;
}

interface First {
  readonly name: string;
  readonly at: number;
}

/** Every upstream serves `m`, in one tier. */
export async function simulate(
  behaviours: Readonly<Record<string, Behaviour>>,
  options: Partial<FailoverOptions>,
  { seconds, perSecond, streamed = false, users, onSecond }: Traffic,
): Promise<Observed> {
  const start = performance.now();
  const at = (): number => (performance.now() - start) / 1_000;
  const dice = createDice();
  const transport = createScriptedTransport(({ upstream: name }) => behaviours[name]?.(at()) ?? never(name));
  const names = Object.keys(behaviours);
  const failover = createFailover<string, string, string>(
    { upstreams: names.map((name) => upstream(name, ['m'])), cannedReply: 'Busy.', ...options },
    { createTransport: transport.createTransport, random: dice },
  );
  const firsts: First[] = [];
  failover.on('attempt-started', ({ upstream: name, attempt }) => {
    if (attempt === 1) firsts.push({ name, at: at() });
  });
  let answered = 0;
  failover.on('call-answered', () => (answered += 1));
  const calls = seconds * perSecond;
  for (let call = 0; call < calls; call += 1) {
    if (call % perSecond === 0) onSecond?.(call / perSecond, failover);
    void ask(failover, streamed, users === undefined ? {} : { user: `user-${call % users}` });
    await vi.advanceTimersByTimeAsync(1_000 / perSecond);
  }
  const closed = failover.close({ timeout: 60_000 });
  await vi.advanceTimersByTimeAsync(60_000);
  await closed;
  return {
    share: (name, from = 0, to = Infinity) => {
      const within = firsts.filter((one) => one.at >= from && one.at < to);
      return within.filter((one) => one.name === name).length / within.length;
    },
    attempts: (name) => transport.requests.filter((request) => request.upstream === name).length,
    calls,
    answered,
  };
}

async function ask(failover: Failover, streamed: boolean, options: object): Promise<void> {
  const request = { messages: [{ role: 'user' as const, content: 'Hello' }] };
  if (!streamed) {
    await failover.chat(request, options);
    return;
  }
  for await (const chunk of await failover.stream(request, options)) void chunk;
}

/** The same dice in each run. */
export function createDice(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function never(name: string): never {
  throw new Error(`nobody is called ${name}`);
}
