/** From an attempt's answer to the caller's stream: as it came, or joined to what had been sent before. */
import type { ChatChunk, ChatChunkChoice, ChatFinishReason } from '../request/chat-types.js';
import { CallNumbers } from '../stream/call-numbers.js';
import { hasMoreThanText, isUsageOnly, textOf } from '../stream/chunk-facts.js';
import { madeFrame, type Frame } from '../stream/frame.js';
import type { Join } from '../stream/join.js';
import { OneRole } from '../stream/one-role.js';
import { SentText } from '../stream/sent-text.js';
import type { FrameReceiver } from './stream-attempt.js';

type ChunkFacts = Pick<ChatChunk, 'id' | 'object' | 'created' | 'model' | 'system_fingerprint'>;

/** What the caller has been told so far. */
export class Told {
  readonly text = new SentText();
  /** Something beside text and reasoning, which nobody could go on with. */
  more = false;
  /** The usage, in a chunk of its own. */
  usage = false;
  finishReason: ChatFinishReason | undefined;
  /** What all chunks of the answer have in common. */
  #facts: ChunkFacts | undefined;

  /** Not of one without choices: what Azure sends in front of the answer has empty names. */
  noteFacts({ id, object, created, model, system_fingerprint, choices }: ChatChunk): void {
    if (choices.length === 0) return;
    const facts = { id, object, created, model };
    this.#facts ??= system_fingerprint === undefined ? facts : { ...facts, system_fingerprint };
  }

  get known(): boolean {
    return this.#facts !== undefined;
  }

  /** A chunk of the same answer. */
  chunk(fields: Pick<ChatChunk, 'choices' | 'usage'>): ChatChunk {
    const facts: ChunkFacts = this.#facts ?? { id: '', object: 'chat.completion.chunk', created: 0, model: '' };
    return { ...facts, ...fields };
  }
}

/** Where frames go on to. */
export interface FrameOutlet {
  push(frames: readonly Frame[]): void;
}

/**
 * The first answer passes as it comes, but for what clients would trip over, and its usage: that has a chunk of its own, without choices, for
 * those who have asked for it. Some services put it beside the last piece, and some beside each.
 */
export class PlainRelay implements FrameReceiver {
  readonly misfit = false;
  readonly #outlet: FrameOutlet;
  readonly #told: Told;
  readonly #wantsUsage: boolean;
  readonly #continuable: boolean;
  readonly #role = new OneRole();
  readonly #calls = new CallNumbers();

  constructor(
    outlet: FrameOutlet,
    told: Told,
    { wantsUsage, continuable }: { wantsUsage: boolean; continuable: boolean },
  ) {
    this.#outlet = outlet;
    this.#told = told;
    this.#wantsUsage = wantsUsage;
    this.#continuable = continuable;
  }

  take(frames: readonly Frame[]): void {
    let misplaced = false;
    for (const { chunk } of frames) misplaced = this.#note(chunk) || misplaced;
    const wanted = misplaced ? this.#withoutUsage(frames) : frames;
    if (wanted.length > 0) this.#outlet.push(this.#calls.toldApart(this.#role.saidOnce(wanted)));
  }

  /** Whether the chunk holds a usage that is not for the caller, or not there. */
  #note(chunk: ChatChunk): boolean {
    const told = this.#told;
    if (!told.known) told.noteFacts(chunk);
    const reason = chunk.choices[0]?.finish_reason;
    if (reason !== undefined && reason !== null) told.finishReason ??= reason;
    if (this.#continuable) {
      told.text.add(textOf(chunk));
      told.more ||= hasMoreThanText(chunk);
    }
    if (chunk.usage === undefined || chunk.usage === null) return false;
    const misplaced = !this.#wantsUsage || chunk.choices.length > 0;
    told.usage ||= !misplaced;
    return misplaced;
  }

  #withoutUsage(frames: readonly Frame[]): readonly Frame[] {
    const kept = this.#wantsUsage ? frames : frames.filter(({ chunk }) => !isUsageOnly(chunk));
    return kept.map(choicesAlone);
  }
}

/** As large as it came: whoever bounds what is held counts on that. */
function choicesAlone(frame: Frame): Frame {
  const { usage, ...chunk } = frame.chunk;
  return usage && chunk.choices.length > 0 ? { chunk, source: undefined, start: frame.start, end: frame.end } : frame;
}

/** What becomes of a continuation. */
export interface Continuing {
  /** It goes on where the answer had been cut; called before anything of it is passed on. */
  onFit(): void;
  /** It does not, or does not any more, so nothing further of it may be passed on. */
  onMisfit(): void;
}

/**
 * Text only: the caller has had a role and reasoning, and one usage stands at the end of all. A continuation that says anything else,
 * such as a refusal or a tool call, ends there for us: without it the answer would seem whole.
 */
export class JoiningRelay implements FrameReceiver {
  readonly #outlet: FrameOutlet;
  readonly #told: Told;
  readonly #join: Join;
  readonly #continuing: Continuing;
  #fits = false;
  #misfit = false;

  constructor(outlet: FrameOutlet, told: Told, join: Join, continuing: Continuing) {
    this.#outlet = outlet;
    this.#told = told;
    this.#join = join;
    this.#continuing = continuing;
  }

  /** Nothing more of it is passed on. */
  get misfit(): boolean {
    return this.#misfit;
  }

  take(frames: readonly Frame[]): void {
    const joined: Frame[] = [];
    for (const { chunk } of frames) {
      const choice = chunk.choices.find(({ index }) => index === 0);
      if (choice === undefined || this.#misfit) continue;
      const made = hasMoreThanText(chunk) ? this.#refuse() : this.#joined(choice, textOf(chunk));
      if (made !== undefined) joined.push(madeFrame(this.#told.chunk({ choices: [made] })));
    }
    if (joined.length > 0) this.#outlet.push(joined);
  }

  #joined({ finish_reason: reason }: ChatChunkChoice, delta: string): ChatChunkChoice | undefined {
    const content = this.#join.push(delta);
    if (content === undefined || (reason !== null && !this.#join.fits())) return this.#refuse();
    if (content === '' && reason === null) return undefined;
    if (!this.#fits) {
      this.#fits = true;
      this.#continuing.onFit();
    }
    this.#told.text.add(content);
    this.#told.finishReason ??= reason ?? undefined;
    return { index: 0, delta: content === '' ? {} : { content }, logprobs: null, finish_reason: reason };
  }

  #refuse(): undefined {
    this.#misfit = true;
    this.#continuing.onMisfit();
  }
}
