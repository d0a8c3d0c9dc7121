/** Answers a request with an error in OpenAI's form. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openAIError } from './openai-error.js';
import { setRequestId } from './request-id.js';
import { setJsonHeaders } from './send-json.js';

/** Milliseconds in which the rest of a refused body is still taken, and thrown away. */
const LINGER = 2_000;

export function sendError(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  if (res.headersSent || res.destroyed) return;
  const { status, headers, body } = openAIError(error);
  const bytes = Buffer.from(JSON.stringify(body));
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  // There may have been no call.
  setRequestId(res, randomUUID());
  setJsonHeaders(res, bytes);
  if (status === 413 && !req.complete) endSlowly(req, res, bytes);
  else res.end(bytes);
}

/**
 * Closing while the client still sends would reset the connection, and the client might never read why. So the answer goes out whole,
 * and the connection is closed when the client has read it, or a little later.
 */
function endSlowly(req: IncomingMessage, res: ServerResponse, bytes: Buffer): void {
  if (req.httpVersionMajor < 2) res.setHeader('connection', 'close');
  res.write(bytes);
  const end = (): void => {
    clearTimeout(timer);
    req.off('end', end).off('close', end);
    res.end();
  };
  const timer = setTimeout(end, LINGER);
  req.once('end', end).once('close', end).resume();
}
