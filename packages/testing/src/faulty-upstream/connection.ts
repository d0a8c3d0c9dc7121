import type { Socket } from 'node:net';
import type { EarlyFault } from './early-fault.js';
import { BadRequestError, HttpRequestParser } from './http-request-parser.js';
import type { RequestHead } from './http-request-parser.js';
import type { RequestRecord } from './received-request.js';
import type { Reply } from './reply.js';
import type { ScriptPlayer } from './script.js';
import { aborted, playOn } from './wire-player.js';
import type { End } from './wire-player.js';

/** What a connection needs of its server. */
export interface ConnectionOwner {
  /** Begins the record of a request. */
  record(head: RequestHead, connection: number): RequestRecord;
  /** The script that is in force for this request. */
  scriptFor(request: RequestHead): ScriptPlayer;
  /** A request has been read, or never will be. May be said twice. */
  ready(request: RequestRecord): void;
  /** A request came on a connection that had been left to go stale. */
  lostToStaleSocket(): void;
  /** The script is at fault. */
  failed(error: Error): void;
}

/** One socket: reads requests, one after another, and does to each what the script says. */
export class Connection {
  readonly id: number;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #parser = new HttpRequestParser();
  #request: RequestRecord | undefined;
  #answering: AbortController | undefined;
  #stale: 'close' | 'reset' | undefined;
  #over = false;

  constructor(socket: Socket, id: number, owner: ConnectionOwner) {
    this.id = id;
    this.#socket = socket;
    this.#owner = owner;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      // Once we have closed our side, what still comes is thrown away, so that the client can read our last bytes.
      if (this.#over) return;
      this.#parser.push(bytes);
      this.#advance();
    });
    socket.on('end', () => this.#leave());
    // What went wrong is no concern of ours; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#leave());
  }

  /** Ends the connection because the upstream is closed, refuses, or was told to disconnect. */
  shut(how: 'close' | 'reset'): void {
    this.#request?.end('closed');
    if (how === 'reset') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Reads on, unless a request is being answered: then the next one waits its turn. */
  #advance(): void {
    try {
      while (!this.#answering && !this.#over) {
        if (this.#stale && this.#parser.hasBytes) return this.#dieStale(this.#stale);
        const event = this.#parser.next();
        if (!event) return;
        if (event.kind === 'head') this.#begin(event.head);
        else if (event.kind === 'body') this.#request?.append(event.bytes);
        else if (this.#request) this.#answer(this.#request);
      }
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #begin(head: RequestHead): void {
    const request = this.#owner.record(head, this.id);
    this.#request = request;
    const early = this.#owner.scriptFor(request).takeEarly('on-connect', 'before-body');
    if (early) this.#strike(early, request);
    else if (head.headers['expect']?.toLowerCase() === '100-continue') {
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    }
  }

  #strike(fault: EarlyFault, request: RequestRecord): void {
    this.#owner.ready(request);
    if (fault.strikes === 'on-connect') {
      this.#end(request, { kind: 'end', how: 'reset' });
    } else {
      this.#socket.pause();
      void this.#play(request, () => fault.reply);
    }
  }

  #answer(request: RequestRecord): void {
    request.read();
    this.#owner.ready(request);
    const script = this.#owner.scriptFor(request);
    void this.#play(request, () => script.takeReply(request));
  }

  async #play(request: RequestRecord, choose: () => Reply | Promise<Reply>): Promise<void> {
    const answering = new AbortController();
    this.#answering = answering;
    try {
      // A script that takes its time must not keep a connection that the client has left.
      const reply = await Promise.race([choose(), aborted(answering.signal)]);
      const end = reply && (await playOn(this.#socket, reply.play(request, answering.signal), answering.signal));
      if (end) this.#end(request, end);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #end(request: RequestRecord, end: End): void {
    request.end(end.how === 'finish' ? 'answered' : 'broken');
    this.#request = undefined;
    this.#answering = undefined;
    if (end.how === 'finish' && end.keepAlive) {
      this.#stale = end.stale;
      this.#advance();
    } else {
      this.#close(end.how === 'reset' ? 'reset' : 'close');
    }
  }

  #dieStale(how: 'close' | 'reset'): void {
    this.#owner.lostToStaleSocket();
    this.#close(how);
  }

  #close(how: 'close' | 'reset'): void {
    this.#over = true;
    if (how === 'reset') {
      this.#socket.resetAndDestroy();
    } else {
      this.#socket.end();
      // It was paused if the body was refused; the client's own end must still be read.
      this.#socket.resume();
    }
  }

  #giveUp(error: unknown): void {
    this.#request?.end('broken');
    if (error instanceof BadRequestError) {
      this.#socket.write(`HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n${error.message}\n`);
      this.#close('close');
    } else {
      this.#owner.failed(error instanceof Error ? error : new Error(String(error)));
      this.#close('reset');
    }
  }

  #leave(): void {
    const request = this.#request;
    this.#over = true;
    request?.end('aborted');
    if (request) this.#owner.ready(request);
    this.#answering?.abort();
    this.#socket.destroy();
  }
}
