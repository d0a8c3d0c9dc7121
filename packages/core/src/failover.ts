/** What an application has in hand: the engine. */
import type { CallOptions } from './call/call-options.js';
import type { ChatReply } from './call/reply.js';
import type { DeploymentControl, UpstreamControl } from './controls.js';
import type { AnyListener, EventName, Listener, NameListener } from './events.js';
import type { Explanation } from './plan/explain.js';
import type { PoolControl } from './pool/pool-changes.js';
import type { ChatRequest } from './request/chat-types.js';
import type { FailoverStatus } from './status.js';
import type { ChatStream } from './stream/chat-stream.js';

/** The engine: one per configuration and process. */
export interface Failover<Model extends string = string, Chain extends string = string> {
  /**
   * Answers an OpenAI-shaped request, whatever it takes.
   *
   * @throws CallError `AIF_BAD_REQUEST` when the request is wrong; the other `AIF_…` kinds only without a canned reply
   * @throws the signal's reason when the call was aborted
   */
  chat(request: ChatRequest<Model | Chain>, options?: CallOptions<Chain>): Promise<ChatReply>;
  /**
   * Answers as a stream, once its first content is there; until then everything fails over unseen. What breaks off after that is
   * continued by the next candidate where that can be done, and else ends with an error.
   *
   * @throws like `chat`
   * @example
   * for await (const chunk of await ai.stream({ messages })) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
   */
  stream(request: ChatRequest<Model | Chain>, options?: CallOptions<Chain>): Promise<ChatStream>;
  /** Like `chat`, for whoever has no signal at hand: the reply to come, and the way to abort it. */
  start(request: ChatRequest<Model | Chain>, options?: CallOptions<Chain>): StartedCall;
  /** Like `stream`, with the way to abort it at any time. */
  startStream(request: ChatRequest<Model | Chain>, options?: CallOptions<Chain>): StartedStream;
  /** The plan for a request, with the reason for every candidate that would not be asked. Sends and changes nothing. */
  explain(request: ChatRequest<Model | Chain>, options?: CallOptions<Chain>): Explanation;
  status(): FailoverStatus;
  /** Listens to one event; returns the way to stop. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void;
  /** Listens to all events; returns the way to stop. */
  onAny(listener: AnyListener): () => void;
  onAny(listener: NameListener): () => void;
  /** Hands on one deployment, by its id `model@upstream`. */
  deployment(id: string): DeploymentControl;
  /** Hands on one upstream, by its name. */
  upstream(name: string): UpstreamControl;
  /** Hands on the pool: upstreams come, go and change while calls go on. */
  readonly pool: PoolControl;
  /** Names of the chains and models that requests may ask for now. */
  readonly names: { readonly chains: readonly Chain[]; readonly models: readonly Model[] };
  /** Whether responses that `respond` writes name deployment and model in their headers. */
  readonly expose: boolean;
  /**
   * Takes no more calls, lets those under way end, saves the state where the options name a file for it, and closes the connections.
   * Calls still under way after `timeout` milliseconds are aborted with `AIF_CLOSED`.
   */
  close(options?: { readonly timeout?: number }): Promise<void>;
  /**
   * Checks options for calls when they are fixed, at a mount or a route, rather than at the first call.
   *
   * @throws ConfigError
   */
  checkCallOptions(options: CallOptions<Chain>): void;
  /** Tells listeners of `misuse-detected`; for adapters. */
  reportMisuse(code: `AIF_MISUSE_${string}`, message: string): void;
}

/** A call under way. */
export interface StartedCall {
  /** Names it in events; also `reply.failover.requestId`. */
  readonly id: string;
  /** As `chat` would resolve or reject. */
  readonly reply: Promise<ChatReply>;
  /** Ends it, if it has not ended: the reply rejects with `reason`. */
  readonly abort: (reason: unknown) => void;
}

/** A streamed call under way. */
export interface StartedStream {
  /** Names it in events; also `stream.failover.requestId`. */
  readonly id: string;
  /** As `stream` would resolve or reject. */
  readonly stream: Promise<ChatStream>;
  /** Ends it, also when the stream is there already. */
  readonly abort: (reason: unknown) => void;
}

/** Whether a value is an engine rather than options for one; also one of another copy of this package. */
export function isFailover(value: unknown): value is Failover {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['chat', 'stream', 'explain', 'status', 'close'].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}
