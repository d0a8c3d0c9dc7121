/** The parts of one candidate, which come at once or in pieces, as deltas: https://ai.google.dev/api/caching#Part */
import type { Fields } from '../../request/bad-request.js';
import type { ChatDelta } from '../../request/chat-types.js';
import type { Thought, WithThoughts } from '../conversation/thoughts.js';
import { writeJson } from '../json-reply.js';
import type { ReplyCallIds } from './call-ids.js';
import { fieldsOf, listOf, textOf } from './loose-json.js';
import type { Said } from './reply-facts.js';
import { signatureEntry } from './thought-signatures.js';

/** A picture that the model has made, in the form that OpenRouter has made known. */
export interface ReplyImage {
  readonly type: 'image_url';
  /** A `data:` URL. */
  readonly image_url: { readonly url: string };
  readonly index: number;
}

/** Calls come whole, even in a stream. */
export interface WholeCall {
  readonly index: number;
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** Nothing in it is empty. */
export interface Delta extends ChatDelta, WithThoughts {
  tool_calls?: WholeCall[];
  images?: ReplyImage[];
}

/** Texts of one kind that follow each other are one piece, however many parts they come in. */
type Piece = 'text' | 'thought' | 'call' | 'image' | 'other';

export class CandidateReader implements Said {
  readonly #ids: ReplyCallIds;
  /** Signatures that came before the first word: alone they say nothing. */
  #held: Thought[] = [];
  #calls = 0;
  #images = 0;
  #pieces = 0;
  #piece: Piece | undefined;
  #anything = false;

  /** @param ids shared by all candidates of a reply */
  constructor(ids: ReplyCallIds) {
    this.#ids = ids;
  }

  get anything(): boolean {
    return this.#anything;
  }

  get calls(): boolean {
    return this.#calls > 0;
  }

  /** What these parts add; `undefined` where something is nested too deeply to be written. */
  read(parts: unknown, responseId: string): Delta | undefined {
    const delta: Delta = {};
    for (const part of listOf(parts)) {
      if (!this.#part(fieldsOf(part), delta, responseId)) return undefined;
    }
    this.#anything ||= Object.keys(delta).length > 0;
    if (!this.#anything || this.#held.length === 0) return delta;
    const reasoning_details = this.#held;
    this.#held = [];
    return { ...delta, reasoning_details };
  }

  /** @returns whether it can be read */
  #part(part: Fields, delta: Delta, responseId: string): boolean {
    const { text, thought, functionCall, inlineData, thoughtSignature } = part;
    const signature = textOf(thoughtSignature);
    const { name } = fieldsOf(functionCall);
    if (typeof name === 'string') return this.#call(delta, fieldsOf(functionCall), signature, responseId);
    if (typeof text === 'string') this.#text(delta, text, thought === true);
    else if (inlineData !== undefined && thought !== true) this.#image(delta, fieldsOf(inlineData));
    else this.#begin('other');
    this.#sign(signature);
    return true;
  }

  #call(delta: Delta, { name, args, id }: Fields, signature: string, responseId: string): boolean {
    const written = writeJson(fieldsOf(args));
    if (written === undefined) return false;
    this.#begin('call');
    const callId = this.#ids.idFor(textOf(id), responseId);
    const called = { name: textOf(name), arguments: written };
    (delta.tool_calls ??= []).push({ index: this.#calls, id: callId, type: 'function', function: called });
    this.#calls += 1;
    this.#sign(signature, callId);
    return true;
  }

  #text(delta: Delta, text: string, isThought: boolean): void {
    this.#begin(isThought ? 'thought' : 'text');
    if (text === '') return;
    if (isThought) delta.reasoning_content = (delta.reasoning_content ?? '') + text;
    else delta.content = (delta.content ?? '') + text;
  }

  /** Sound has no place that clients know without having asked for it. */
  #image(delta: Delta, { mimeType, data }: Fields): void {
    this.#begin('image');
    if (!/^image\/[\w.+-]{1,40}$/.test(textOf(mimeType)) || textOf(data) === '') return;
    const image: ReplyImage = {
      type: 'image_url',
      image_url: { url: `data:${textOf(mimeType)};base64,${textOf(data)}` },
      index: this.#images,
    };
    this.#images += 1;
    (delta.images ??= []).push(image);
  }

  #sign(signature: string, callId?: string): void {
    if (signature !== '') this.#held.push(signatureEntry(signature, this.#pieces - 1, callId));
  }

  #begin(piece: Piece): void {
    const goesOn = piece === this.#piece && (piece === 'text' || piece === 'thought');
    if (!goesOn) this.#pieces += 1;
    this.#piece = piece;
  }
}
