import { STATUS_CODES } from 'node:http';
import { headerOf } from './reply-headers.js';
import type { ReceivedRequest } from './received-request.js';
import type { Framing, ReplyHeaders, WireAction, WireActions } from './wire-action.js';

type Head = Extract<WireAction, { kind: 'head' }>;

/** Turns heads and bodies into the bytes of HTTP/1.1. What comes out is `bytes`, `wait` and `end` only. */
export async function* frame(actions: WireActions, request: ReceivedRequest): AsyncGenerator<WireAction> {
  let framing: Framing = 'connection-end';
  let bodiless = false;
  let keepAlive = keepsAlive({}, request);
  for await (const action of actions) {
    if (action.kind === 'head') {
      framing = framingFor(action, request);
      bodiless = hasNoBody(action.status, request.method);
      keepAlive = keepsAlive(action.headers, request) && (bodiless || framing !== 'connection-end');
      yield { kind: 'bytes', bytes: encodeHead(action, { framing, bodiless, keepAlive }) };
    } else if (action.kind === 'body') {
      if (!bodiless && action.bytes.length > 0) yield { kind: 'bytes', bytes: encodeBody(action.bytes, framing) };
    } else if (action.kind === 'end' && action.how === 'finish') {
      if (framing === 'chunked' && !bodiless) yield { kind: 'bytes', bytes: Buffer.from('0\r\n\r\n') };
      yield { ...action, keepAlive };
    } else {
      yield action;
    }
  }
}

/** The bytes of a status line and its headers, the empty line included. */
export function encodeStatusAndHeaders(status: number, headers: ReplyHeaders): Buffer {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of typeof value === 'string' ? [value] : value) lines.push(`${name}: ${one}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function encodeHead(
  { status, headers }: Head,
  { framing, bodiless, keepAlive }: { framing: Framing; bodiless: boolean; keepAlive: boolean },
): Buffer {
  const added: Record<string, string> = {};
  const own = headerOf(headers, 'content-length') ?? headerOf(headers, 'transfer-encoding');
  if (own === undefined && !bodiless) {
    if (framing === 'chunked') added['transfer-encoding'] = 'chunked';
    else if (framing !== 'connection-end') added['content-length'] = String(framing.length);
  }
  if (headerOf(headers, 'connection') === undefined) added['connection'] = keepAlive ? 'keep-alive' : 'close';
  return encodeStatusAndHeaders(status, { ...headers, ...added });
}

function encodeBody(bytes: Buffer, framing: Framing): Buffer {
  if (framing !== 'chunked') return bytes;
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

function framingFor({ framing }: Head, request: ReceivedRequest): Framing {
  // HTTP/1.0 knows no chunks.
  return framing === 'chunked' && request.httpVersion === '1.0' ? 'connection-end' : framing;
}

function hasNoBody(status: number, method: string): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

function keepsAlive(headers: ReplyHeaders, request: ReceivedRequest): boolean {
  // The bytes of a body that is not read would be taken for the next request.
  if (request.readAt === undefined) return false;
  const asked = request.headers['connection']?.toLowerCase();
  const allowed = request.httpVersion === '1.1' ? asked !== 'close' : asked === 'keep-alive';
  return allowed && headerOf(headers, 'connection')?.toLowerCase() !== 'close';
}
