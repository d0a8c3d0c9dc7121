/** Turns the changes of circuits into events. */
import type { CircuitChange } from './breaker/circuit.js';
import type { Events } from './events.js';

export function announceCircuits(events: Events) {
  return ({ from, to, reason, openFor }: CircuitChange, upstream: string, deployment: string | undefined): void => {
    const about = { upstream, deployment, from, reason };
    if (to === 'open') events.emit('circuit-opened', { ...about, openFor });
    else events.emit(to === 'closed' ? 'circuit-closed' : 'circuit-half-opened', about);
  };
}
