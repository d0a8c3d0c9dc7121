/** One exchange without a socket: does to the sink, step by step, what the script says. */
import type { Exchange, ResponseSink } from '@ai-failover/core';
import { stepsOf, type Step } from './reply-steps.js';
import type { ScriptedReply } from './scripted-reply.js';
import type { ScriptedRequest, SentRequest } from './scripted-request.js';

export type TransportScript = (request: ScriptedRequest) => ScriptedReply | Promise<ScriptedReply>;

/** Something for the engine to be told. */
type News = Exclude<Step, { kind: 'wait' }>;

export class ScriptedExchange implements Exchange {
  readonly #request: SentRequest;
  readonly #sink: ResponseSink;
  /** What has happened at the upstream, and the engine, being paused, has not been told. */
  readonly #due: News[] = [];
  #timer: NodeJS.Timeout | undefined;
  #paused = false;
  #telling = false;
  #over = false;

  constructor(request: SentRequest, script: TransportScript, sink: ResponseSink) {
    this.#request = request;
    this.#sink = sink;
    Promise.resolve(request)
      .then(script)
      .then(
        (reply) => this.#play(stepsOf(reply, request)),
        (error: unknown) => this.#play(stepsOf(scriptFailed(error), request)),
      );
  }

  abort(): void {
    if (this.#over) return;
    this.#finish('aborted');
  }

  pause(): void {
    if (this.#over || this.#paused) return;
    this.#paused = true;
    this.#request.pauses += 1;
  }

  /** What came in the meantime is told before this returns, as undici's pools do it. */
  resume(): void {
    this.#paused = false;
    this.#tell();
  }

  /** The upstream goes on while the engine is paused: its clock is its own. */
  #play(steps: Iterator<Step>): void {
    while (!this.#over) {
      const { value: step, done } = steps.next();
      if (done === true) return;
      if (step.kind !== 'wait') {
        this.#due.push(step);
        this.#tell();
      } else if (step.milliseconds > 0) {
        this.#timer = setTimeout(() => this.#play(steps), step.milliseconds);
        return;
      }
    }
  }

  #tell(): void {
    // The sink may pause, resume and abort while it is being told.
    if (this.#telling) return;
    this.#telling = true;
    while (!this.#paused && !this.#over) {
      const news = this.#due.shift();
      if (news === undefined) break;
      this.#tellOne(news);
    }
    this.#telling = false;
  }

  #tellOne(news: News): void {
    switch (news.kind) {
      case 'connection':
        return this.#sink.onConnection();
      case 'head':
        return this.#sink.onHead(news.status, news.headers);
      case 'data':
        return this.#sink.onData(news.bytes);
      case 'end':
        this.#finish('answered');
        return this.#sink.onEnd();
      case 'error':
        this.#finish('broken');
        return this.#sink.onError(news.error);
    }
  }

  #finish(outcome: 'answered' | 'broken' | 'aborted'): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#request.end(outcome);
  }
}

/** A script that throws is a test's mistake; it is shown as an answer that no engine takes for one. */
function scriptFailed(error: unknown): ScriptedReply {
  const message = error instanceof Error ? error.message : String(error);
  const body = JSON.stringify({ error: { message: `the test's script failed: ${message}`, type: 'script_failed' } });
  return { kind: 'respond', status: 400, headers: { 'content-type': 'application/json' }, body, after: 0 };
}
