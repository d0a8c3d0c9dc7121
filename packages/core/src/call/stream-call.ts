/**
 * One call that is answered as a stream. Until its first content it is a search like any other; what breaks off after that is gone
 * on with by the next candidate, if it can be, and else ends with an error, never as if it were whole.
 */
import { now } from '../clock.js';
import { CallError } from '../errors.js';
import type { Degradation } from '../events.js';
import type { Lane } from '../pool/pool.js';
import type { ChatUsage } from '../request/chat-types.js';
import type { StreamOutcome } from '../stream/chat-stream.js';
import { chunksOf } from '../stream/chunks-of.js';
import { madeFrame } from '../stream/frame.js';
import { ReplyStream, type StreamSource } from '../stream/reply-stream.js';
import { sumOfUsage, usageOf } from '../stream/usage.js';
import { tokensOfText } from '../tokens/token-counter.js';
import { degradationAt, type CallUnderWay } from './call.js';
import { deadlineError, interruptedError } from './call-failure.js';
import type { CallInput } from './call-input.js';
import { CallReport } from './call-report.js';
import type { Conduct } from './conduct.js';
import { CutAnswer } from './cut-answer.js';
import { degrade } from './degrade.js';
import { Interruption } from './interruption.js';
import { JoiningRelay, PlainRelay, Told } from './relay.js';
import { Search, type CallEnvironment, type Found } from './search.js';
import type { LiveAnswer } from './stream-attempt.js';
import { createStreamed } from './streamed.js';

export class StreamCall implements CallUnderWay, StreamSource {
  readonly #environment: CallEnvironment;
  readonly #input: CallInput;
  readonly #report: CallReport;
  readonly #interruption = new Interruption();
  readonly #search: Search<LiveAnswer>;
  readonly #told = new Told();
  #answer: LiveAnswer | undefined;
  #relay: PlainRelay | JoiningRelay | undefined;
  #paused = false;
  #degraded: Degradation | undefined;
  /** Of the parts that have been cut off, and how many characters those are. */
  #usageBefore: ChatUsage | undefined;
  #countedCharacters = 0;

  constructor(environment: CallEnvironment, input: CallInput, conduct: Conduct<LiveAnswer>) {
    const { settings, events } = environment;
    const { id, options, route } = input;
    const startedAt = now();
    this.#environment = environment;
    this.#input = input;
    this.#report = new CallReport(events, { callId: id, chain: route.chain, metadata: options.metadata }, startedAt);
    const deadlineAt = startedAt + (options.deadline ?? settings.streamDeadline);
    const scope = { input, conduct, deadlineAt, report: this.#report, interruption: this.#interruption };
    this.#search = new Search(environment, scope);
  }

  abort(reason: unknown): void {
    this.#interruption.abort(reason);
  }

  pause(): void {
    this.#paused = true;
    this.#answer?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#answer?.resume();
  }

  /** Resolves when there is something to read. `onEnd` is called when nothing of the call is under way any more. */
  async run(onEnd: () => void): Promise<ReplyStream> {
    this.#report.started();
    try {
      const found = await this.#search.find();
      if (found !== undefined) return this.#open(found, onEnd);
      const stream = await this.#degrade();
      onEnd();
      return stream;
    } catch (error) {
      this.#fail(error);
      onEnd();
      throw error;
    }
  }

  // --- the answer as it comes

  #open(found: Found<LiveAnswer>, onEnd: () => void): ReplyStream {
    this.#degraded = degradationAt(found.stop);
    const { lane, attempted } = found.run;
    const stream = new ReplyStream(this, this.#report.describe(lane, this.#degraded, attempted));
    const { checked } = this.#input;
    this.#flow(found, new PlainRelay(stream, this.#told, checked));
    void this.#follow(stream, found, onEnd);
    return stream;
  }

  /** Never rejects. */
  async #follow(stream: ReplyStream, first: Found<LiveAnswer>, onEnd: () => void): Promise<void> {
    const outcome = await this.#outcome(stream, first);
    onEnd();
    stream.end(outcome);
  }

  #flow({ answer }: Found<LiveAnswer>, relay: PlainRelay | JoiningRelay): void {
    this.#answer = answer;
    this.#relay = relay;
    answer.flowTo(relay);
    if (this.#paused) answer.pause();
  }

