/** Failures that say nothing about the one who was asked. */
import type { FailureClass } from './failure.js';

export const NOBODYS_FAULT: ReadonlySet<FailureClass> = new Set<FailureClass>([
  'client-abort',
  'local',
  'request',
  'stale-socket',
]);
