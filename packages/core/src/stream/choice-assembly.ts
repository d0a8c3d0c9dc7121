/** One choice of a streamed answer, put together from its pieces. */
import { isRecord } from '../request/bad-request.js';
import type { Fields } from '../request/bad-request.js';
import type { ChatChoice, ChatChunkChoice } from '../request/chat-types.js';
import { GatheredFields } from './gathered-fields.js';
import { MessageAssembly } from './message-assembly.js';

export class ChoiceAssembly {
  readonly index: number;
  readonly #message = new MessageAssembly();
  #logprobs: GatheredFields | undefined;
  #finishReason: string | undefined;
  readonly #others = new GatheredFields();

  constructor(index: number) {
    this.index = index;
  }

  add(piece: ChatChunkChoice): void {
    for (const [name, value] of Object.entries(piece)) this.#take(name, value);
  }

  whole(): ChatChoice {
    const choice = {
      index: this.index,
      message: this.#message.whole(),
      logprobs: this.#logprobs?.toObject() ?? null,
      finish_reason: this.#finishReason ?? 'stop',
      ...this.#others.toObject(),
    };
    return choice as unknown as ChatChoice;
  }

  #take(name: string, value: unknown): void {
    switch (name) {
      case 'index':
      case 'message':
        return;
      case 'delta':
        if (isRecord(value)) this.#message.add(value);
        return;
      case 'logprobs':
        if (isRecord(value)) this.#addLogprobs(value);
        return;
      case 'finish_reason':
        if (typeof value === 'string' && value !== '') this.#finishReason = value;
        return;
      default:
        this.#others.keepLast(name, value);
    }
  }

  /** A list for the tokens of the content and one for those of the refusal, each null where there are none. */
  #addLogprobs(logprobs: Fields): void {
    this.#logprobs ??= new GatheredFields();
    for (const name of Object.keys(logprobs)) this.#logprobs.extend(name, logprobs[name]);
  }
}
