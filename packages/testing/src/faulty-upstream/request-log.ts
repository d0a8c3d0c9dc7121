import type { RequestHead } from './http-request-parser.js';
import { RequestRecord } from './received-request.js';
import type { ReceivedRequest } from './received-request.js';

interface Waiter {
  readonly index: number;
  readonly resolve: (request: ReceivedRequest) => void;
  readonly reject: (error: Error) => void;
}

/** Requests in the order in which they came, for tests that look back or wait for one. */
export class RequestLog {
  readonly requests: RequestRecord[] = [];
  readonly #ready = new Set<RequestRecord>();
  readonly #waiters = new Set<Waiter>();

  record(head: RequestHead, connection: number): RequestRecord {
    const request = new RequestRecord(head, { index: this.requests.length, connection });
    this.requests.push(request);
    return request;
  }

  /** Says that a request is as complete as it will ever be. */
  ready(request: RequestRecord): void {
    if (this.requests[request.index] !== request) return;
    this.#ready.add(request);
    for (const waiter of this.#waiters) {
      if (waiter.index !== request.index) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(request);
    }
  }

  waitFor(index: number): Promise<ReceivedRequest> {
    const request = this.requests[index];
    if (request && this.#ready.has(request)) return Promise.resolve(request);
    return new Promise((resolve, reject) => {
      this.#waiters.add({ index, resolve, reject });
    });
  }

  forget(): void {
    this.requests.length = 0;
    this.#ready.clear();
  }

  /** Lets nobody wait for requests that will not come. */
  end(): void {
    for (const { index, reject } of this.#waiters) {
      reject(new Error(`the faulty upstream was closed before request ${index} came`));
    }
    this.#waiters.clear();
  }
}
