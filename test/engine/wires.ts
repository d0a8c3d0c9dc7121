/** A pool on a virtual clock whose upstreams are played by hand: what their wires say, and when. */
import {
  createFailover,
  type CallOptions,
  type ChatReply,
  type Failover,
  type FailoverOptions,
} from '@ai-failover/core';
import type { ResponseSink, WireRequest } from '@ai-failover/core';
import { vi } from 'vitest';
import { upstream } from '../traces/stage.ts';

/** What happens on an exchange, the first of its upstream being number 1. The request is on its connection already. */
export type Wire = (sink: ResponseSink, number: number, request: WireRequest) => unknown;

export interface WireOutcome {
  reply?: ChatReply;
  error?: unknown;
  /** Seconds since the stage was set. */
  at?: number;
}

export interface WireStage {
  readonly failover: Failover;
  call(options?: CallOptions): WireOutcome;
  /** Lets the clock run to this second. */
  until(seconds: number): Promise<void>;
}

/** They serve `m`, in this order. */
export function setWires(wires: Readonly<Record<string, Wire>>, options: Partial<FailoverOptions> = {}): WireStage {
  const upstreams = Object.keys(wires).map((name, index) => upstream(name, ['m'], { priority: index + 1 }));
  const counts = new Map<string, number>();
  const failover: Failover = createFailover<string, string, string>(
    { health: false, upstreams, ...options },
    {
      random: () => 0.5,
      createTransport: ({ name }) => ({
        send(request, sink) {
          const number = (counts.get(name) ?? 0) + 1;
          counts.set(name, number);
          sink.onConnection();
          wires[name]?.(sink, number, request);
          return { abort() {}, pause() {}, resume() {} };
        },
        async close() {},
      }),
    },
  );
  const start = performance.now();
  const at = (): number => (performance.now() - start) / 1000;
  return {
    failover,
    call(callOptions = {}) {
      const outcome: WireOutcome = {};
      failover.chat({ messages: [{ role: 'user', content: 'Hello' }] }, callOptions).then(
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

/** A whole answer, or the second half of one whose head has come. */
export function sayAnswer(sink: ResponseSink, text: string): void {
  sink.onData(Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: text } }] })));
  sink.onEnd();
}

export const JSON_HEAD = { 'content-type': 'application/json' } as const;
