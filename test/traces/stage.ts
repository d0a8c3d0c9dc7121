/** A pool on a virtual clock: the real engine, scripted upstreams, dice that always show a half. */
import {
  createFailover,
  type AttemptRecord,
  type ChatReply,
  type Failover,
  type FailoverOptions,
} from '@ai-failover/core';
import {
  createScriptedTransport,
  refuseConnection,
  type ScriptedReply,
  type ScriptedRequest,
} from '@ai-failover/testing';
import { vi } from 'vitest';

export type Upstreams = Record<string, (request: ScriptedRequest) => ScriptedReply>;

export interface Stage {
  readonly failover: Failover;
  /** What each upstream is sent from now on. */
  readonly upstreams: Upstreams;
  readonly requests: readonly ScriptedRequest[];
  /** `[event name, payload]`, in order. */
  readonly events: [string, Record<string, unknown>][];
  /** Begins a call; its outcome is noted with the time it took. */
  call(request?: object, options?: object): Outcome;
  /** Seconds since the stage was set. */
  at(): number;
  /** Lets the clock run to this second. */
  until(seconds: number): Promise<void>;
}

export interface Outcome {
  reply?: ChatReply;
  error?: unknown;
  /** Seconds since the stage was set. */
  at?: number;
}

export const CANNED = 'We will be back soon.';

/** `P` and `S` serve `m`, in this order, unless the options say otherwise. */
/** `cannedReply: undefined` for none. */
export type StageOptions = Partial<Omit<FailoverOptions, 'cannedReply'>> & { cannedReply?: undefined };

export function setStage(upstreams: Upstreams, options: StageOptions = {}): Stage {
  const transport = createScriptedTransport((request) => (upstreams[request.upstream] ?? refuseConnection)(request));
  const names = Object.keys(upstreams);
  const { cannedReply: _, ...others } = options;
  const failover: Failover = createFailover<string, string, string>(
    {
      upstreams: names.map((name, index) => upstream(name, ['m'], { priority: index + 1 })),
      ...('cannedReply' in options ? {} : { cannedReply: CANNED }),
      ...others,
    },
    { createTransport: transport.createTransport, random: () => 0.5 },
  );
  const events: Stage['events'] = [];
  failover.onAny((name, event) => events.push([name, { ...event }]));
  const start = performance.now();
  const at = (): number => (performance.now() - start) / 1000;
  return {
    failover,
    upstreams,
    requests: transport.requests,
    events,
    at,
    call(request = {}, callOptions = {}) {
      const outcome: Outcome = {};
      failover.chat({ messages: [{ role: 'user', content: 'Hello' }], ...request }, callOptions).then(
        (reply) => Object.assign(outcome, { reply, at: at() }),
        (error: unknown) => Object.assign(outcome, { error, at: at() }),
      );
      return outcome;
    },
    async until(seconds) {
      await vi.advanceTimersByTimeAsync(Math.max(0, Math.round(seconds * 1000 - at() * 1000)));
    },
  };
}

export function upstream(
  name: string,
  models: FailoverOptions['upstreams'][number]['models'],
  more: Partial<FailoverOptions['upstreams'][number]> = {},
): FailoverOptions['upstreams'][number] {
  return {
    name,
    provider: 'openai',
    baseUrl: `https://${name.toLowerCase()}.example/v1`,
    keys: [`sk-${name.toLowerCase()}-0123456789`],
    models,
    ...more,
  };
}

/** The trail as one reads it. */
export function trail(outcome: Outcome): string {
  const records: readonly AttemptRecord[] =
    outcome.reply?.failover.attempts ?? (outcome.error as { attempts?: AttemptRecord[] }).attempts ?? [];
  return records.map(({ deployment, outcome: how }) => `${deployment} ${how}`).join(', ');
}
