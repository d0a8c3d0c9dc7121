/** `bind`: what every adapter is made of, with plain `node:http`. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bind, CallError, type RequestAI } from '@ai-failover/core';
import { createTestFailover, failWith, neverAnswer, type TestReply } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

async function serve(reply: TestReply, handle: (ai: RequestAI) => void): Promise<string> {
  const failover = createTestFailover({ reply });
  const server = createServer((req, res) => {
    const ai = bind(failover, req, res);
    handle(ai);
    ai.respond(QUESTION).catch((error: unknown) => {
      if (!(error instanceof CallError)) throw error;
      res.writeHead(error.status, error.headers).end(error.message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('bind', () => {
  it('answers a request', async () => {
    const url = await serve('Hello there', () => {});
    const response = await fetch(url, { headers: { connection: 'close' } });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello there' } }] });
  });

  it('leaves its errors to the application, with all that they need', async () => {
    const url = await serve(failWith(500), () => {});
    const response = await fetch(url, { headers: { connection: 'close' } });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([502, 'false']);
    expect(await response.text()).toContain('could not answer');
  });

  it('aborts the call when the client leaves', async () => {
    let ai: RequestAI | undefined;
    let arrived = (): void => {};
    const begun = new Promise<void>((resolve) => (arrived = resolve));
    const url = await serve(neverAnswer(), (bound) => {
      ai = bound;
      arrived();
    });
    const client = request(url, { agent: false }).on('error', () => {});
    client.end();
    await begun;
    const aborted = new Promise<void>((resolve) => ai?.failover.on('call-aborted', () => resolve()));
    client.destroy();
    await aborted;
    expect(ai?.failover.status().calls).toMatchObject({ aborted: 1, inFlight: 0 });
  });
});
