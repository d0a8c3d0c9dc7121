/** What an adapter has to provide so that the contract can be tried on it: applications of its framework, by description. */
import type { IncomingHttpHeaders } from 'node:http';
import type {
  Authorization,
  ChatRequest,
  EndpointOptions,
  Failover,
  RequestAI,
  RequestCallOptions,
} from '@ai-failover/core';

/** An adapter in its framework. */
export interface ContractSubject {
  /**
   * Starts an application on 127.0.0.1.
   *
   * @throws ConfigError of the adapter, when the description has options that are wrong
   */
  start(application: ContractApplication): Promise<RunningApplication>;
  /** Whether the framework has compressing middleware that can stand in front; only then is it asked for. */
  readonly compresses: boolean;
}

export interface RunningApplication {
  /** `http://127.0.0.1:PORT`, with no path. */
  readonly url: string;
  /** Stops it and cuts its connections; the engines stay open. */
  close(): Promise<void>;
}

/** What comes first in the application, and its routes, each made in the framework's own way. */
export interface ContractApplication {
  /** The engine, as `ai`. */
  readonly failover: Failover;
  /** Another engine, as `assistant`. */
  readonly assistant: Failover | undefined;
  /** Whether JSON bodies are parsed, up to 10 MB. */
  readonly parsesBodies: boolean;
  /** Whether responses are compressed for clients that take it. */
  readonly compresses: boolean;
  /** Set on every response by what comes first, as CORS does. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** How the application answers errors; `undefined` leaves them to the framework. */
  readonly answerError: ((error: unknown) => ErrorAnswer) | undefined;
  readonly scopes: readonly ContractScope[];
}

export interface ErrorAnswer {
  readonly status: number;
  readonly text: string;
}

/** Routes under a prefix. */
export interface ContractScope {
  /** `/api`, or empty for routes at the root. */
  readonly prefix: string;
  /** Options of `ai` for all its routes. */
  readonly options?: RequestCallOptions;
  /** The endpoint of `ai`, before the routes. */
  readonly endpoint?: ContractEndpoint;
  readonly routes?: readonly ContractRoute[];
}

export interface ContractEndpoint extends Omit<EndpointOptions, 'authorize'> {
  /** By the headers of the request, for each framework has a request of its own. */
  readonly authorize?: (headers: IncomingHttpHeaders) => Authorization;
}

/** A route for POST. */
export type ContractRoute = OwnRoute | RespondRoute;

/** A route written by the application, with options of its own where the framework's routes can have them. */
export interface OwnRoute {
  readonly kind: 'own';
  readonly path: string;
  /** Options of `ai` for this route. */
  readonly options?: RequestCallOptions;
  /** Resolves to what is answered: pieces of text as they come, `undefined` when `ai` has answered, anything else as JSON. */
  answer(request: ContractRequest): Promise<unknown>;
}

/** A route made by `ai.respond(…)`. */
export interface RespondRoute {
  readonly kind: 'respond';
  readonly path: string;
  readonly options?: RequestCallOptions;
  /** @param body what the body parser has left */
  request(body: unknown): ChatRequest | Promise<ChatRequest>;
}

export interface ContractRequest {
  readonly ai: RequestAI;
  /** The second engine's, where the application has one. */
  readonly assistant: RequestAI | undefined;
  /** What the body parser has left. */
  readonly body: unknown;
}

/** Whether what a route answers comes piece by piece. */
export function isPieces(answer: unknown): answer is AsyncIterable<string> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}
