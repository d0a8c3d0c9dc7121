/** When a whole chain is out, somebody should soon find out that it is back. */
import { now } from '../clock.js';
import { freeAt } from '../gate.js';
import { deploymentsOf, type Route } from '../plan/route.js';

/** Milliseconds. */
const LONGEST_OPEN = 10_000;

/** While every deployment of the route is out, no circuit of it stays open for longer than ten seconds. */
export function shortenOpenTimes(route: Route): void {
  const deployments = deploymentsOf(route);
  const at = now();
  if (!deployments.every((deployment) => freeAt(deployment) > at)) return;
  for (const { breaker, upstream } of deployments) {
    breaker.shortenOpen(LONGEST_OPEN);
    upstream.breaker.shortenOpen(LONGEST_OPEN);
  }
}
