/** Our endpoint in Express on a free port, in front of `P`, to which things happen, and `S`, which is well. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createFailover,
  type EndpointOptions,
  type Failover,
  type FailoverOptions,
  type UpstreamOptions,
} from '@ai-failover/core';
import { aiFailover } from '@ai-failover/express';
import { continueAnswer, createFaultyUpstream, type FaultyUpstream, type Script } from '@ai-failover/testing';
import express, { type Request } from 'express';
import OpenAI, { type ClientOptions } from 'openai';
import { expect, onTestFinished, vi } from 'vitest';

/** What upstreams say where a test does not care: beyond ASCII and the BMP, and longer than a continuation repeats. */
export const TEXT =
  'Grüße! Ihr Paket 📦 ist gestern um 17:30 Uhr in Köln angekommen, and it left again this morning. ' +
  'It should reach you tomorrow before noon — 明天中午之前 — unless the Rhine floods its banks again 🌊🚧.';

export const QUESTION = [{ role: 'user', content: 'Where is my parcel?' }] as const satisfies readonly object[];

export interface StageOptions {
  /** What `P` does. @default it answers with `TEXT` */
  readonly P?: Script | undefined;
  /** What `S` does; `false` where there is nobody but `P`. @default it answers with `TEXT`, or goes on with it */
  readonly S?: Script | false | undefined;
  /** Of the upstreams, beside their names, addresses and keys. They serve the model `m`. */
  readonly ofP?: Partial<UpstreamOptions> | undefined;
  readonly ofS?: Partial<UpstreamOptions> | undefined;
  /** Of the engine, beside the upstreams. */
  readonly options?: Partial<FailoverOptions> | undefined;
  readonly endpoint?: EndpointOptions<string, Request> | undefined;
}

/** A request as it came to our endpoint. */
export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly headers: Request['headers'];
}

export interface Stage {
  /** What clients are given as their base URL. */
  readonly url: string;
  readonly failover: Failover;
  readonly P: FaultyUpstream;
  readonly S: FaultyUpstream;
  /** All requests that came to our endpoint: one that a client sends again counts again. */
  readonly visits: readonly Visit[];
  /** The official client, pointed at our endpoint. */
  openai(options?: ClientOptions): OpenAI;
}

/** Set up for one test and closed after it; fails the test if anything of a call is then still under way. */
export async function startStage(given: StageOptions = {}): Promise<Stage> {
  const P = await createFaultyUpstream({ script: given.P ?? continueAnswer(TEXT) });
  const S = await createFaultyUpstream({ script: given.S || continueAnswer(TEXT) });
  onTestFinished(async () => {
    await Promise.all([P.close(), S.close()]);
  });
  const upstreams = [{ ...place('P', P), ...given.ofP }];
  if (given.S !== false) upstreams.push({ ...place('S', S), priority: 2, ...given.ofS });
  // Dice that show 0 leave nothing of a back-off.
  const failover = createFailover<string, string>(
    { upstreams, expose: true, health: false, ...given.options },
    { random: () => 0 },
  );
  // Somebody who listens keeps alarms from becoming warnings of the process.
  failover.onAny(() => {});
  const served = await serveEndpoint(failover, given.endpoint);
  return { ...served, failover, P, S };
}

/** An endpoint in front of any engine; the engine is closed with it. */
export async function serveEndpoint(
  failover: Failover,
  options: EndpointOptions<string, Request> = {},
): Promise<Pick<Stage, 'url' | 'visits' | 'openai'>> {
  const visits: Visit[] = [];
  const app = express();
  app.use((req, _res, next) => {
    visits.push({ method: req.method, path: req.path, headers: req.headers });
    next();
  });
  app.use('/v1', aiFailover(failover).endpoint(options));
  const server = await new Promise<Server>((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started));
  });
  onTestFinished(async () => {
    await expectIdle(failover);
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await failover.close({ timeout: 0 });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    url,
    visits,
    openai: (client) => new OpenAI({ baseURL: url, apiKey: 'sk-client', maxRetries: 0, ...client }),
  };
}

function place(name: string, { baseUrl }: FaultyUpstream): UpstreamOptions {
  return { name, provider: 'openai', baseUrl, keys: [`sk-${name.toLowerCase()}-0123456789`], models: ['m'] };
}

/** Nothing is under way any more: no call, no attempt, no unit of the retry budget. */
async function expectIdle(failover: Failover): Promise<void> {
  await vi.waitFor(() => {
    const { calls, retryBudget, deployments } = failover.status();
    const attempts = deployments.map(({ inFlight }) => inFlight);
    expect({ calls: calls.inFlight, retries: retryBudget.inUse, attempts }).toEqual({
      calls: 0,
      retries: 0,
      attempts: attempts.map(() => 0),
    });
  });
}
