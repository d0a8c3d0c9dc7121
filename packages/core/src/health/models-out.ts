/** Which models nobody can serve, and whether that is too many. Pure. */
import type { CircuitState } from '../breaker/circuit.js';

/** What counts of a deployment. */
export interface Serving {
  readonly circuit: CircuitState;
  readonly upstreamCircuit: CircuitState;
  /** By hand, or because its upstream does not list it. */
  readonly shutOut: boolean;
  /** Milliseconds that it rests. */
  readonly restsFor: number;
  /** Probes have taken it down. */
  readonly down: boolean;
  /** Probes have found it well. */
  readonly up: boolean;
}

/** A shorter rest passes before anybody could do anything about it. */
const LONG_REST = 5_000;

/** A half-open circuit has proved nothing yet, unless probes vouch for it: it may open again any moment. */
export function canServe({ circuit, upstreamCircuit, shutOut, restsFor, down, up }: Serving): boolean {
  if (shutOut || down || restsFor >= LONG_REST) return false;
  return isPassable(circuit, up) && isPassable(upstreamCircuit, up);
}

/** The models of which no deployment can serve. */
export function modelsOut(models: Iterable<readonly [model: string, deployments: readonly Serving[]]>): string[] {
  const out: string[] = [];
  for (const [model, deployments] of models) if (!deployments.some(canServe)) out.push(model);
  return out;
}

/** Only of several: of a single model its circuit says as much. */
export function isCritical(out: number, of: number, ratio: number | false): boolean {
  return ratio !== false && of > 1 && out > of * ratio;
}

function isPassable(circuit: CircuitState, up: boolean): boolean {
  return circuit === 'closed' || (circuit === 'half-open' && up);
}
