/** What a request says before its body. */
export interface RequestHead {
  readonly method: string;
  /** As it stood in the request line, query included. */
  readonly path: string;
  readonly httpVersion: '1.0' | '1.1';
  /** Names in lower case; a header that came more than once is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the parser found next. */
export type ParserEvent =
  | { readonly kind: 'head'; readonly head: RequestHead }
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'end' };

/** The client sent something that is not HTTP/1.1. */
export class BadRequestError extends Error {
  override readonly name = 'BadRequestError';
}

type State =
  | { readonly in: 'head' }
  | { readonly in: 'sized-body'; readonly left: number }
  | { readonly in: 'chunk-size' }
  | { readonly in: 'chunk'; readonly left: number }
  | { readonly in: 'chunk-end' }
  | { readonly in: 'trailers' }
  | { readonly in: 'end' };

type Step = { readonly event?: ParserEvent; readonly state: State };

const maxHeadBytes = 64 * 1024;
const noBytes = Buffer.alloc(0);
const lineEnd = '\r\n';
const headEnd = '\r\n\r\n';

/**
 * Reads HTTP/1.1 requests from a socket's bytes, however they were cut into pieces.
 *
 * Bytes are pushed, events are pulled: whoever answers requests one after another leaves the bytes of the next one here
 * until it is ready. Bodies are handed on in the pieces in which they came and are never copied.
 */
export class HttpRequestParser {
  #bytes: Buffer = noBytes;
  #pushed: Buffer[] = [];
  #state: State = { in: 'head' };

  push(bytes: Buffer): void {
    this.#pushed.push(bytes);
  }

  /** Whether bytes were pushed that no event has covered yet. */
  get hasBytes(): boolean {
    return this.#bytes.length > 0 || this.#pushed.length > 0;
  }

  /**
   * The next event, or nothing when more bytes are needed.
   *
   * @throws BadRequestError when the bytes are not HTTP/1.1; the connection is of no use any more.
   */
  next(): ParserEvent | undefined {
    this.#gather();
    for (let step = this.#step(); step; step = this.#step()) {
      this.#state = step.state;
      if (step.event) return step.event;
    }
    return undefined;
  }

  #gather(): void {
    if (this.#pushed.length === 0) return;
    const parts = this.#bytes.length > 0 ? [this.#bytes, ...this.#pushed] : this.#pushed;
    this.#bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    this.#pushed = [];
  }

  #step(): Step | undefined {
    const state = this.#state;
    switch (state.in) {
      case 'head':
        return this.#readHead();
      case 'sized-body':
        return this.#readBody(state.left, (left) => (left > 0 ? { in: 'sized-body', left } : { in: 'end' }));
      case 'chunk-size':
        return this.#readChunkSize();
      case 'chunk':
        return this.#readBody(state.left, (left) => (left > 0 ? { in: 'chunk', left } : { in: 'chunk-end' }));
      case 'chunk-end':
        return this.#readChunkEnd();
      case 'trailers': {
        const line = this.#takeUntil(lineEnd);
        return line === undefined ? undefined : { state: line === '' ? { in: 'end' } : state };
      }
      case 'end':
        break;
    }
    return { event: { kind: 'end' }, state: { in: 'head' } };
  }

  #readHead(): Step | undefined {
    // RFC 9112, 2.2: empty lines before a request are ignored.
    while (this.#bytes[0] === 0x0d && this.#bytes[1] === 0x0a) this.#take(2);
    const text = this.#takeUntil(headEnd);
    if (text === undefined) return undefined;
    const head = parseHead(text);
    return { event: { kind: 'head', head }, state: bodyState(head) };
  }

  #readBody(left: number, next: (left: number) => State): Step | undefined {
    if (this.#bytes.length === 0) return undefined;
    const bytes = this.#take(Math.min(left, this.#bytes.length));
    return { event: { kind: 'body', bytes }, state: next(left - bytes.length) };
  }

  #readChunkSize(): Step | undefined {
    const line = this.#takeUntil(lineEnd);
    if (line === undefined) return undefined;
    const digits = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (digits === undefined) throw new BadRequestError(`not the size of a chunk: ${JSON.stringify(line)}`);
    const left = Number.parseInt(digits, 16);
    return { state: left > 0 ? { in: 'chunk', left } : { in: 'trailers' } };
  }

  #readChunkEnd(): Step | undefined {
    if (this.#bytes.length < 2) return undefined;
    if (this.#take(2).toString('latin1') !== lineEnd) throw new BadRequestError('a chunk is longer than it said');
    return { state: { in: 'chunk-size' } };
  }

  #takeUntil(mark: string): string | undefined {
    const index = this.#bytes.indexOf(mark, 0, 'latin1');
    if (index > maxHeadBytes || (index < 0 && this.#bytes.length > maxHeadBytes)) {
      throw new BadRequestError(`no end of the head or line within ${maxHeadBytes} bytes`);
    }
    if (index < 0) return undefined;
    const text = this.#take(index).toString('latin1');
    this.#take(mark.length);
    return text;
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }
}

function parseHead(text: string): RequestHead {
  const [requestLine = '', ...headerLines] = text.split(lineEnd);
  const [, method, path, minor] = /^([!-~]+) ([!-~]+) HTTP\/1\.([01])$/.exec(requestLine) ?? [];
  if (method === undefined || path === undefined) {
    throw new BadRequestError(`not a request line: ${JSON.stringify(requestLine.slice(0, 200))}`);
  }
  return { method, path, httpVersion: minor === '0' ? '1.0' : '1.1', headers: parseHeaders(headerLines) };
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new BadRequestError(`not a header: ${JSON.stringify(line.slice(0, 200))}`);
    }
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return Object.fromEntries(headers);
}

function bodyState({ headers }: RequestHead): State {
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined) {
    if (encoding.toLowerCase() === 'chunked') return { in: 'chunk-size' };
    throw new BadRequestError(`unknown transfer-encoding: ${JSON.stringify(encoding)}`);
  }
  const length = headers['content-length'];
  if (length === undefined) return { in: 'end' };
  if (!/^\d{1,15}$/.test(length)) throw new BadRequestError(`not a content-length: ${JSON.stringify(length)}`);
  return Number(length) > 0 ? { in: 'sized-body', left: Number(length) } : { in: 'end' };
}
