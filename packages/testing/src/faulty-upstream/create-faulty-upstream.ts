import { FaultyServer } from './faulty-server.js';
import { modelList } from './openai-answer.js';
import { reply } from './openai-stream.js';
import type { ReceivedRequest } from './received-request.js';
import type { Behaviour, Script } from './script.js';

/** How a faulty upstream starts. */
export interface FaultyUpstreamOptions {
  /** What it does with requests. @default reply(), a healthy upstream */
  readonly script?: Script;
  /**
   * What it does with `GET …/models`, which the script never sees.
   *
   * @default a list of the models that it has been asked for
   */
  readonly models?: Script;
  /** @default 0, a free one */
  readonly port?: number;
}

/** A server on raw sockets that does what a test says, and records what it was sent and when. */
export interface FaultyUpstream {
  /** `http://127.0.0.1:PORT`, with no path. */
  readonly url: string;
  /** The address that OpenAI clients want: `http://127.0.0.1:PORT/v1`. */
  readonly baseUrl: string;
  readonly port: number;
  /** Every request since the start, or since `forget()`, in the order in which their heads came; models left out. */
  readonly requests: readonly ReceivedRequest[];
  /** The requests for the list of models. */
  readonly modelRequests: readonly ReceivedRequest[];
  /** How many connections are open now. */
  readonly connections: number;
  /** How many connections were ever made. */
  readonly connectionsMade: number;
  /** How many requests died unread on a connection that was left stale by `.thenStale()`. */
  readonly lostToStaleSockets: number;
  /** Replaces the script from the next request on; with `next()` what was put before it is gone too. */
  script(script: Script): void;
  /** Puts behaviours before the rest of the script, one for each of the next requests. */
  next(...behaviours: readonly Behaviour[]): void;
  /** Replaces what happens to `GET …/models`. */
  scriptModels(script: Script): void;
  /**
   * Waits until the request with this index has been read: the first one by default. One whose body is refused, or that
   * the client gave up, counts from then on.
   *
   * @throws Error when the upstream is closed first.
   */
  waitForRequest(index?: number): Promise<ReceivedRequest>;
  /** Empties `requests` and `modelRequests`; indexes start at 0 again. */
  forget(): void;
  /** Closes (FIN) or resets (RST) all connections that are open now, whatever they are doing. */
  disconnect(how?: 'close' | 'reset'): void;
  /** Closes all connections and stops listening: new ones are refused until `listen()`. */
  refuse(): Promise<void>;
  /** Listens again on the same port after `refuse()`. */
  listen(): Promise<void>;
  /**
   * Ends everything at once; nothing keeps the process alive afterwards. May be called again.
   *
   * @throws Error the first mistake of the script, such as a function that threw or a fault at a point that the reply
   *   never reached: a test must not pass without the fault that it is about.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a faulty upstream on 127.0.0.1.
 *
 * @example
 * const upstream = await createFaultyUpstream({ script: [fail(503), answer('Hello')] });
 * const response = await fetch(`${upstream.baseUrl}/chat/completions`, { method: 'POST', body: '{}' });
 * console.log(response.status, upstream.requests[0]?.body);
 * await upstream.close();
 */
export async function createFaultyUpstream(options: FaultyUpstreamOptions = {}): Promise<FaultyUpstream> {
  const { script = reply(), port = 0 } = options;
  const server: FaultyServer = new FaultyServer(script, options.models ?? (() => modelList(server.modelsAsked)));
  await server.listen(port);
  return server;
}
