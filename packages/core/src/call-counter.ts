/** Counts calls by outcome; a listener like any other. */
import type { Events } from './events.js';
import type { CallCounts } from './status.js';

/** The counts so far; how many are in flight is known elsewhere. */
export function createCallCounter(events: Events): () => Omit<CallCounts, 'inFlight'> {
  const counts = {
    total: 0,
    answered: 0,
    failedOver: 0,
    downgraded: 0,
    continued: 0,
    canned: 0,
    failed: 0,
    refused: 0,
    aborted: 0,
  };
  events.on('call-started', () => {
    counts.total += 1;
  });
  events.on('call-answered', ({ failedOver, degraded }) => {
    counts.answered += 1;
    if (failedOver) counts.failedOver += 1;
    if (degraded !== undefined) counts[degraded] += 1;
  });
  events.on('call-degraded', ({ degraded }) => {
    if (degraded === 'canned') counts.canned += 1;
  });
  events.on('call-failed', ({ kind }) => {
    if (kind === 'bad-request') counts.refused += 1;
    else counts.failed += 1;
  });
  events.on('call-aborted', () => {
    counts.aborted += 1;
  });
  return () => ({ ...counts });
}
