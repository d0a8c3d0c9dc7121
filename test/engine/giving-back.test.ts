/** What an attempt was given is given back when everything is known that it has shown, and always. */
import { getEventListeners } from 'node:events';
import { createFailover } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith, neverAnswer } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from '../traces/stage.ts';
import { JSON_HEAD, sayAnswer, setWires } from './wires.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('A place', () => {
  it('is not given on to a deployment whose circuit opens with the failure that frees it', async () => {
    const stage = setStage(
      { P: () => failWith(500, { after: 100 }) },
      { limits: { concurrency: 1 }, breaker: { consecutiveFailures: 1 } },
    );
    const calls = [stage.call(), stage.call()];
    await stage.until(5);
    expect(stage.requests).toHaveLength(1);
    for (const call of calls) expect(call.reply?.text).toBe(CANNED);
    await stage.until(20);
  });

  it('is free again after a transport that throws, and the next candidate answers', async () => {
    const scripted = createScriptedTransport(() => answerWith('S'));
    const failover = createFailover(
      {
        health: false,
        upstreams: [upstream('P', ['m'], { limits: { concurrency: 1 } }), upstream('S', ['m'], { priority: 2 })],
        cannedReply: CANNED,
      },
      {
        createTransport(settings) {
          if (settings.name === 'S') return scripted.createTransport(settings);
          return {
            send() {
              throw new Error('no such wire');
            },
            async close() {},
          };
        },
      },
    );
    for (const _ of [1, 2]) {
      const reply = await failover.chat({ messages: [{ role: 'user', content: 'Hello' }] });
      expect(reply.text).toBe('S');
      expect(reply.failover.attempts.map(({ deployment, outcome }) => [deployment, outcome])).toEqual([
        ['m@P', 'local'],
        ['m@S', 'ok'],
      ]);
      const { calls, deployments } = failover.status();
      expect(calls.inFlight).toBe(0);
      expect(deployments[0]).toMatchObject({ inFlight: 0, lanes: [{ inFlight: 0, limits: { inFlight: 0 } }] });
      expect(deployments[0]?.circuit.consecutiveFailures).toBe(0);
    }
  });
});

describe('A signal', () => {
  it('is listened to while calls follow it, and no more when none does', async () => {
    const stage = setStage({ P: () => answerWith('P', { after: 100 }) });
    const { signal } = new AbortController();
    const either = AbortSignal.any([signal, new AbortController().signal]);
    stage.call({}, { signal: either });
    stage.call({}, { signal: either });
    expect(getEventListeners(either, 'abort')).toHaveLength(1);
    await stage.until(1);
    expect(getEventListeners(either, 'abort')).toHaveLength(0);
    stage.call({}, { signal: either });
    expect(getEventListeners(either, 'abort')).toHaveLength(1);
    await stage.until(2);
    expect(getEventListeners(either, 'abort')).toHaveLength(0);
  });
});

describe('When its circuit opens, an attempt', () => {
  it('that has received its head goes on', async () => {
    const stage = setWires(
      {
        // The third one's head comes before the first two are given up, the rest of it after that.
        P: (sink, number) => {
          if (number < 3) return;
          setTimeout(() => sink.onHead(200, JSON_HEAD), 50);
          setTimeout(() => sayAnswer(sink, 'P'), 250);
        },
        S: (sink) => {
          sink.onHead(200, JSON_HEAD);
          sayAnswer(sink, 'S');
        },
      },
      { breaker: { consecutiveFailures: 2 }, timeouts: { unary: 300, unaryPerOutputToken: 0 } },
    );
    const silent = [stage.call(), stage.call()];
    await stage.until(0.1);
    const receiving = stage.call();
    await stage.until(0.3);
    expect(stage.failover.status().deployments[0]?.circuit.state).toBe('open');
    expect(silent.map(({ reply }) => reply?.text)).toEqual(['S', 'S']);
    await stage.until(20);
    expect(receiving).toMatchObject({ at: 0.35, reply: { text: 'P' } });
  });

  it('by errors is not abandoned, not even when an earlier one turns out to have been silent', async () => {
    const stage = setStage({ P: neverAnswer, S: () => answerWith('S') }, { breaker: { consecutiveFailures: 2 } });
    // Its limit is 55 seconds.
    const silent = stage.call();
    await stage.until(45);
    stage.upstreams['P'] = () => answerWith('P', { after: 20_000 });
    const long = stage.call();
    await stage.until(54);
    stage.upstreams['P'] = () => failWith(500);
    stage.call();
    stage.call();
    await stage.until(54);
    expect(stage.failover.status().deployments[0]?.circuit.state).toBe('open');
    await stage.until(100);
    expect(trail(silent)).toBe('m@P silent, m@S ok');
    expect(long).toMatchObject({ at: 65, reply: { text: 'P' } });
  });
});

describe('Open times', () => {
  it('are short while all others are drained, as when they are out', async () => {
    const stage = setStage(
      { P: () => failWith(500), S: () => answerWith('S') },
      { breaker: { consecutiveFailures: 1 } },
    );
    stage.failover.deployment('m@S').drain();
    stage.call();
    await stage.until(10.5);
    // A failed trial would be followed by twenty seconds.
    stage.call();
    await stage.until(10.5);
    expect(stage.failover.status().deployments[0]?.circuit).toMatchObject({ state: 'open', openFor: 10_000 });
    await stage.until(60);
  });
});
