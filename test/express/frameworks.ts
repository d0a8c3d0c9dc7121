/** The two Expresses that we promise to work in, and applications of them on free ports. */
import { createRequire } from 'node:module';
import { request, type Agent, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express5 from 'express';
import { onTestFinished } from 'vitest';

/** Express 4 has no types of its own; what is used here is the same in both. */
const express4 = createRequire(import.meta.url)('express4') as typeof express5;

export const FRAMEWORKS = [
  { name: 'Express 4', express: express4 },
  { name: 'Express 5', express: express5 },
] as const;

export type Application = ReturnType<typeof express5>;

/** Listens until the test has ended; returns the port. */
export async function listen(app: Application): Promise<number> {
  const server = await new Promise<Server>((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started));
  });
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A client that a test may take away. */
export interface Client {
  readonly request: ClientRequest;
  /** Rejects when the request is destroyed or the answer is cut. */
  readonly response: Promise<{ readonly status: number | undefined; readonly body: string }>;
}

/** Posts JSON on a socket of its own, unless an agent says otherwise. */
export function post(url: string, body: object, agent?: Agent): Client {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const sent = request(url, { method: 'POST', headers, agent: agent ?? false });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  }).then(async (message) => {
    let answer = '';
    message.setEncoding('utf8');
    for await (const piece of message) answer += String(piece);
    return { status: message.statusCode, body: answer };
  });
  // A client that leaves does not care how its request ended.
  response.catch(() => {});
  sent.end(text);
  return { request: sent, response };
}
