/** Asks an upstream something beside its calls, on its own connections and with a key of its own. */
import { now } from '../clock.js';
import type { Failure } from '../judgement/failure.js';
import { inquire, type Inquiry, type InquiryEnd, type InquiryUnderWay } from '../transport/inquire.js';
import type { KeyHeaders } from './credential.js';
import type { Key } from './key.js';
import type { Upstream } from './pool.js';

export type UpstreamInquiry = Omit<Inquiry, 'headers'>;

/** Whoever asks chooses the key; without a choice it is one that does not rest. */
export function askUpstream(upstream: Upstream, inquiry: UpstreamInquiry, key = freeKey(upstream)): InquiryUnderWay {
  const headers = key?.credential.headers();
  if (key === undefined || headers !== undefined) return ask(upstream, inquiry, { key, headers });
  return new DelayedInquiry(upstream, inquiry, key);
}

/** The first key that does not rest, else the first. */
export function freeKey({ keys }: Upstream): Key | undefined {
  const at = now();
  return keys.find(({ cooldown }) => cooldown.until <= at) ?? keys[0];
}

interface AskedWith {
  readonly key: Key | undefined;
  readonly headers: KeyHeaders | undefined;
}

function ask(upstream: Upstream, inquiry: UpstreamInquiry, { key, headers = {} }: AskedWith): InquiryUnderWay {
  const { 'content-type': _, ...sent } = headers;
  const underWay = inquire(upstream.transport, { ...inquiry, headers: sent });
  void renewRefused(underWay, headers, key);
  return underWay;
}

/** A token that is refused here would be refused in a call. */
async function renewRefused({ over }: InquiryUnderWay, headers: KeyHeaders, key: Key | undefined): Promise<void> {
  const end = await over;
  if (!end.ok && end.failure.kind === 'status' && end.failure.status === 401) key?.credential.renew(headers);
}

/** Waits for a token first. */
class DelayedInquiry implements InquiryUnderWay {
  readonly over: Promise<InquiryEnd>;
  readonly #startedAt = now();
  readonly #timer: NodeJS.Timeout;
  #settle: (end: InquiryEnd) => void = () => {};
  #inquiry: InquiryUnderWay | undefined;
  #isOver = false;

  constructor(upstream: Upstream, inquiry: UpstreamInquiry, key: Key) {
    const { timeout } = inquiry;
    this.over = new Promise((resolve) => (this.#settle = resolve));
    this.#timer = setTimeout(() => this.#fail({ kind: 'local', reason: NO_TOKEN }), Math.ceil(timeout));
    this.#timer.unref();
    void this.#begin(upstream, inquiry, key);
  }

  end(): void {
    if (this.#inquiry === undefined) this.#fail({ kind: 'aborted' });
    else this.#inquiry.end();
  }

  async #begin(upstream: Upstream, inquiry: UpstreamInquiry, key: Key): Promise<void> {
    const headers = await key.credential.obtain();
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    const left = inquiry.timeout - (now() - this.#startedAt);
    if (headers === undefined || left <= 0) {
      this.#fail({ kind: 'local', reason: NO_TOKEN });
      return;
    }
    this.#inquiry = ask(upstream, { ...inquiry, timeout: left }, { key, headers });
    this.#settle({ ...(await this.#inquiry.over), duration: now() - this.#startedAt });
  }

  #fail(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#settle({ ok: false, failure, duration: now() - this.#startedAt });
  }
}

/** Why something was not sent. */
export const NO_TOKEN = 'the key function has given no key';
