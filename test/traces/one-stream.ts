/** What stands in a streamed answer once, however many upstreams have made it. */
import type { ChatChunk } from '@ai-failover/core';

export interface StreamShape {
  readonly ids: number;
  readonly roles: number;
  /** Of the first choice, in order. */
  readonly finishes: readonly string[];
  /** Chunks that bring a usage. */
  readonly usages: number;
}

export function shapeOf(chunks: readonly ChatChunk[]): StreamShape {
  const choices = chunks.flatMap((chunk) => chunk.choices).filter(({ index }) => index === 0);
  return {
    ids: new Set(chunks.map(({ id }) => id)).size,
    roles: choices.filter(({ delta }) => delta.role !== undefined).length,
    finishes: choices.map(({ finish_reason: reason }) => reason).filter((reason) => reason !== null),
    usages: chunks.filter(({ usage }) => usage !== undefined && usage !== null).length,
  };
}

/** Of a whole answer that stopped by itself. */
export const ONE_STREAM: StreamShape = { ids: 1, roles: 1, finishes: ['stop'], usages: 0 };
