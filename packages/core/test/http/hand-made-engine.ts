/** An engine that answers as a test says, and remembers what it was asked. */
import { vi } from 'vitest';
import type { CallOptions } from '../../src/call/call-options.js';
import { createReply, type ChatReply } from '../../src/call/reply.js';
import type { Failover, StartedCall, StartedStream } from '../../src/failover.js';
import type { ChatStream } from '../../src/stream/chat-stream.js';
import { REPORT } from './hand-made-stream.js';

interface Play {
  readonly reply?: Promise<ChatReply>;
  readonly stream?: Promise<ChatStream>;
  readonly names?: Failover['names'];
}

export function handMadeEngine({ reply = Promise.resolve(hello()), stream, names }: Play = {}) {
  // Rejections may be prepared long before anybody asks.
  for (const prepared of [reply, stream]) prepared?.catch(() => {});
  const abort = vi.fn<(reason: unknown) => void>();
  const start = vi.fn<(request: unknown, options: CallOptions) => StartedCall>(() => ({ id: 'call-1', reply, abort }));
  const startStream = vi.fn<(request: unknown, options: CallOptions) => StartedStream>(() => ({
    id: 'call-1',
    stream: stream ?? Promise.reject(new Error('no stream was prepared')),
    abort,
  }));
  const parts = { start, startStream, names: names ?? { models: ['m'], chains: ['default'] }, expose: false };
  return { failover: parts as unknown as Failover, start, startStream, abort };
}

export function hello(): ChatReply {
  const message = { role: 'assistant' as const, content: 'Hello', refusal: null };
  const choices = [{ index: 0, message, finish_reason: 'stop' as const, logprobs: null }];
  return createReply({ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm', choices }, REPORT);
}
