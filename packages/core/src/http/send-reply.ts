/** Writes a reply as the HTTP response, without touching the status and the headers that others have set. */
import type { ServerResponse } from 'node:http';
import { replyBytes, type ChatReply, type FailoverReport } from '../call/reply.js';

export function sendReply(res: ServerResponse, reply: ChatReply, expose: boolean): void {
  const body = replyBytes(reply);
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', body.length);
  for (const [name, value] of Object.entries(reportHeaders(reply.failover, expose))) res.setHeader(name, value);
  res.end(body);
}

/** That a reply is degraded is always said; who answered only where the application wants it known. */
export function reportHeaders(report: FailoverReport, expose: boolean): Record<string, string> {
  const headers: Record<string, string> = {};
  const { degraded, deployment, model, attempts } = report;
  if (degraded !== undefined) headers['x-ai-failover-degraded'] = degraded;
  if (!expose) return headers;
  if (deployment !== undefined) headers['x-ai-failover-deployment'] = headerText(deployment);
  if (model !== undefined) headers['x-ai-failover-model'] = headerText(model);
  headers['x-ai-failover-attempts'] = String(attempts.length);
  headers['x-ai-failover-trail'] = headerText(attempts.map((one) => `${one.deployment} ${one.outcome}`).join(', '));
  return headers;
}

/** Names are free text in the configuration; a header takes only Latin-1 without controls. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
