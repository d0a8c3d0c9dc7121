import type { EarlyFault } from './early-fault.js';
import type { ReceivedRequest } from './received-request.js';
import { Reply } from './reply.js';

/** Chooses the reply by the request, which has been read to the end. */
export type Responder = (request: ReceivedRequest) => Reply | Promise<Reply>;

/** What happens to one request. */
export type Behaviour = Reply | EarlyFault | Responder;

/** What happens to all requests: always the same, or one after another, the last one then staying. */
export type Script = Behaviour | readonly Behaviour[];

/** Hands out the behaviours of a script, one for each request. */
export class ScriptPlayer {
  #once: Behaviour[] = [];
  #always: [Behaviour, ...Behaviour[]];

  constructor(script: Script) {
    this.#always = nonEmpty(script);
  }

  replace(script: Script): void {
    this.#always = nonEmpty(script);
    this.#once = [];
  }

  /** Puts behaviours before the rest of the script. */
  insert(behaviours: readonly Behaviour[]): void {
    this.#once.push(...behaviours);
  }

  /** The fault that strikes before the request has been read, if that is what comes next, and uses it up. */
  takeEarly(...strikes: readonly EarlyFault['strikes'][]): EarlyFault | undefined {
    const next = this.#once[0] ?? this.#always[0];
    if (!isEarly(next) || !strikes.includes(next.strikes)) return undefined;
    this.#take();
    return next;
  }

  /** The reply to a request that has been read, and uses it up. */
  async takeReply(request: ReceivedRequest): Promise<Reply> {
    const next = this.#take();
    const chosen = typeof next === 'function' ? await next(request) : next;
    if (chosen instanceof Reply) return chosen;
    throw new Error(`request ${request.index} had been read already when the script chose ${JSON.stringify(chosen)}`);
  }

  #take(): Behaviour {
    const once = this.#once.shift();
    if (once) return once;
    const [next, ...rest] = this.#always;
    const [following, ...others] = rest;
    if (following) this.#always = [following, ...others];
    return next;
  }
}

function isEarly(behaviour: Behaviour): behaviour is EarlyFault {
  return typeof behaviour === 'object' && 'strikes' in behaviour;
}

function nonEmpty(script: Script): [Behaviour, ...Behaviour[]] {
  const [first, ...others] = isList(script) ? script : [script];
  if (!first) throw new Error('a script needs at least one behaviour');
  return [first, ...others];
}

function isList(script: Script): script is readonly Behaviour[] {
  return Array.isArray(script);
}