  async #outcome(stream: ReplyStream, first: Found<LiveAnswer>): Promise<StreamOutcome> {
    try {
      const { run, usage } = await this.#toItsEnd(stream, first);
      const { lane } = run;
      const degraded = this.#degraded === 'canned' ? undefined : this.#degraded;
      stream.describeAs(this.#report.describe(lane, degraded));
      this.#report.answered(lane, { degraded, usage, streamed: true });
      return { status: 'done', finishReason: this.#told.finishReason, usage };
    } catch (error) {
      stream.describeAs({ ...stream.failover, attempts: this.#report.trail });
      this.#fail(error);
      if (error instanceof CallError) return { status: 'failed', error };
      if (this.#interruption.aborted) return { status: 'aborted', reason: error };
      return { status: 'failed', error: interruptedError(this.#report, this.#search.lastError) };
    } finally {
      this.#search.end();
    }
  }

  async #toItsEnd(
    stream: ReplyStream,
    first: Found<LiveAnswer>,
  ): Promise<Pick<Found<LiveAnswer>, 'run'> & { usage: ChatUsage | undefined }> {
    for (let found = first; ;) {
      const { run, stop } = found;
      const end = await this.#interruption.during(run.closing());
      this.#interruption.throwIfAborted();
      const misfit = this.#relay?.misfit === true;
      if (end.ok && !misfit) return { run, usage: this.#closeUsage(stream, end.usage) };
      // The provider's objection to the answer itself is for the caller; nobody else is asked to say it.
      if (found === first && !end.ok && end.verdict.class === 'request') throw this.#search.refusal(end.verdict);
      // One that came whole before it was seen not to fit has ended well, and is of no use.
      if (end.ok) this.#search.setAside(found);
      else this.#search.noteFailure({ run, stop, end }, true);
      found = await this.#goOn(stream, run.lane);
    }
  }

  /** Whoever goes on from what has been sent. */
  async #goOn(stream: ReplyStream, from: Lane): Promise<Found<LiveAnswer>> {
    const { checked, options } = this.#input;
    const mode = options.onStreamFailure ?? this.#environment.settings.onStreamFailure;
    const told = this.#told;
    const cut = mode === 'continue' && checked.continuable && !told.more ? CutAnswer.of(told.text) : undefined;
    if (cut === undefined) throw this.#interrupted();
    this.#search.continueWith(createStreamed(this.#environment.onRefused, cut));
    const sentCharacters = told.text.length;
    const found = await this.#search.find();
    const resumed = found && cut.resumed(found.run.sent);
    if (found === undefined || resumed === undefined) throw this.#interrupted();
    const { run } = found;
    this.#countCutPart(from, sentCharacters);
    const relay = new JoiningRelay(stream, told, resumed.join, {
      onFit: () => {
        this.#degraded = 'continued';
        stream.describeAs(this.#report.describe(run.lane, 'continued', run.attempted));
        this.#report.continued({ from, to: run.lane, by: resumed.by, sentCharacters });
      },
      onMisfit: () => run.decline('it did not go on where the answer had been cut'),
    });
    this.#flow(found, relay);
    return found;
  }

  /**
   * What it has cost its upstream could no longer say, so it is estimated. One that did not fit has added nothing, and is none of
   * those that made the answer.
   */
  #countCutPart({ deployment }: Lane, sentCharacters: number): void {
    const before = this.#usageBefore;
    if (before !== undefined && sentCharacters === this.#countedCharacters) return;
    const { settings } = deployment;
    const sent = this.#told.text.text().slice(this.#countedCharacters, sentCharacters);
    const prompt = this.#environment.counter.count(this.#input.checked.prompt, settings);
    const part = usageOf(prompt, tokensOfText(sent, settings.tokenizer));
    this.#usageBefore = before === undefined ? part : sumOfUsage(before, part);
    this.#countedCharacters = sentCharacters;
  }

  /** One usage for all that made the answer, behind it all. */
  #closeUsage(stream: ReplyStream, usage: ChatUsage | undefined): ChatUsage | undefined {
    const before = this.#usageBefore;
    const sum = before === undefined || usage === undefined ? (before ?? usage) : sumOfUsage(before, usage);
    const untold = sum !== undefined && (before !== undefined || !this.#told.usage);
    if (untold && this.#input.checked.wantsUsage)
      stream.push([madeFrame(this.#told.chunk({ choices: [], usage: sum }))]);
    return sum;
  }

  #interrupted(): CallError {
    const { lastError } = this.#search;
    return this.#search.isOver(now())
      ? deadlineError(this.#report, lastError)
      : interruptedError(this.#report, lastError);
  }

  // --- no answer

  async #degrade(): Promise<ReplyStream> {
    const completion = await degrade({
      environment: this.#environment,
      input: this.#input,
      search: this.#search,
      report: this.#report,
    });
    this.#search.end();
    const stream = new ReplyStream(this, this.#report.describe(undefined, 'canned'));
    const includeUsage = this.#input.checked.wantsUsage;
    stream.push(chunksOf(completion, { includeUsage }).map(madeFrame));
    const { choices, usage } = completion;
    stream.end({ status: 'done', finishReason: choices[0]?.finish_reason, usage });
    return stream;
  }

  #fail(error: unknown): void {
    this.#search.end();
    this.#report.endedWith(error, this.#interruption.aborted);
  }
}
