/** Routes of the contract's applications: every way in which a request can be answered. */
import type { ChatRequest, ChatStream, RequestCallOptions } from '@ai-failover/core';
import type { ContractRoute } from './contract-subject.js';

/** Asks `ai` for what the body says, with these options of the call. */
export function chatRoute(path: string, options?: RequestCallOptions): ContractRoute {
  return { kind: 'own', path, answer: ({ ai, body }) => ai.chat(requestIn(body), options) };
}

/** Reads the stream by itself and writes what it says by hand. */
export function streamRoute(path: string): ContractRoute {
  return { kind: 'own', path, answer: async ({ ai, body }) => textOf(await ai.stream(requestIn(body))) };
}

/** Made by `ai.respond`. */
export function respondRoute(path: string, options?: RequestCallOptions): ContractRoute {
  return { kind: 'respond', path, request: requestIn, ...(options !== undefined && { options }) };
}

/** Answers by `ai` after work of its own. */
export function respondingRoute(path: string): ContractRoute {
  return {
    kind: 'own',
    path,
    async answer({ ai, body }) {
      await Promise.resolve();
      await ai.respond(requestIn(body));
    },
  };
}

/** Whatever the client has sent, the engine checks it. */
export function requestIn(body: unknown): ChatRequest {
  return body as ChatRequest;
}

async function* textOf(stream: ChatStream): AsyncGenerator<string> {
  for await (const { choices } of stream) yield choices[0]?.delta.content ?? '';
}
