/** One chunk of an OpenAI stream, as the server-sent event that carries it. */
import type { SseFrame } from '../faulty-upstream/sse-frame.js';

/** Makes a chunk of these choices, and of more fields beside them, such as `usage`. */
export type ChunkMaker = (choices: readonly object[], more?: object) => SseFrame;

/** @param envelope what all chunks of a stream say: its id, when it was created, the model. */
export function chunkMaker(envelope: object): ChunkMaker {
  return (choices, more = {}) => ({ data: { ...envelope, object: 'chat.completion.chunk', choices, ...more } });
}

/** The event after the last chunk. */
export const doneFrame: SseFrame = { data: '[DONE]' };
