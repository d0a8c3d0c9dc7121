/** Binds an engine to one HTTP request: the client's disconnect, languages and retries. All adapters are made of this. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallOptions } from '../call/call-options.js';
import { parseAcceptLanguage } from '../call/locale.js';
import type { ChatReply } from '../call/reply.js';
import type { Failover } from '../create-failover.js';
import type { ChatRequest } from '../request/chat-types.js';
import { hasDisconnected, watchDisconnect } from './disconnect.js';
import { mergeCallOptions, type RequestCallOptions } from './merge-options.js';
import { sendReply } from './send-reply.js';

/** What a request has as `ai`. */
export interface RequestAI<Model extends string = string, Chain extends string = string> {
  /** The engine. */
  readonly failover: Failover<Model, Chain>;
  /**
   * Answers an OpenAI-shaped request; aborted when the client leaves.
   *
   * @throws CallError with `status` and `headers` for the framework
   * @throws AbortError when the client has left
   */
  chat(request: ChatRequest<Model | Chain>, options?: RequestCallOptions<Chain>): Promise<ChatReply>;
  /**
   * Answers the HTTP request itself, as JSON. Rejects like `chat`, with nothing written; when the client has left it
   * resolves, because nobody is there to be told. When the response has already been sent, nobody is asked.
   */
  respond(request: ChatRequest<Model | Chain>, options?: RequestCallOptions<Chain>): Promise<void>;
  /** The same with more options for calls; where they meet, these win, but demands (`require`) add up. */
  with(options: RequestCallOptions<Chain>): RequestAI<Model, Chain>;
}

/** Plain `node:http` is enough: `bind(failover, req, res).chat(…)`. */
export function bind<Model extends string, Chain extends string>(
  failover: Failover<Model, Chain>,
  req: IncomingMessage,
  res: ServerResponse,
  defaults: RequestCallOptions<Chain> = {},
): RequestAI<Model, Chain> {
  async function chat(request: ChatRequest<Model | Chain>, options?: RequestCallOptions<Chain>): Promise<ChatReply> {
    const merged = options === undefined ? defaults : mergeCallOptions(defaults, options);
    const detached = merged.detached === true;
    // Nothing is begun for nobody.
    if (!detached && hasDisconnected(req, res)) throw clientLeft();
    const call = failover.start(request, { ...fromHeaders(req), ...merged });
    if (detached) return call.reply;
    const unwatch = watchDisconnect(req, res, () => call.abort(clientLeft()));
    try {
      return await call.reply;
    } finally {
      unwatch();
    }
  }

  return {
    failover,
    chat,
    async respond(request, options) {
      if (res.headersSent) return;
      try {
        sendReply(res, await chat(request, options), failover.expose);
      } catch (error) {
        if (!hasLeft(error)) throw error;
      }
    },
    with: (options) => bind(failover, req, res, mergeCallOptions(defaults, options)),
  };
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

const LEFT = 'The client left before the answer was there';

/** Express logs the stack of every error; that a client has left is worth one line at most. */
function clientLeft(): DOMException {
  const error = new DOMException(LEFT, 'AbortError');
  return Object.defineProperty(error, 'stack', { value: `AbortError: ${LEFT}` });
}

function hasLeft(error: unknown): boolean {
  return error instanceof DOMException && error.message === LEFT;
}
