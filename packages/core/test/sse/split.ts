/** Runs bytes through the splitter and notes what it says. */
import { EventSplitter } from '../../src/sse/event-splitter.js';

export interface SeenEvent {
  readonly data: string;
  readonly type: string;
}

export interface SeenSource extends SeenEvent {
  /** The bytes that may be passed on, as latin1, so that a difference can be read; undefined where they may not. */
  readonly source: string | undefined;
}

/** The events of these chunks, with what may be passed on of each. */
export function split(chunks: readonly (Buffer | string)[]): SeenSource[] {
  const seen: SeenSource[] = [];
  const splitter = new EventSplitter({
    onEvent(data, type, source, start, end) {
      seen.push({ data, type, source: source?.toString('latin1', start, end) });
    },
  });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return seen;
}

export function withoutSources(seen: readonly SeenSource[]): SeenEvent[] {
  return seen.map(({ data, type }) => ({ data, type }));
}

export function cutAt(bytes: Buffer, ...positions: readonly number[]): Buffer[] {
  const ends = [...positions.toSorted((one, other) => one - other), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

export function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}
