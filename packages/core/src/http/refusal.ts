/** Why the endpoint itself will not do what a request asks. */

export interface RefusalDetails {
  readonly status: number;
  /** Safe to show to anybody. */
  readonly message: string;
  /** @default 'invalid_request_error' */
  readonly type?: string;
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Never leaves the endpoint but as a response. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ status, message, type, param, code, headers }: RefusalDetails) {
    super(message);
    this.status = status;
    this.type = type ?? 'invalid_request_error';
    this.param = param ?? null;
    this.code = code ?? null;
    this.headers = headers ?? {};
  }
}
