/** Completions of chunks, for tests. */
import type { ChatChunk, ChatCompletion } from '../../src/request/chat-types.js';
import { Assembly } from '../../src/stream/assemble.js';

export function assembled(chunks: readonly ChatChunk[]): ChatCompletion {
  const assembly = new Assembly();
  for (const chunk of chunks) assembly.add(chunk);
  return assembly.completion();
}

/** The first message of a stream of these deltas. */
export function messageOf(...deltas: object[]): object | undefined {
  return assembled(deltas.map((delta) => chunkOf({ delta }))).choices[0]?.message;
}

/** With one choice, the first, of which nothing else is said. */
export function chunkOf(choice: object, fields: object = {}): ChatChunk {
  const whole = { index: 0, delta: {}, finish_reason: null, ...choice };
  return { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [whole], ...fields };
}

export function functionCall(id: string, name: string, given: string): object {
  return { id, type: 'function', function: { name, arguments: given } };
}
