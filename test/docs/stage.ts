/** The upstreams that the docs name, and the servers and engines that their code starts. */
import { once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import { Server, type AddressInfo } from 'node:net';
import { continueAnswer, createFaultyUpstream, type FaultyUpstream } from '@ai-failover/testing';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import type { CodeBlock } from './code-blocks.ts';
import { Workshop } from './workshop.ts';

/** What both upstreams have to say. */
export const TEXT = 'Your parcel has left Cologne this morning, and should reach you tomorrow before noon.';

export const MESSAGES = [{ role: 'user', content: 'Where is my parcel?' }] as const;

/** The key that the docs call `APP_KEY`. */
export const APP_KEY = 'key-of-the-application';

/** What blocks and what is given to them export. */
export interface Made {
  readonly ai?: { readonly failover: Closable };
  readonly failover?: Closable;
  readonly app?: { listen(where: object): unknown; readonly close?: Closable['close'] };
  readonly [name: string]: unknown;
}

interface Closable {
  close(): Promise<unknown>;
}

/** For a whole file of tests; what a test has started is closed behind it. */
export class Stage {
  readonly #workshop = new Workshop();
  readonly #servers: HttpServer[] = [];
  readonly #made: Made[] = [];
  #upstreams: readonly FaultyUpstream[] = [];

  /** To be called at the top of the file. */
  static use(): Stage {
    const stage = new Stage();
    beforeAll(() => stage.#open());
    beforeEach(() => stage.#prepare());
    afterEach(() => stage.#strike());
    afterAll(() => stage.#close());
    return stage;
  }

  get north(): FaultyUpstream {
    return this.#upstream(0);
  }

  get south(): FaultyUpstream {
    return this.#upstream(1);
  }

  /** Runs a block of the docs as a module. @param exported names of its own that the test needs, or that have to be closed */
  async run(block: CodeBlock, exported: readonly string[] = []): Promise<Made> {
    const served = this.#servers.length > 0 ? { 'http://localhost:3000': await this.url() } : {};
    const addresses = {
      'https://north.example/v1': this.north.baseUrl,
      'https://south.example/v1': this.south.baseUrl,
      ...served,
    };
    const made = await this.#workshop.run(block, addresses, exported);
    this.#made.push(made);
    return made;
  }

  /** Lets the application of a block listen, where the block itself does not. */
  async serve({ app }: Made): Promise<string> {
    await app?.listen({ port: 0 });
    return this.url();
  }

  /** Of the server that was started last: `http://127.0.0.1:PORT`. */
  async url(): Promise<string> {
    const server = this.#servers.at(-1);
    if (server === undefined) throw new Error('nobody listens');
    if (!server.listening) await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #upstream(index: number): FaultyUpstream {
    const upstream = this.#upstreams[index];
    if (upstream === undefined) throw new Error('the upstreams have not been started');
    return upstream;
  }

  async #open(): Promise<void> {
    this.#upstreams = await Promise.all([createFaultyUpstream(), createFaultyUpstream()]);
  }

  #prepare(): void {
    for (const upstream of this.#upstreams) {
      upstream.script(continueAnswer(TEXT));
      upstream.forget();
    }
    for (const name of ['NORTH_KEY_1', 'NORTH_KEY_2', 'SOUTH_KEY']) vi.stubEnv(name, `sk-of-the-docs-${name}`);
    vi.stubEnv('APP_KEY', APP_KEY);
    const servers = this.#servers;
    const { listen } = Server.prototype;
    // The port that the docs have chosen may be somebody else's here. What is no HTTP server is a faulty upstream.
    vi.spyOn(Server.prototype, 'listen').mockImplementation(function listenSomewhere(this: Server, ...given) {
      if (!(this instanceof HttpServer)) return Reflect.apply(listen, this, given);
      servers.push(this);
      const onListening = given.findLast((one) => typeof one === 'function');
      return Reflect.apply(listen, this, [{ host: '127.0.0.1', port: 0 }, onListening]);
    });
  }

  async #strike(): Promise<void> {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    const servers = this.#servers.splice(0);
    for (const server of servers) server.closeAllConnections();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    for (const { ai, failover, app } of this.#made.splice(0)) {
      await Promise.all([ai?.failover.close(), failover?.close(), app?.close?.()]);
    }
  }

  async #close(): Promise<void> {
    this.#workshop.remove();
    await Promise.all(this.#upstreams.map((upstream) => upstream.close()));
  }
}
