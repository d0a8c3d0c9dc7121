/** Writes JSON as the HTTP response, without touching the status and the headers that others have set. */
import type { ServerResponse } from 'node:http';

export function sendJson(res: ServerResponse, body: Buffer): void {
  setJsonHeaders(res, body);
  res.end(body);
}

export function setJsonHeaders(res: ServerResponse, body: Buffer): void {
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', body.length);
}
