/** An unstreamed attempt: nothing is known of its answer before it is whole. */
import type { Lane } from '../pool/pool.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { WireRequest } from '../transport/transport.js';
import type { AttemptLimit, AttemptListener } from './attempt.js';
import { WireAttempt } from './wire-attempt.js';

export interface WholeAnswer {
  readonly completion: ChatCompletion;
  /** The upstream's own bytes, where they may be passed on because nothing has to change. */
  readonly body: Buffer | undefined;
}

export interface UnaryLimits {
  readonly time: AttemptLimit;
  /** It was given words at which to end, and those may be its first. */
  readonly mayBeEmpty: boolean;
}

export class UnaryAttempt extends WireAttempt<WholeAnswer> {
  protected readonly streamed = false;
  /** None yet, or the pieces of the answer; nearly always it is one. */
  #chunks: Buffer[] | undefined;
  #size = 0;
  readonly #mayBeEmpty: boolean;

  constructor(lane: Lane, wire: WireRequest, limits: UnaryLimits, listener: AttemptListener<WholeAnswer>) {
    super(lane, wire, limits.time, listener);
    this.#mayBeEmpty = limits.mayBeEmpty;
  }

  protected get hasContent(): boolean {
    return false;
  }

  protected begin(): void {}

  protected read(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
    if (this.#size > this.lane.deployment.upstream.settings.maxResponseBytes) this.tooLarge();
  }

  protected complete(): void {
    const chunks = this.#chunks ?? [];
    const [only] = chunks;
    const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    this.#chunks = undefined;
    const decoded = this.decode(body, this.#mayBeEmpty);
    if (!decoded.ok) {
      this.fail(decoded.failure);
      return;
    }
    const { completion, asItCame } = decoded;
    const answer = { completion, body: asItCame === true ? body : undefined };
    this.finish({ ok: true, answer, usage: completion.usage, skipped: 0 });
  }

  protected timeOut(): void {
    const { limit, because } = this.limit;
    this.failByTimeout(because === 'deadline' ? 'deadline' : 'unary', limit, because !== 'own');
  }
}
