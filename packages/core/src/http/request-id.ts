/** Names a call in its response, so that whoever got it can ask about it. */
import type { ServerResponse } from 'node:http';

/** A name that the application has given stays. */
export function setRequestId(res: ServerResponse, id: string): void {
  if (!res.headersSent && !res.hasHeader('x-request-id')) res.setHeader('x-request-id', id);
}
