/** What a scripted upstream was sent, and what became of it. */
import type { WireRequest } from '@ai-failover/core';

/** How a request ended. `broken`: by the script: refused or cut. `aborted`: the engine destroyed it before it was answered. */
export type ScriptedOutcome = 'answered' | 'broken' | 'aborted';

/** What a scripted upstream was sent. Times are those of `performance.now()`, in milliseconds. */
export interface ScriptedRequest {
  /** The upstream's name. */
  readonly upstream: string;
  /** `GET` and `HEAD` only among `inquiries`. */
  readonly method: 'POST' | 'GET' | 'HEAD';
  readonly url: string;
  /** The model by the upstream's own name; empty for an inquiry. */
  readonly model: string;
  /** The request as it was sent; empty for an inquiry. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Lower-case names, the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Position among the requests to this upstream, from 1. */
  readonly number: number;
  /** When it was sent. */
  readonly at: number;
  /** How it ended; `undefined` while it is being answered. */
  readonly outcome: ScriptedOutcome | undefined;
  /** When it ended: the engine has been told by then. */
  readonly endedAt: number | undefined;
  /** Whether the engine destroyed it before it was answered. */
  readonly aborted: boolean;
  /** How often the engine has paused the answer. */
  readonly pauses: number;
}

/** The record while the request is being answered. */
export class SentRequest implements ScriptedRequest {
  readonly upstream: string;
  readonly number: number;
  readonly method: ScriptedRequest['method'];
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly at = performance.now();
  outcome: ScriptedOutcome | undefined;
  endedAt: number | undefined;
  pauses = 0;

  constructor(upstream: string, number: number, wire: WireRequest) {
    this.upstream = upstream;
    this.number = number;
    this.method = wire.method;
    this.url = wire.url;
    // The engine serialised it, so it is an object.
    this.body = wire.method === 'POST' ? (JSON.parse(wire.body) as Record<string, unknown>) : {};
    this.headers = wire.headers;
  }

  get model(): string {
    const { model } = this.body;
    return typeof model === 'string' ? model : '';
  }

  get aborted(): boolean {
    return this.outcome === 'aborted';
  }

  end(outcome: ScriptedOutcome): void {
    this.outcome = outcome;
    this.endedAt = performance.now();
  }
}
