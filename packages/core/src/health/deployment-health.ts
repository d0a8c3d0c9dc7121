/** What calls read and write of a deployment's health: a few plain fields, because every call does. */
import type { FailureClass } from '../judgement/failure.js';
import { NOT_ASKED } from './health-status.js';

/** Times are on the engine's clock. */
export class DeploymentHealth {
  /** Probes have taken it down: it is passed over while anybody else of the route could be asked. */
  avoided = false;
  /** What it gets of its usual traffic. */
  share = 1;
  /** An attempt began. */
  askedAt = -Infinity;
  /** An answer came, or the first content of one. */
  succeededAt = -Infinity;
  failedAt = -Infinity;
  lastFailure: FailureClass | undefined;
  health = NOT_ASKED;
  /** Since when the status is what it is. */
  since = -Infinity;
  /** What calls have shown may change the status. */
  onNews: () => void = () => {};

  succeeded(at: number): void {
    this.succeededAt = at;
    if (this.health.status !== 'healthy') this.onNews();
  }

  failed(at: number, failure: FailureClass): void {
    this.failedAt = at;
    this.lastFailure = failure;
    this.onNews();
  }
}
