/** What a response says of how its answer came about: in its headers, or in its first chunk once the headers have gone. */
import type { FailoverReport } from '../call/reply.js';
import type { Degradation } from '../events.js';

/** The field `ai_failover` of a chunk. */
export interface ReportFields {
  readonly degraded?: Degradation;
  readonly deployment?: string;
  readonly model?: string;
  /** How many. */
  readonly attempts?: number;
  /** The attempts with their outcomes, in words. */
  readonly trail?: string;
  /** Who could not serve the request at all, and why. */
  readonly skipped?: string;
}

/** That a reply is degraded is always said; who answered only where the application wants it known. */
export function reportFields(report: FailoverReport, expose: boolean): ReportFields {
  const { degraded, deployment, model, attempts, skipped } = report;
  return {
    ...(degraded !== undefined && { degraded }),
    ...(expose && {
      ...(deployment !== undefined && { deployment }),
      ...(model !== undefined && { model }),
      attempts: attempts.length,
      trail: attempts.map((one) => `${one.deployment} ${one.outcome}`).join(', '),
      ...(skipped.length > 0 && { skipped: skipped.map((one) => `${one.deployment} ${one.reason}`).join(', ') }),
    }),
  };
}

/** The same as headers. */
export function reportHeaders(report: FailoverReport, expose: boolean): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reportFields(report, expose))) {
    headers[`x-ai-failover-${name}`] = headerText(String(value));
  }
  return headers;
}

/** Names are free text in the configuration; a header takes only Latin-1 without controls. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
