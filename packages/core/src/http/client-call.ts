/** Calls on behalf of a client: they know its languages and retries, and end when it leaves. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallOptions } from '../call/call-options.js';
import { parseAcceptLanguage } from '../call/locale.js';
import type { Failover, StartedCall, StartedStream } from '../failover.js';
import type { ChatRequest } from '../request/chat-types.js';
import type { ChatStream } from '../stream/chat-stream.js';
import { clientLeft, hasDisconnected, watchDisconnect } from './disconnect.js';
import type { RequestCallOptions } from './merge-options.js';

/** An engine, and the client that asks it. */
export interface ClientExchange<Model extends string = string, Chain extends string = string> {
  readonly failover: Failover<Model, Chain>;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** See `bind`. */
  readonly takeOver?: (() => void) | undefined;
}

/** Aborted when the client leaves, unless it is `detached`. */
export function startChat<Model extends string, Chain extends string>(
  { failover, req, res }: ClientExchange<Model, Chain>,
  request: ChatRequest<Model | Chain>,
  options: RequestCallOptions<Chain>,
): StartedCall {
  const detached = options.detached === true;
  // Nothing is begun for nobody.
  if (!detached && hasDisconnected(req, res)) return { ...NOT_STARTED, reply: Promise.reject(clientLeft()) };
  const call = failover.start(request, { ...fromHeaders(req), ...options });
  if (detached) return call;
  const unwatch = watchDisconnect(req, res, () => call.abort(clientLeft()));
  return { id: call.id, abort: call.abort, reply: untilSettled(call.reply, unwatch) };
}

/** Likewise, also after the stream has begun. */
export function startStream<Model extends string, Chain extends string>(
  { failover, req, res }: ClientExchange<Model, Chain>,
  request: ChatRequest<Model | Chain>,
  options: RequestCallOptions<Chain>,
): StartedStream {
  const detached = options.detached === true;
  if (!detached && hasDisconnected(req, res)) return { ...NOT_STARTED, stream: Promise.reject(clientLeft()) };
  const call = failover.startStream(request, { ...fromHeaders(req), ...options });
  if (detached) return call;
  const unwatch = watchDisconnect(req, res, () => call.abort(clientLeft()));
  return { id: call.id, abort: call.abort, stream: untilFinished(call.stream, unwatch) };
}

const NOT_STARTED = { id: '', abort: () => {} } as const;

async function untilSettled<Reply>(reply: Promise<Reply>, unwatch: () => void): Promise<Reply> {
  try {
    return await reply;
  } finally {
    unwatch();
  }
}

async function untilFinished(begun: Promise<ChatStream>, unwatch: () => void): Promise<ChatStream> {
  try {
    const stream = await begun;
    void stream.finished.then(unwatch);
    return stream;
  } catch (error) {
    unwatch();
    throw error;
  }
}

/** What the request's own headers say about its calls. */
function fromHeaders({ headers }: IncomingMessage): Pick<CallOptions, 'locales' | 'callerRetries'> {
  return {
    locales: () => parseAcceptLanguage(headers['accept-language']),
    callerRetries: RETRYING.test(headers['x-stainless-retry-count']?.toString() ?? ''),
  };
}

/** The official clients count their retries from 0. */
const RETRYING = /^0*[1-9]/;
