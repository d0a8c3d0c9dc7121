/** What a request gives a model to read: gathered while it is checked, counted only where a limit asks for it. */
import type { Attachment } from './attachment.js';
import type { MakeUpMemory } from './make-up-memory.js';
import { emptyMakeUp, type MakeUp } from './make-up.js';
import { readSampled, readWhole, SAMPLED_ABOVE } from './read-text.js';

/** Shorter texts are read faster than they are looked up. */
const REMEMBERED_FROM = 256;
const SAMPLED = { read: readSampled, kind: 0 };
const WHOLE = { read: readWhole, kind: 1 };

/** What the texts of a prompt consist of. */
export interface PromptMakeUp {
  readonly messages: MakeUp;
  /** Of the definitions of tools and the schema of the answer. */
  readonly schemas: MakeUp;
}

/** Strings cannot be changed, so that it holds nothing that the application could change later. */
export class Prompt {
  readonly #texts: string[] = [];
  readonly #schemas: string[] = [];
  readonly #attachments: Attachment[] = [];
  #messages = 0;
  #toolCalls = 0;
  #characters = 0;
  #longest = 0;
  #hasTools = false;
  #sampled: PromptMakeUp | undefined;
  #whole: PromptMakeUp | undefined;

  /** A message begins; what is added next is its own. */
  addMessage(): void {
    this.#messages += 1;
  }

  addText(text: string): void {
    this.#texts.push(text);
    this.#note(text);
  }

  /** Its name and what it was given are texts of their own. */
  addToolCall(): void {
    this.#toolCalls += 1;
  }

  addAttachment(attachment: Attachment): void {
    this.#attachments.push(attachment);
  }

  /** As JSON. */
  addTools(json: string): void {
    this.#hasTools = true;
    this.addSchema(json);
  }

  /** As JSON. */
  addSchema(json: string): void {
    this.#schemas.push(json);
    this.#note(json);
  }

  get messages(): number {
    return this.#messages;
  }

  get toolCalls(): number {
    return this.#toolCalls;
  }

  get hasTools(): boolean {
    return this.#hasTools;
  }

  get attachments(): readonly Attachment[] {
    return this.#attachments;
  }

  /** Of its texts and schemas. */
  get characters(): number {
    return this.#characters;
  }

  /** So long a text is in it that a sample of it is read. */
  get isSampled(): boolean {
    return this.#longest > SAMPLED_ABOVE;
  }

  /** Found out once. */
  makeUp(memory: MakeUpMemory): PromptMakeUp {
    return (this.#sampled ??= this.#read(memory, SAMPLED));
  }

  /** The same without sampling. */
  wholeMakeUp(memory: MakeUpMemory): PromptMakeUp {
    return this.isSampled ? (this.#whole ??= this.#read(memory, WHOLE)) : this.makeUp(memory);
  }

  #note({ length }: string): void {
    this.#characters += length;
    if (length > this.#longest) this.#longest = length;
  }

  #read(memory: MakeUpMemory, how: typeof SAMPLED): PromptMakeUp {
    const messages = emptyMakeUp();
    for (const text of this.#texts) readInto(text, messages, { memory, how });
    if (this.#schemas.length === 0) return { messages, schemas: NONE };
    const schemas = emptyMakeUp();
    for (const json of this.#schemas) readInto(json, schemas, { memory, how });
    return { messages, schemas };
  }
}

const NONE: MakeUp = emptyMakeUp();

function readInto(
  text: string,
  into: MakeUp,
  { memory, how }: { readonly memory: MakeUpMemory; readonly how: typeof SAMPLED },
): void {
  if (text.length < REMEMBERED_FROM) how.read(text, into);
  else memory.add(text, into, how);
}
