/** Turns a change of a circuit into its event. */
import type { CircuitChange } from './breaker/circuit.js';
import type { Events } from './events.js';

/** `deployment` is missing for the circuit of a whole upstream. */
export function announceCircuit(
  events: Events,
  { from, to, reason, openFor }: CircuitChange,
  upstream: string,
  deployment: string | undefined,
): void {
  const about = { upstream, deployment, from, reason };
  if (to === 'open') events.emit('circuit-opened', { ...about, openFor });
  else events.emit(to === 'closed' ? 'circuit-closed' : 'circuit-half-opened', about);
}
