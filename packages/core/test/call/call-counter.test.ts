import { expect, it } from 'vitest';
import { createCallCounter } from '../../src/call-counter.js';
import type { CallErrorKind } from '../../src/errors.js';
import { createEvents } from '../../src/create-events.js';
import type { FailoverEvents } from '../../src/events.js';

const FACTS = { callId: 'call-1', chain: 'default', metadata: undefined, attempts: 2, duration: 5 };

function answered(degraded: FailoverEvents['call-answered']['degraded']): FailoverEvents['call-answered'] {
  const who = { deployment: 'm@north', model: 'm', upstream: 'north' };
  return { ...FACTS, ...who, failedOver: false, streamed: true, degraded, usage: undefined };
}

it('counts answers by how they fell short, each once', () => {
  const events = createEvents();
  const counts = createCallCounter(events);
  for (const degraded of ['downgraded', 'continued', 'continued', undefined] as const) {
    events.emit('call-answered', answered(degraded));
    // An answer that falls short is told twice.
    if (degraded !== undefined) events.emit('call-degraded', { ...FACTS, degraded, reason: degraded });
  }
  expect(counts()).toMatchObject({ answered: 4, downgraded: 1, continued: 2, canned: 0 });
});

it("counts an answer that broke off as failed, and only the caller's own fault as refused", () => {
  const events = createEvents();
  const counts = createCallCounter(events);
  const kinds: readonly CallErrorKind[] = ['interrupted', 'exhausted', 'deadline', 'bad-request'];
  for (const kind of kinds) events.emit('call-failed', { ...FACTS, kind, status: 502 });
  expect(counts()).toMatchObject({ failed: 3, refused: 1 });
});
