import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { plainActions } from './plain-reply.js';
import type { ReceivedRequest } from './received-request.js';
import { Reply } from './reply.js';
import { splitEvents } from './sse-frame.js';
import type { WireAction } from './wire-action.js';

/** Headers that belong to one connection and are not passed on. */
const hopByHop = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Passes requests on to another HTTP server and its replies back, with faults on the way.
 *
 * A reply that the other server cuts is reset here too; when it cannot be reached the answer is a 502.
 *
 * @param target its address; the path of the request is appended.
 * @example
 * upstream.script(proxyTo('http://127.0.0.1:4010').closeAfter({ events: 3 }));
 */
export function proxyTo(target: string | URL): Reply {
  const url = new URL(target);
  return new Reply((request, signal) => forward(url, request, signal));
}

async function* forward(target: URL, request: ReceivedRequest, signal: AbortSignal): AsyncGenerator<WireAction> {
  let response: IncomingMessage;
  try {
    response = await send(target, request, signal);
  } catch (error) {
    const message = `The proxied server could not be reached: ${String(error)}`;
    const body = { error: { message, type: 'server_error', param: null, code: 'bad_gateway' } };
    yield* plainActions({ status: 502, contentType: 'application/json', body });
    return;
  }
  try {
    yield headOf(response);
    yield* bodyOf(response);
    yield { kind: 'end', how: 'finish' };
  } catch {
    yield { kind: 'end', how: 'reset' };
  } finally {
    response.destroy();
  }
}

function send(target: URL, request: ReceivedRequest, signal: AbortSignal): Promise<IncomingMessage> {
  // The path is appended as text: resolved as an address, one that begins with `//` would lead to another host.
  const path = target.pathname.replace(/\/$/, '') + request.path;
  const start = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = { ...passedOn(request.headers), 'content-length': String(request.bytes.length) };
  return new Promise((resolve, reject) => {
    // No agent: a connection for each request leaves nothing behind to close.
    const outgoing = start(target, { path, method: request.method, headers, signal, agent: false }, resolve);
    outgoing.on('error', reject);
    outgoing.end(request.bytes);
  });
}

function headOf(response: IncomingMessage): WireAction {
  const length = response.headers['content-length'];
  const headers = passedOn(response.headers);
  delete headers['content-length'];
  return {
    kind: 'head',
    status: response.statusCode ?? 502,
    headers,
    framing: length === undefined ? 'chunked' : { length: Number(length) },
  };
}

async function* bodyOf(response: IncomingMessage): AsyncGenerator<WireAction> {
  const pieces: AsyncIterable<Buffer> = response;
  if (response.headers['content-type']?.startsWith('text/event-stream')) {
    yield* splitEvents(pieces);
    return;
  }
  for await (const bytes of pieces) yield { kind: 'body', bytes };
}

function passedOn(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const passed: [string, string | string[]][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name)) passed.push([name, value]);
  }
  return Object.fromEntries(passed);
}
