/** A transport without sockets: each request is answered as a script says, on timers that tests may fake. */
import type { CreateTransport } from '@ai-failover/core';
import { ScriptedExchange, type TransportScript } from './scripted-exchange.js';
import { SentRequest, type ScriptedRequest } from './scripted-request.js';

export interface ScriptedTransport {
  /** For `createFailover(options, { createTransport })`. */
  readonly createTransport: CreateTransport;
  /** Everything that was sent, in order. */
  readonly requests: readonly ScriptedRequest[];
}

/**
 * Makes the transport of an engine whose upstreams do what a script says.
 *
 * @example
 * const { createTransport, requests } = createScriptedTransport(({ upstream, number }) =>
 *   upstream === 'north' ? streamWith('One two three four', { cutAfter: 2 }) : answerWith(`Answer ${number}`),
 * );
 * const failover = createFailover(options, { createTransport });
 */
export function createScriptedTransport(script: TransportScript): ScriptedTransport {
  const requests: SentRequest[] = [];
  return {
    requests,
    createTransport: ({ name }) => ({
      send(wire, sink) {
        const number = requests.filter(({ upstream }) => upstream === name).length + 1;
        const request = new SentRequest(name, number, wire);
        requests.push(request);
        return new ScriptedExchange(request, script, sink);
      },
      async close() {},
    }),
  };
}
