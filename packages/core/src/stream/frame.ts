/** One event of a streamed answer, on its way from an upstream to whoever reads it. */
import type { ChatChunk } from '../request/chat-types.js';

/** What the event says, and the bytes that said it. */
export interface Frame {
  readonly chunk: ChatChunk;
  /** The buffer that holds the event as it came, where it may be passed on unchanged; neighbours share it. */
  readonly source: Buffer | undefined;
  /** Its first byte in `source`. */
  readonly start: number;
  /** Behind its last byte, the empty line included. */
  readonly end: number;
}

/** A frame of our own making, which has to be serialised. */
export function madeFrame(chunk: ChatChunk): Frame {
  return { chunk, source: undefined, start: 0, end: 0 };
}
