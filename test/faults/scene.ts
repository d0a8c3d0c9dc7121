/** A real engine in front of real sockets: `P`, to which things happen, and `S`, which is well. */
import { subscribe } from 'node:diagnostics_channel';
import { createServer, type Socket } from 'node:net';
import {
  createFailover,
  type AttemptRecord,
  type CallOptions,
  type ChatReply,
  type ChatRequest,
  type EventName,
  type Failover,
  type FailoverEvents,
  type FailoverOptions,
  type UpstreamOptions,
} from '@ai-failover/core';
import { answer, createFaultyUpstream, type FaultyUpstream, type Script } from '@ai-failover/testing';
import { expect, onTestFinished, vi } from 'vitest';
import { readToEnd, type StreamReading } from './stream-reading.ts';

export const CANNED = 'We will be back soon.';
/** What `S` says. */
export const BY_S = 'S at your service';

export interface SceneOptions {
  /** What `P` does. @default it answers */
  readonly script?: Script | undefined;
  /** What `S` does. @default it answers */
  readonly scriptOfS?: Script | undefined;
  /** `false`: there is nobody but `P`. @default true */
  readonly withS?: boolean;
  /** Of `P`, beside its name, address, key and model. */
  readonly P?: Partial<UpstreamOptions> | undefined;
  readonly S?: Partial<UpstreamOptions> | undefined;
  /** Further ones. */
  readonly more?: readonly UpstreamOptions[];
  readonly options?: Partial<FailoverOptions> | undefined;
}

export interface Scene {
  readonly failover: Failover;
  readonly P: FaultyUpstream;
  readonly S: FaultyUpstream;
  /** Every event so far, in order. */
  readonly events: readonly SeenEvent[];
  /** The payloads of one event. */
  seen<Name extends EventName>(name: Name): readonly FailoverEvents[Name][];
  chat(request?: Partial<ChatRequest>, options?: CallOptions): Promise<ChatReply>;
  /** Reads a stream to its end. Never rejects. */
  stream(request?: Partial<ChatRequest>, options?: CallOptions): Promise<StreamReading>;
  /** Waits until the engine has so many sockets, to whomever. */
  expectSockets(count: number): Promise<void>;
  /** Closes the engine and both upstreams; fails if a socket of the engine outlives it. May be called again. */
  close(): Promise<void>;
}

export interface SeenEvent {
  readonly name: EventName;
  readonly event: FailoverEvents[EventName];
}

/** Set up for one test and closed after it. */
export async function startScene(given: SceneOptions = {}): Promise<Scene> {
  const { withS = true } = given;
  const P = await createFaultyUpstream({ ...(given.script !== undefined && { script: given.script }) });
  const S = await createFaultyUpstream({ script: given.scriptOfS ?? answer(BY_S) });
  const upstreams: UpstreamOptions[] = [{ ...upstream('P', P.baseUrl, 1), ...given.P }];
  if (withS) upstreams.push({ ...upstream('S', S.baseUrl, 2), ...given.S });
  upstreams.push(...(given.more ?? []));
  // Where only P can be asked again, dice that show 0 leave nothing of its back-off.
  const random = (): number => (withS ? 0.5 : 0);
  const failover = createFailover<string, string>(
    { upstreams, cannedReply: CANNED, health: false, ...given.options },
    { random },
  );
  const events: SeenEvent[] = [];
  failover.onAny((name, event) => events.push({ name, event }));
  const close = once(async () => {
    await failover.close({ timeout: 0 });
    await expectSockets(0);
    await Promise.all([P.close(), S.close()]);
  });
  onTestFinished(close);
  const expectSockets = (count: number): Promise<void> => eventually(() => expect(clientSockets.size).toBe(count));
  return {
    failover,
    P,
    S,
    events,
    seen: (name) => payloads(events, name),
    chat: (request = {}, options = {}) =>
      failover.chat({ messages: [{ role: 'user', content: 'Hello' }], ...request }, options),
    stream: (request = {}, options = {}) =>
      readToEnd(failover.stream({ messages: [{ role: 'user', content: 'Hello' }], ...request }, options)),
    expectSockets,
    close,
  };
}

function upstream(name: string, baseUrl: string, priority: number): UpstreamOptions {
  return { name, provider: 'openai', baseUrl, keys: [`sk-${name.toLowerCase()}-0123456789`], models: ['m'], priority };
}

function payloads<Name extends EventName>(events: readonly SeenEvent[], wanted: Name): FailoverEvents[Name][] {
  return events.filter(({ name }) => name === wanted).map(({ event }) => event as FailoverEvents[Name]);
}

function once(effect: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= effect());
}

/** The trail as one reads it: `P overloaded, S ok`. */
export function trailOf(attempts: readonly AttemptRecord[]): string {
  return attempts.map(({ upstream: name, outcome }) => `${name} ${outcome}`).join(', ');
}

/** The other end of a closed socket learns of it a moment later. Long before undici closes idle ones, after 4 seconds. */
export async function expectConnections(of: FaultyUpstream, count: number): Promise<void> {
  await eventually(() => expect(of.connections).toBe(count));
}

async function eventually(expectation: () => void): Promise<void> {
  await vi.waitFor(expectation, { timeout: 2_000, interval: 2 });
}

/** Sockets of this process that connect, to whomever, idle ones too. */
const clientSockets = new Set<Socket>();

subscribe('net.client.socket', (message) => {
  const { socket } = message as { socket: Socket };
  clientSockets.add(socket);
  socket.once('close', () => clientSockets.delete(socket));
});

/** Sockets of this process that connect and that nobody has destroyed, at this very moment. */
export function liveSockets(): number {
  return [...clientSockets].filter(({ destroyed }) => !destroyed).length;
}

/** Nothing is under way any more: no call, no attempt, no unit of the retry budget. */
export function expectIdle(failover: Failover): void {
  const { calls, retryBudget, deployments } = failover.status();
  const lanes = deployments.flatMap((deployment) => deployment.lanes);
  expect({
    calls: calls.inFlight,
    retries: retryBudget.inUse,
    attempts: [...deployments, ...lanes].reduce((sum, { inFlight }) => sum + inFlight, 0),
  }).toEqual({ calls: 0, retries: 0, attempts: 0 });
}

/** undici takes up a connection that has just answered after a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Timers that keep the process alive. */
export function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

/** No more timers than before. Looks again from time to time, by a timer that does not count itself, as `vi.waitFor` would. */
export async function expectTimers(before: number): Promise<void> {
  for (let look = 0; look < 40 && timers() > before; look += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5).unref();
    });
  }
  expect(timers()).toBeLessThanOrEqual(before);
}

/** Accepts connections and never says a word, or always the same; to a TLS client that is a handshake that fails. */
export async function startBlackHole(
  word?: string,
): Promise<{ readonly port: number; readonly connections: () => number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    if (word !== undefined) socket.end(word);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a listening server has an address');
  return { port: address.port, connections: () => sockets.size };
}
