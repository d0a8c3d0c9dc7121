/** A rest binds everybody from the moment it is earned, those too who were next in line. */
import { failWith, type ScriptedReply } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CANNED, setStage, trail, upstream } from '../traces/stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const RESTS: readonly (readonly [string, ScriptedReply])[] = [
  ['a hint', failWith(429, { after: 100, headers: { 'retry-after': '30' } })],
  ['a hint for the whole deployment', failWith(503, { after: 100, headers: { 'retry-after': '30' } })],
  ['a rejected key', failWith(401, { after: 100 })],
  ['a used-up quota', failWith(402, { after: 100 })],
  ['a model that is not served', failWith(404, { after: 100, code: 'model_not_found' })],
];

describe('A call that waits for a place', () => {
  it.each(RESTS)('is not sent when the call before it has met %s', async (_what, reply) => {
    const stage = setStage({ P: () => reply }, { upstreams: [upstream('P', ['m'], { limits: { concurrency: 1 } })] });
    const calls = [stage.call(), stage.call(), stage.call()];
    await stage.until(0.1);
    expect(stage.requests).toHaveLength(1);
    expect(trail(calls[0] ?? {})).toMatch(/^m@P /);
    await stage.until(5);
    expect(stage.requests).toHaveLength(1);
    for (const call of calls) expect(call.reply?.text).toBe(CANNED);
  });
});
