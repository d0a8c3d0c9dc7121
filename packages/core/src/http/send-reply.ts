/** Writes a reply as the HTTP response, without touching the status and the headers that others have set. */
import type { ServerResponse } from 'node:http';
import { replyBytes, type ChatReply } from '../call/reply.js';
import { reportHeaders } from './report-headers.js';
import { setRequestId } from './request-id.js';
import { sendJson } from './send-json.js';

export function sendReply(res: ServerResponse, reply: ChatReply, expose: boolean): void {
  setRequestId(res, reply.failover.requestId);
  for (const [name, value] of Object.entries(reportHeaders(reply.failover, expose))) res.setHeader(name, value);
  sendJson(res, replyBytes(reply));
}
