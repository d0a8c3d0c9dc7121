/** The JSON of a request: what a body parser has left of it, or read here, never more than the limit. */
import type { IncomingMessage } from 'node:http';
import { clientLeft } from './disconnect.js';
import { Refusal } from './refusal.js';

/**
 * @param limit bytes
 * @throws Refusal
 * @throws AbortError when the client leaves meanwhile; `hasLeft` tells
 */
export async function readBody(req: IncomingMessage, limit: number, given?: unknown): Promise<unknown> {
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const left: unknown = given ?? Reflect.get(req, 'body');
  if (isLeftByParser(req, left)) return parsed(left, limit);
  if (req.readableDidRead) throw readBefore();
  if (req.readableEnded) throw empty();
  refuseCompressed(req);
  return parseJson(await readAll(req, limit));
}

/** The parser of Express 4 leaves an empty object where it has not read anything. */
function isLeftByParser(req: IncomingMessage, body: unknown): boolean {
  if (body === undefined || body === null) return false;
  return req.readableDidRead || req.readableEnded || typeof body !== 'object' || Object.keys(body).length > 0;
}

function parsed(body: unknown, limit: number): unknown {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body;
  const bytes = Buffer.from(body);
  if (bytes.length > limit) throw tooLarge(limit);
  return parseJson(bytes);
}

/** Not by iterating: that would destroy the connection with the answer on it when it ends early. */
function readAll(req: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const onData = (piece: Buffer): void => {
      size += piece.length;
      pieces.push(piece);
      if (size > limit) settle(() => reject(tooLarge(limit)));
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(pieces)));
    const onLeave = (): void => settle(() => reject(clientLeft()));
    const settle = (how: () => void): void => {
      req.off('data', onData).off('end', onEnd).off('close', onLeave);
      how();
    };
    // One that has been destroyed already says nothing more.
    if (req.destroyed) onLeave();
    else req.on('data', onData).on('end', onEnd).on('close', onLeave);
  });
}

/** The message does not quote the body, as those of `JSON.parse` do. */
function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw empty();
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refusal({ status: 400, message: "The request's body is not valid JSON." });
  }
}

function refuseCompressed({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return;
  const message = 'Compressed requests are not read here. Send the body without content-encoding.';
  throw new Refusal({ status: 415, message, headers: { 'accept-encoding': 'identity' } });
}

function tooLarge(limit: number): Refusal {
  return new Refusal({ status: 413, message: `The request's body is larger than the ${limit} bytes that are read.` });
}

function empty(): Refusal {
  return new Refusal({ status: 400, message: 'The request has no body. Send JSON.' });
}

function readBefore(): Refusal {
  const message = "The request's body was read before it came here, and not left in `req.body`.";
  return new Refusal({ status: 500, type: 'server_error', message });
}
