/** What a call resolves to: the completion, and how it came about. */
import type { AttemptRecord, SkippedCandidate } from '../errors.js';
import type { Degradation } from '../events.js';
import type { ChatCompletion } from '../request/chat-types.js';

/** How a reply came about. */
export interface FailoverReport {
  /** Names this call in events. */
  readonly requestId: string;
  /** `model@upstream` that answered; undefined for a canned reply. */
  readonly deployment: string | undefined;
  /** The upstream that answered, by its name; undefined for a canned reply. */
  readonly upstream: string | undefined;
  /** The model that answered, by its name in the chain; undefined for a canned reply. */
  readonly model: string | undefined;
  /** The trail, the answering attempt last. */
  readonly attempts: readonly AttemptRecord[];
  /** Who was not asked, because it could not serve the request at all; mostly empty. */
  readonly skipped: readonly SkippedCandidate[];
  /** Another deployment had been asked before. */
  readonly failedOver: boolean;
  /** How the reply falls short; undefined when it does not. */
  readonly degraded: Degradation | undefined;
}

/** An OpenAI-shaped completion. `text` and `failover` are getters: `res.json(reply)` sends neither. */
export interface ChatReply extends ChatCompletion {
  /** The first choice's text; empty when it has none. */
  readonly text: string;
  readonly failover: FailoverReport;
}

/** Own properties are the upstream's reply as it came; everything of ours is on the prototype. */
class Reply {
  readonly id: ChatCompletion['id'];
  readonly object: ChatCompletion['object'];
  readonly created: ChatCompletion['created'];
  readonly model: ChatCompletion['model'];
  readonly choices: ChatCompletion['choices'];
  readonly #report: FailoverReport;
  readonly #bytes: Buffer | undefined;

  constructor(completion: ChatCompletion, report: FailoverReport, bytes: Buffer | undefined) {
    // One shape for all replies: what is always there first, so that serialising them stays fast.
    this.id = completion.id;
    this.object = completion.object;
    this.created = completion.created;
    this.model = completion.model;
    this.choices = completion.choices;
    this.#report = report;
    this.#bytes = bytes;
    for (const key of Object.keys(completion)) {
      // `text` and `failover` are ours; `__proto__` is an own property of what JSON.parse makes, and would be our prototype.
      if (!Object.hasOwn(this, key) && !(key in Reply.prototype) && key !== '__proto__') {
        Reflect.set(this, key, Reflect.get(completion, key));
      }
    }
  }

  get text(): string {
    // Upstreams have been checked for choices with messages, and for nothing more.
    const content: unknown = this.choices[0]?.message.content;
    return typeof content === 'string' ? content : '';
  }

  get failover(): FailoverReport {
    return this.#report;
  }

  static bytesOf(reply: object): Buffer | undefined {
    return #bytes in reply ? reply.#bytes : undefined;
  }
}

/** `bytes` are the upstream's own, if nothing was changed since. */
export function createReply(completion: ChatCompletion, report: FailoverReport, bytes?: Buffer): ChatReply {
  return new Reply(completion, report, bytes);
}

/** The JSON of a reply: the upstream's own bytes where it came whole, so that it is not serialised again. */
export function replyBytes(reply: ChatReply): Buffer {
  return Reply.bytesOf(reply) ?? Buffer.from(JSON.stringify(reply));
}
