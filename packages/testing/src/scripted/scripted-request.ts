/** What a scripted upstream was sent, and what became of it. */
import type { WireRequest } from '@ai-failover/core';

/** How a request ended. `broken`: by the script: refused or cut. `aborted`: the engine destroyed it before it was answered. */
export type ScriptedOutcome = 'answered' | 'broken' | 'aborted';

/** What a scripted upstream was sent. Times are those of `performance.now()`, in milliseconds. */
export interface ScriptedRequest {
  /** The upstream's name. */
  readonly upstream: string;
  /** The model by the upstream's own name. */
  readonly model: string;
  /** The request as it was sent. */
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
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly at = performance.now();
  outcome: ScriptedOutcome | undefined;
  endedAt: number | undefined;
  pauses = 0;

  constructor(upstream: string, number: number, wire: WireRequest) {
    this.upstream = upstream;
    this.number = number;
    // The engine serialised it, so it is an object.
    this.body = JSON.parse(wire.body) as Record<string, unknown>;
    this.headers = wire.headers;
  }

  get model(): string {
    return String(this.body['model']);
  }

  get aborted(): boolean {
    return this.outcome === 'aborted';
  }

  end(outcome: ScriptedOutcome): void {
    this.outcome = outcome;
    this.endedAt = performance.now();
  }
}
