import { expect } from 'vitest';
import type { Stage } from '../traces/stage.ts';

const OUTCOMES: ReadonlySet<string> = new Set(['call-answered', 'call-failed', 'call-aborted', 'call-canned']);

/** Everything that calls may hold has been given back, and these are their outcomes: one of each call, in order. */
export function expectIdle(stage: Stage, ...outcomes: string[]): void {
  const { calls, retryBudget, waiting, deployments } = stage.failover.status();
  expect({ inFlight: calls.inFlight, budget: retryBudget.inUse, waiting }).toEqual({
    inFlight: 0,
    budget: 0,
    waiting: 0,
  });
  for (const { id, inFlight, lanes } of deployments) {
    const taken = lanes.map((lane) => [lane.inFlight, lane.limits?.inFlight ?? 0]);
    expect({ id, inFlight, taken }).toEqual({ id, inFlight: 0, taken: lanes.map(() => [0, 0]) });
  }
  expect(stage.requests.filter(({ outcome }) => outcome === undefined)).toEqual([]);
  expect(stage.events.map(outcomeOf).filter((name) => OUTCOMES.has(name))).toEqual(outcomes);
}

/** A canned reply is the outcome of its call; other degradations come with an answer. */
function outcomeOf([name, event]: Stage['events'][number]): string {
  return name === 'call-degraded' && event['degraded'] === 'canned' ? 'call-canned' : name;
}
