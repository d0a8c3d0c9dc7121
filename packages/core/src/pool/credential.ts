/** What a key sends of itself, whether it was written down or has to be asked for. */

export type KeyHeaders = Readonly<Record<string, string>>;

export interface Credential {
  /**
   * The headers of a request with the secret of this moment, composed once for each secret. Undefined while it has to be waited
   * for: then `obtain()`.
   */
  headers(): KeyHeaders | undefined;
  /** Undefined when there is none to be had. Never rejects. */
  obtain(): Promise<KeyHeaders | undefined>;
  /** The upstream has refused these headers: whether there may be others by now, so that asking again is worth it. */
  renew(refused: KeyHeaders): boolean;
  /** To be kept out of texts: the newest first, and those of late. */
  readonly secrets: readonly string[];
  /** Leaves no timer. */
  close(): void;
}

/** Composes the headers of a secret. */
export type ComposeHeaders = (secret: string | undefined) => KeyHeaders;

/** A key that was written down, or none. */
export class FixedCredential implements Credential {
  readonly secrets: readonly string[];
  readonly #headers: KeyHeaders;

  constructor(secret: string | undefined, compose: ComposeHeaders) {
    this.secrets = secret === undefined ? [] : [secret];
    this.#headers = compose(secret);
  }

  headers(): KeyHeaders {
    return this.#headers;
  }

  async obtain(): Promise<KeyHeaders> {
    return this.#headers;
  }

  renew(): boolean {
    return false;
  }

  close(): void {}
}
