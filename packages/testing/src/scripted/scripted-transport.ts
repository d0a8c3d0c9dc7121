/** A transport without sockets: each request is answered as a script says, on timers that tests may fake. */
import type { CreateTransport } from '@ai-failover/core';
import { failWith } from './replies.js';
import { ScriptedExchange, type TransportScript } from './scripted-exchange.js';
import { SentRequest, type ScriptedRequest } from './scripted-request.js';

export interface ScriptedTransport {
  /** For `createFailover(options, { createTransport })`. */
  readonly createTransport: CreateTransport;
  /** Every call that was sent, in order. */
  readonly requests: readonly ScriptedRequest[];
  /** What was asked beside calls (`GET`, `HEAD`), in order: lists of models, for example. */
  readonly inquiries: readonly ScriptedRequest[];
}

/**
 * Makes the transport of an engine whose upstreams do what a script says. What is asked beside calls is answered by a script of its
 * own, which without one answers 404.
 *
 * @example
 * const { createTransport, requests } = createScriptedTransport(({ upstream, number }) =>
 *   upstream === 'north' ? streamWith('One two three four', { cutAfter: 2 }) : answerWith(`Answer ${number}`),
 * );
 * const failover = createFailover(options, { createTransport });
 */
export function createScriptedTransport(
  script: TransportScript,
  inquiryScript: TransportScript = () => failWith(404),
): ScriptedTransport {
  const requests: SentRequest[] = [];
  const inquiries: SentRequest[] = [];
  const requestsOf = new Map<string, number>();
  const inquiriesOf = new Map<string, number>();
  return {
    requests,
    inquiries,
    createTransport: ({ name }) => ({
      send(wire, sink) {
        const isCall = wire.method === 'POST';
        const counts = isCall ? requestsOf : inquiriesOf;
        const number = (counts.get(name) ?? 0) + 1;
        counts.set(name, number);
        const request = new SentRequest(name, number, wire);
        (isCall ? requests : inquiries).push(request);
        return new ScriptedExchange(request, isCall ? script : inquiryScript, sink);
      },
      async close() {},
    }),
  };
}
