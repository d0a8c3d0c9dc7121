/** One call that is answered as a whole: from its plan to its one outcome, a reply, a degraded reply, or an error. */
import { now } from '../clock.js';
import type { ChatCompletion, ChatUsage } from '../request/chat-types.js';
import { Assembly } from '../stream/assemble.js';
import type { CallInput } from './call-input.js';
import { CallReport } from './call-report.js';
import type { Conduct } from './conduct.js';
import { degrade } from './degrade.js';
import { Interruption } from './interruption.js';
import { createReply, type ChatReply } from './reply.js';
import { Search, type CallEnvironment, type Found } from './search.js';
import type { Stop } from './stops.js';
import type { LiveAnswer } from './stream-attempt.js';
import type { WholeAnswer } from './unary-attempt.js';

/** What an engine does with a call while it is under way. */
export interface CallUnderWay {
  /** Ends it with this reason; what it has under way at an upstream is destroyed at once. */
  abort(reason: unknown): void;
}

/** A whole answer, wherever it comes from. */
interface Whole {
  readonly completion: ChatCompletion;
  /** The upstream's own, if nothing was changed since. */
  readonly body?: Buffer | undefined;
  readonly usage: ChatUsage | undefined;
}

/** How an answer becomes a whole one. Undefined when it fails on the way, so that the search goes on. */
type Gather<Answer> = (found: Found<Answer>, search: Search<Answer>) => Whole | Promise<Whole | undefined>;

export class Call<Answer> implements CallUnderWay {
  readonly #environment: CallEnvironment;
  readonly #input: CallInput;
  readonly #report: CallReport;
  readonly #interruption = new Interruption();
  readonly #search: Search<Answer>;
  readonly #gather: Gather<Answer>;

  constructor(environment: CallEnvironment, input: CallInput, conduct: Conduct<Answer>, gather: Gather<Answer>) {
    const { settings, events } = environment;
    const { id, options, route } = input;
    const startedAt = now();
    const deadlineAt = startedAt + (options.deadline ?? settings.deadline);
    this.#environment = environment;
    this.#input = input;
    this.#gather = gather;
    this.#report = new CallReport(events, { callId: id, chain: route.chain, metadata: options.metadata }, startedAt);
    const scope = { input, conduct, deadlineAt, report: this.#report, interruption: this.#interruption };
    this.#search = new Search(environment, scope);
  }

  abort(reason: unknown): void {
    this.#interruption.abort(reason);
  }

  /** `onEnd` is called when nothing of the call is under way any more. */
  async run(onEnd: () => void): Promise<ChatReply> {
    const report = this.#report;
    report.started();
    try {
      for (;;) {
        const found = await this.#search.find();
        if (found === undefined) return await this.#degrade();
        const gathered = this.#gather(found, this.#search);
        const whole = gathered instanceof Promise ? await gathered : gathered;
        if (whole !== undefined) return this.#answer(found, whole);
      }
    } catch (error) {
      report.endedWith(error, this.#interruption.aborted);
      throw error;
    } finally {
      this.#search.end();
      onEnd();
    }
  }

  #answer({ stop, run }: Found<Answer>, { completion, body, usage }: Whole): ChatReply {
    const degraded = degradationAt(stop);
    this.#report.answered(run.lane, { degraded, usage, streamed: false });
    return createReply(completion, this.#report.describe(run.lane, degraded), body);
  }

  async #degrade(): Promise<ChatReply> {
    const completion = await degrade({
      environment: this.#environment,
      input: this.#input,
      search: this.#search,
      report: this.#report,
    });
    return createReply(completion, this.#report.describe(undefined, 'canned'));
  }
}

/** How an answer of this stop falls short. */
export function degradationAt({ step, lastResort }: Stop): 'downgraded' | undefined {
  return step > 0 || lastResort ? 'downgraded' : undefined;
}

export function takeWhole({ answer }: Found<WholeAnswer>): Whole {
  const { completion, body } = answer;
  return { completion, body, usage: completion.usage };
}

/** Streams underneath: a stall is seen early, and one that is cut is asked for again, because nothing of it has left. */
export async function gatherStream(
  { stop, run, answer }: Found<LiveAnswer>,
  search: Search<LiveAnswer>,
): Promise<Whole | undefined> {
  const assembly = new Assembly();
  answer.flowTo({
    take(frames) {
      for (const { chunk } of frames) assembly.add(chunk);
    },
  });
  const end = await search.interruption.during(run.closing());
  search.interruption.throwIfAborted();
  if (end.ok) return { completion: assembly.completion(), usage: end.usage };
  search.noteFailure({ stop, run, end });
  return undefined;
}
