/** Makes of the chunks of a stream what the unstreamed reply would have been. */
import { isRecord } from '../request/bad-request.js';
import type { ChatChunk, ChatCompletion } from '../request/chat-types.js';
import { ChoiceAssembly } from './choice-assembly.js';
import { isEntryIndex } from './entry-index.js';
import { GatheredFields } from './gathered-fields.js';

/** The same in all chunks that have them; Azure begins with a chunk where they are empty. */
const ALWAYS_THE_SAME: ReadonlySet<string> = new Set(['id', 'created', 'model', 'system_fingerprint', 'service_tier']);

/** Not of the completion: `obfuscation` is padding against guessing a text by the lengths of its pieces. */
const OF_CHUNKS: ReadonlySet<string> = new Set(['choices', 'object', 'obfuscation']);

/**
 * The known fields of a chunk have been checked by its dialect. Those that only some services have survive: texts of a
 * delta are joined, of anything else the last one wins.
 */
export class Assembly {
  readonly #choices = new Map<number, ChoiceAssembly>();
  readonly #fields = new GatheredFields();

  add(chunk: ChatChunk): void {
    for (const [name, value] of Object.entries(chunk)) this.#take(name, value);
    for (const choice of chunk.choices) this.#choiceOf(choice.index)?.add(choice);
  }

  /** What has come so far; a choice that has not ended is said to have stopped. */
  completion(): ChatCompletion {
    const { id, created, model, ...others } = this.#fields.toObject();
    const choices = [...this.#choices.values()].toSorted((one, other) => one.index - other.index);
    const completion = {
      id: id ?? '',
      object: 'chat.completion',
      created: created ?? 0,
      model: model ?? '',
      choices: choices.map((choice) => choice.whole()),
      ...others,
    };
    return completion as ChatCompletion;
  }

  #take(name: string, value: unknown): void {
    if (OF_CHUNKS.has(name)) return;
    // All chunks but the one that brings it say that it is null.
    if (name === 'usage' && !isRecord(value)) return;
    if (ALWAYS_THE_SAME.has(name)) this.#fields.keepFirst(name, value);
    else this.#fields.keepLast(name, value);
  }

  /** Undefined for one that cannot be. */
  #choiceOf(index: number): ChoiceAssembly | undefined {
    if (!isEntryIndex(index)) return undefined;
    let choice = this.#choices.get(index);
    if (choice === undefined) this.#choices.set(index, (choice = new ChoiceAssembly(index)));
    return choice;
  }
}
