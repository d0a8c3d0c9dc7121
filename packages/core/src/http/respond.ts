/** Answers an HTTP request by a call: as JSON or, where the request asks for a stream, as server-sent events. */
import type { ChatReply } from '../call/reply.js';
import type { StartedStream } from '../failover.js';
import { isRecord } from '../request/bad-request.js';
import type { ChatRequest } from '../request/chat-types.js';
import { startChat, startStream, type ClientExchange } from './client-call.js';
import { hasLeft } from './disconnect.js';
import { EventStream } from './event-stream.js';
import type { RequestCallOptions } from './merge-options.js';
import { sendReply } from './send-reply.js';

/** An answer under way. */
export interface Answering {
  /** Of the call. */
  readonly id: string;
  /**
   * Resolves when all has been written, or when the client has left and there is nobody to be told. Rejects like `chat`, with nothing
   * written; once something has been, an error is written too.
   */
  readonly done: Promise<void>;
}

export function respond<Model extends string, Chain extends string>(
  exchange: ClientExchange<Model, Chain>,
  request: ChatRequest<Model | Chain>,
  options: RequestCallOptions<Chain>,
): Answering {
  if (isRecord(request) && request['stream'] === true) {
    const call = startStream(exchange, request, options);
    return { id: call.id, done: unlessLeft(sendStream(exchange, call, options.detached === true)) };
  }
  const call = startChat(exchange, request, options);
  return { id: call.id, done: unlessLeft(sendWhole(exchange, call.reply)) };
}

async function sendWhole({ res, failover, takeOver }: ClientExchange, reply: Promise<ChatReply>): Promise<void> {
  const answer = await reply;
  // Somebody else may have answered meanwhile: a limit of the request's time, perhaps.
  if (res.headersSent) return;
  takeOver?.();
  sendReply(res, answer, failover.expose);
}

async function sendStream(
  { res, failover, takeOver }: ClientExchange,
  call: StartedStream,
  detached: boolean,
): Promise<void> {
  const { id, abort, stream } = call;
  const events = new EventStream(res, { id, expose: failover.expose, abort: detached ? undefined : abort, takeOver });
  try {
    events.deliver(await stream);
  } catch (error) {
    if (!events.fail(error)) throw error;
  }
  await events.ended;
}

async function unlessLeft(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!hasLeft(error)) throw error;
  }
}
