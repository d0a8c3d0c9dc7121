/** A client on a connection of its own, which can read piece by piece and leave whenever a test wants it to. */
import { request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Asked {
  /** @default 'POST' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is text; none leaves the request open, for the test to write. */
  readonly body?: unknown;
}

export class Client {
  readonly #sent: ClientRequest;
  readonly #response: Promise<IncomingMessage>;
  #text = '';

  constructor(url: string, { method = 'POST', headers = {}, body }: Asked) {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) };
    const sent = { 'content-type': 'application/json', ...length, ...headers };
    this.#sent = request(url, { method, headers: sent, agent: false });
    this.#response = new Promise((resolve, reject) => {
      this.#sent.once('response', resolve).on('error', reject);
    });
    // Whoever has left does not care how it ended.
    this.#response.catch(() => {});
    if (text !== undefined || method === 'GET' || method === 'HEAD') this.#sent.end(text);
  }

  /** Sends a part of the body; resolves when the system has taken it. */
  write(part: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sent.write(part, (error) => (error ? reject(error) : resolve()));
    });
  }

  leave(): void {
    this.#sent.destroy();
  }

  /** Reads until there is this text; resolves to all that has come. @throws Error when the response ends before */
  async readUntil(text: string): Promise<string> {
    const response = await this.#response;
    response.setEncoding('utf8');
    while (!this.#text.includes(text)) {
      const piece = response.read() as string | null;
      if (piece !== null) this.#text += piece;
      else if (response.readableEnded || response.destroyed) throw new Error(`no ${text} in: ${this.#text}`);
      else
        await new Promise((resolve) => ['readable', 'end', 'close'].forEach((event) => response.once(event, resolve)));
    }
    return this.#text;
  }

  /** The whole response. @throws Error when it was cut */
  async answer(): Promise<Answer> {
    const response = await this.#response;
    const pieces: Buffer[] = [Buffer.from(this.#text)];
    for await (const piece of response) pieces.push(Buffer.from(piece));
    return new Answer(response, Buffer.concat(pieces));
  }
}

export class Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;

  constructor({ statusCode, headers }: IncomingMessage, bytes: Buffer) {
    this.status = statusCode;
    this.headers = headers;
    this.bytes = bytes;
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }

  json(): unknown {
    return JSON.parse(this.text);
  }

  /** The text of a completion. */
  get said(): string {
    const body = this.json() as { choices: [{ message: { content: string } }] };
    return body.choices[0].message.content;
  }

  /** The data of its server-sent events, `[DONE]` included. */
  get events(): readonly string[] {
    return this.text
      .split('\n\n')
      .filter((event) => event.startsWith('data: '))
      .map((event) => event.slice('data: '.length));
  }

  /** The text of a streamed completion. @throws Error unless it ends with `[DONE]` */
  get streamed(): string {
    const { events } = this;
    if (events.at(-1) !== '[DONE]') throw new Error(`not a whole stream: ${this.text}`);
    return events
      .slice(0, -1)
      .map((event) => JSON.parse(event) as { choices: { delta: { content?: string } }[] })
      .map(({ choices }) => choices[0]?.delta.content ?? '')
      .join('');
  }
}
