/** When a whole chain is out, somebody should soon find out that it is back. */
import { circuitsAdmitAt } from '../gate.js';
import type { Route } from '../plan/route.js';
import { deploymentsOf } from '../plan/route.js';
import { now } from '../clock.js';

/** Milliseconds. */
const LONGEST_OPEN = 10_000;

/** While every deployment of the route has an open circuit, none stays open for longer than ten seconds. */
export function shortenOpenTimes(route: Route): void {
  const deployments = deploymentsOf(route);
  const at = now();
  if (!deployments.every((deployment) => circuitsAdmitAt(deployment) > at)) return;
  for (const { breaker, upstream } of deployments) {
    breaker.shortenOpen(LONGEST_OPEN);
    upstream.breaker.shortenOpen(LONGEST_OPEN);
  }
}
