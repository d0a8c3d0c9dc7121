/** What a caller has of a stream when it has been read to its end. */
import type { ChatChunk, ChatStream, FailoverReport, StreamOutcome } from '@ai-failover/core';
import { expect } from 'vitest';

export interface StreamReading {
  /** Of the first choice. */
  readonly text: string;
  readonly chunks: readonly ChatChunk[];
  /** Thrown instead of a stream, or while it was read. */
  readonly error: unknown;
  /** Missing where there was no stream. */
  readonly outcome: StreamOutcome | undefined;
  readonly failover: FailoverReport | undefined;
}

/** `onChunk` is called while the stream stands still. */
export async function readToEnd(coming: Promise<ChatStream>, onChunk?: () => void): Promise<StreamReading> {
  const chunks: ChatChunk[] = [];
  let stream: ChatStream;
  try {
    stream = await coming;
  } catch (error) {
    return { text: '', chunks, error, outcome: undefined, failover: undefined };
  }
  let error: unknown;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      onChunk?.();
    }
  } catch (thrown) {
    error = thrown;
  }
  const outcome = await stream.finished;
  return { text: textOf(chunks), chunks, error, outcome, failover: stream.failover };
}

export function textOf(chunks: readonly ChatChunk[]): string {
  return chunks
    .flatMap(({ choices }) => choices)
    .map(({ index, delta }) => (index === 0 ? (delta.content ?? '') : ''))
    .join('');
}

/**
 * However many upstreams have made it, it is one answer: one id, one role, nothing behind its one end, no usage that nobody asked
 * for. One that failed has no end, or not all of those that were asked for.
 */
export function expectOneAnswer({ chunks, outcome, error }: StreamReading, { choices: asked = 1 } = {}): void {
  if (outcome === undefined) {
    expect(chunks).toEqual([]);
    return;
  }
  expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`)).size).toBe(1);
  expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([]);
  const choices = byChoice(chunks);
  const ended = [...choices.values()].filter((pieces) => {
    expect(pieces.filter(({ delta }) => delta.role !== undefined).length).toBeLessThanOrEqual(1);
    const end = pieces.findIndex(({ finish_reason: reason }) => reason !== null);
    expect([-1, pieces.length - 1]).toContain(end);
    return end >= 0;
  });
  // Of several, one may have ended before the others were cut.
  if (outcome.status === 'done') expect(ended.length).toBe(choices.size);
  else expect(ended.length).toBeLessThan(asked);
  switch (outcome.status) {
    case 'done':
      expect(error).toBeUndefined();
      return;
    case 'failed':
      expect(error).toBe(outcome.error);
      return;
    case 'aborted':
      expect(error).toBe(outcome.reason);
  }
}

type Piece = ChatChunk['choices'][number];

function byChoice(chunks: readonly ChatChunk[]): Map<number, Piece[]> {
  const pieces = new Map<number, Piece[]>();
  for (const piece of chunks.flatMap(({ choices }) => choices)) {
    const others = pieces.get(piece.index);
    if (others === undefined) pieces.set(piece.index, [piece]);
    else others.push(piece);
  }
  return pieces;
}
