/** Binds an engine to one HTTP request: the client's disconnect, languages and retries. All adapters are made of this. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChatReply } from '../call/reply.js';
import type { Failover } from '../failover.js';
import type { ChatRequest } from '../request/chat-types.js';
import type { ChatStream } from '../stream/chat-stream.js';
import { startChat, startStream } from './client-call.js';
import { mergeCallOptions, type RequestCallOptions } from './merge-options.js';
import { respond } from './respond.js';

/** What a request has as `ai`. */
export interface RequestAI<Model extends string = string, Chain extends string = string> {
  /** The engine. */
  readonly failover: Failover<Model, Chain>;
  /** What mounts have set for its calls. */
  readonly options: Readonly<RequestCallOptions<Chain>>;
  /**
   * Answers an OpenAI-shaped request; aborted when the client leaves.
   *
   * @throws CallError with `status` and `headers` for the framework
   * @throws AbortError when the client has left
   */
  chat(request: ChatRequest<Model | Chain>, options?: RequestCallOptions<Chain>): Promise<ChatReply>;
  /**
   * The same as a stream, once its first content is there; aborted when the client leaves, also while it is read.
   *
   * @throws like `chat`; once it has begun, reading it does
   */
  stream(request: ChatRequest<Model | Chain>, options?: RequestCallOptions<Chain>): Promise<ChatStream>;
  /**
   * Answers the HTTP request itself: with server-sent events if the request says `stream: true`, else as JSON. Rejects like
   * `chat`, with nothing written; when the client has left it resolves, because nobody is there to be told. When the
   * response has already been sent, nobody is asked.
   */
  respond(request: ChatRequest<Model | Chain>, options?: RequestCallOptions<Chain>): Promise<void>;
  /** The same with more options for calls; where they meet, these win, but demands (`require`) add up. */
  with(options: RequestCallOptions<Chain>): RequestAI<Model, Chain>;
}

/**
 * Plain `node:http` is enough: `bind(failover, req, res).chat(…)`.
 *
 * @param takeOver for frameworks that must know whose the response is: called when `respond` is about to write, before status and
 *   headers are set, and never when it rejects
 */
export function bind<Model extends string, Chain extends string>(
  failover: Failover<Model, Chain>,
  req: IncomingMessage,
  res: ServerResponse,
  defaults: RequestCallOptions<Chain> = {},
  takeOver?: () => void,
): RequestAI<Model, Chain> {
  const exchange = { failover, req, res, takeOver };
  const merged = (options: RequestCallOptions<Chain> | undefined): RequestCallOptions<Chain> =>
    options === undefined ? defaults : mergeCallOptions(defaults, options);

  return {
    failover,
    options: defaults,
    chat: async (request, options) => startChat(exchange, request, merged(options)).reply,
    stream: async (request, options) => startStream(exchange, request, merged(options)).stream,
    async respond(request, options) {
      if (!res.headersSent) await respond(exchange, request, merged(options)).done;
    },
    with: (options) => bind(failover, req, res, mergeCallOptions(defaults, options), takeOver),
  };
}
