/**
 * A key that a function gives: asked for when it is needed, kept until it expires, asked for again a little before that while the old
 * one is still good, and at once when the upstream refuses it.
 */
import { findKeyFault } from '../config/key-faults.js';
import type { KeyFunction } from '../config/key-options.js';
import type { ComposeHeaders, Credential, KeyHeaders } from './credential.js';

/** Without a time of its own. */
const LIFETIME = 300_000;
/** Asked again so long before the end, or in the last tenth of a short life. */
const LEAD = 30_000;
/** A function that takes longer has failed. */
const PATIENCE = 10_000;
/** Between a failure and the next try beside a token that is still good. */
const NEXT_TRY = 5_000;
/** Those of late stay known, because an answer that quotes one may be on its way. */
const KEPT = 8;
/** Longer than any header may be. */
const LONGEST = 16_384;

interface Token {
  readonly headers: KeyHeaders;
  /** On the engine's clock. */
  readonly goodUntil: number;
  readonly refreshFrom: number;
}

export interface TokenSeams {
  readonly now: () => number;
  readonly compose: ComposeHeaders;
  /** The function threw, took too long, or returned no key. `needed`: there is no other token. */
  readonly onFault: (error: unknown, needed: boolean) => void;
}

export class TokenCredential implements Credential {
  readonly #ask: KeyFunction;
  readonly #seams: TokenSeams;
  #secrets: readonly string[] = [];
  #token: Token | undefined;
  /** Shared by all who wait. */
  #asking: Promise<KeyHeaders | undefined> | undefined;
  /** When asking again beside a token that is still good is worth it. */
  #nextTry = -Infinity;
  #closed = false;
  #giveUp: (() => void) | undefined;

  constructor(ask: KeyFunction, seams: TokenSeams) {
    this.#ask = ask;
    this.#seams = seams;
  }

  get secrets(): readonly string[] {
    return this.#secrets;
  }

  headers(): KeyHeaders | undefined {
    const token = this.#token;
    if (token === undefined) return undefined;
    const at = this.#seams.now();
    if (at < token.refreshFrom) return token.headers;
    if (at >= token.goodUntil) return undefined;
    if (at >= this.#nextTry) void this.obtain();
    return token.headers;
  }

  obtain(): Promise<KeyHeaders | undefined> {
    this.#asking ??= this.#obtain();
    return this.#asking;
  }

  renew(refused: KeyHeaders): boolean {
    if (this.#token?.headers === refused) this.#token = undefined;
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#giveUp?.();
  }

  async #obtain(): Promise<KeyHeaders | undefined> {
    try {
      const token = await this.#nextToken();
      this.#token = token;
      return token.headers;
    } catch (error) {
      const at = this.#seams.now();
      this.#nextTry = at + NEXT_TRY;
      const needed = this.#token === undefined || at >= this.#token.goodUntil;
      if (!this.#closed) this.#seams.onFault(error, needed);
      return needed ? undefined : this.#token?.headers;
    } finally {
      this.#asking = undefined;
    }
  }

  async #nextToken(): Promise<Token> {
    const { secret, lifetime } = readAnswer(await this.#answer());
    this.#secrets = [secret, ...this.#secrets.filter((one) => one !== secret)].slice(0, KEPT);
    const at = this.#seams.now();
    return {
      headers: this.#seams.compose(secret),
      goodUntil: at + lifetime,
      refreshFrom: at + lifetime - Math.min(LEAD, lifetime / 10),
    };
  }

  /** What the function returns, unless it takes too long. Settles in any case. */
  async #answer(): Promise<unknown> {
    if (this.#closed) throw new Error('the engine is closed');
    const controller = new AbortController();
    let giveUp = (): void => {};
    const tooLong = new Promise<never>((_, reject) => {
      giveUp = () => {
        const error = new Error(`the function has not returned a key within ${PATIENCE} ms`);
        reject(error);
        controller.abort(error);
      };
    });
    const timer = setTimeout(giveUp, PATIENCE);
    // Whoever waits has a timer of its own.
    timer.unref();
    this.#giveUp = giveUp;
    try {
      // In a later turn, so that a function that calls this very engine finds its own question under way.
      const answer = Promise.resolve().then(() => this.#ask({ signal: controller.signal }));
      return await Promise.race([answer, tooLong]);
    } finally {
      clearTimeout(timer);
      this.#giveUp = undefined;
    }
  }
}

/** @throws TypeError that never quotes the answer */
function readAnswer(answer: unknown): { readonly secret: string; readonly lifetime: number } {
  const isObject = typeof answer === 'object' && answer !== null;
  const secret: unknown = isObject && 'key' in answer ? answer.key : answer;
  const lifetime: unknown = (isObject && 'expiresIn' in answer ? answer.expiresIn : undefined) ?? LIFETIME;
  if (typeof secret !== 'string') throw new TypeError('the function has to return a string, or { key, expiresIn }');
  if (secret.length > LONGEST) throw new TypeError(`the function returned a key of more than ${LONGEST} characters`);
  const fault = findKeyFault(secret);
  if (fault !== undefined) throw new TypeError(`the function has to return ${fault.expected}`);
  if (typeof lifetime !== 'number' || !(lifetime > 0)) {
    throw new TypeError('the function has to return expiresIn as milliseconds above 0');
  }
  return { secret, lifetime };
}
