import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { Connection } from './connection.js';
import type { ConnectionOwner } from './connection.js';
import type { FaultyUpstream } from './create-faulty-upstream.js';
import type { RequestHead } from './http-request-parser.js';
import { modelAsked } from './openai-answer.js';
import type { ReceivedRequest, RequestRecord } from './received-request.js';
import { RequestLog } from './request-log.js';
import { ScriptPlayer } from './script.js';
import type { Behaviour, Script } from './script.js';

/** The sockets, the scripts and the records of one faulty upstream. */
export class FaultyServer implements FaultyUpstream, ConnectionOwner {
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  readonly #script: ScriptPlayer;
  readonly #models: ScriptPlayer;
  readonly #log = new RequestLog();
  readonly #modelLog = new RequestLog();
  readonly #open = new Set<Connection>();
  readonly #failures: Error[] = [];
  #closing: Promise<void> | undefined;
  port = 0;
  connectionsMade = 0;
  lostToStaleSockets = 0;

  constructor(script: Script, models: Script) {
    this.#script = new ScriptPlayer(script);
    this.#models = new ScriptPlayer(models);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get baseUrl(): string {
    return `${this.url}/v1`;
  }

  get requests(): readonly ReceivedRequest[] {
    return this.#log.requests;
  }

  get modelRequests(): readonly ReceivedRequest[] {
    return this.#modelLog.requests;
  }

  /** Each once. */
  get modelsAsked(): readonly string[] {
    return [...new Set(this.requests.map(modelAsked))];
  }

  get connections(): number {
    return this.#open.size;
  }

  script(script: Script): void {
    this.#script.replace(script);
  }

  next(...behaviours: readonly Behaviour[]): void {
    this.#script.insert(behaviours);
  }

  scriptModels(script: Script): void {
    this.#models.replace(script);
  }

  waitForRequest(index = 0): Promise<ReceivedRequest> {
    return this.#log.waitFor(index);
  }

  forget(): void {
    this.#log.forget();
    this.#modelLog.forget();
  }

  disconnect(how: 'close' | 'reset' = 'close'): void {
    for (const connection of this.#open) connection.shut(how);
  }

  async listen(port = this.port): Promise<void> {
    if (this.#server.listening) return;
    if (this.#closing) throw new Error('the faulty upstream has been closed');
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.port = address.port;
  }

  async refuse(): Promise<void> {
    const stopped = this.#server.listening
      ? new Promise((resolve) => {
          this.#server.close(resolve);
        })
      : undefined;
    this.disconnect();
    await stopped;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  record(head: RequestHead, connection: number): RequestRecord {
    return this.#logFor(head).record(head, connection);
  }

  scriptFor(request: RequestHead): ScriptPlayer {
    return asksForModels(request) ? this.#models : this.#script;
  }

  ready(request: RequestRecord): void {
    this.#logFor(request).ready(request);
  }

  lostToStaleSocket(): void {
    this.lostToStaleSockets += 1;
  }

  failed(error: Error): void {
    this.#failures.push(error);
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.connectionsMade, this);
    this.connectionsMade += 1;
    this.#open.add(connection);
    socket.once('close', () => this.#open.delete(connection));
    if (this.#script.takeEarly('on-connect')) connection.shut('reset');
  }

  #logFor(request: RequestHead): RequestLog {
    return asksForModels(request) ? this.#modelLog : this.#log;
  }

  async #end(): Promise<void> {
    await this.refuse();
    this.#log.end();
    this.#modelLog.end();
    const [failure] = this.#failures;
    if (failure) throw failure;
  }
}

function asksForModels({ method, path }: RequestHead): boolean {
  return (method === 'GET' || method === 'HEAD') && /\/models(?:\?|$)/.test(path);
}
