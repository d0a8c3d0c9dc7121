/** The live panel beside the chat: what the engine says and does, and buttons to break and mend the upstreams. */
import type { Failover } from '@ai-failover/core';
import express, { Router } from 'express';
import { sentenceFor } from './sentences.ts';
import { snapshotOf } from './snapshot.ts';
import type { Traffic } from './traffic.ts';
import { FAULTS, type EmulatedUpstream, type Fault } from './upstream.ts';

export interface PanelParts {
  readonly failover: Failover;
  readonly upstreams: readonly EmulatedUpstream[];
  /** Of the page alone; the demo has shoppers of its own. */
  readonly traffic: Traffic;
}

const CALLS_PER_SECOND = 10;

export function controlPanel({ failover, upstreams, traffic }: PanelParts): Router {
  const panel = Router();
  let watchers = 0;

  panel.get('/status', (_req, res) => {
    res.json({ ...snapshotOf(failover, upstreams), faults: FAULTS, traffic: traffic.running });
  });

  panel.post('/upstreams/:name/break', express.json(), async (req, res) => {
    const upstream = upstreamOf(req.params['name']);
    const fault: unknown = req.body?.fault;
    if (upstream === undefined || !isFault(fault))
      return void res.status(404).json({ error: 'No such upstream or fault' });
    await upstream.break(fault);
    res.sendStatus(204);
  });

  panel.post('/upstreams/:name/mend', async (req, res) => {
    await upstreamOf(req.params['name'])?.mend();
    res.sendStatus(204);
  });

  /** What an operator does who knows that an upstream is well again and will not wait for the engine to find out. */
  panel.post('/upstreams/:name/wake', (req, res) => {
    const upstream = upstreamOf(req.params['name']);
    if (upstream !== undefined) failover.upstream(upstream.name).wake();
    res.sendStatus(204);
  });

  panel.post('/traffic', express.json(), (req, res) => {
    if (req.body?.on === true) traffic.start(CALLS_PER_SECOND);
    else void traffic.stop();
    res.sendStatus(204);
  });

  panel.get('/events', (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const stopListening = sendEvents(failover, (event, data) => {
      if (!res.writableNeedDrain) res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    watchers += 1;
    res.once('close', () => {
      stopListening();
      watchers -= 1;
      // A page that was closed must not leave its shoppers behind.
      if (watchers === 0) void traffic.stop();
    });
    res.flushHeaders();
  });

  function upstreamOf(name: string | undefined): EmulatedUpstream | undefined {
    return upstreams.find((upstream) => upstream.name === name);
  }

  return panel;
}

/** `call` for each call that has ended, `sentence` for everything worth a line in the log. */
function sendEvents(failover: Failover, send: (event: 'call' | 'sentence', data: object) => void): () => void {
  const stops = [
    failover.on('call-answered', ({ deployment, failedOver, degraded }) =>
      send('call', { deployment, failedOver, degraded }),
    ),
    failover.on('call-degraded', ({ degraded }) => degraded === 'canned' && send('call', { degraded })),
    failover.on('call-failed', () => send('call', { failed: true })),
    failover.onAny((name, event) => {
      const sentence = sentenceFor(name, event);
      if (sentence !== undefined && sentence.tone !== 'quiet') send('sentence', sentence);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'string' && Object.hasOwn(FAULTS, value);
}
