/** The deadline of a call is the end of it, whatever it does at that moment. */
import { neverAnswer } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, upstream } from '../traces/stage.ts';
import { setWires } from './wires.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('A deadline', () => {
  it.each([30.25, 30.5, 30.999])('of %s ms, which no timer can keep exactly, is a 504', async (deadline) => {
    const stage = setStage({ P: neverAnswer }, { cannedReply: undefined });
    const call = stage.call({}, { deadline });
    await stage.until(1);
    expect(call.error).toMatchObject({ kind: 'deadline', status: 504 });
  });

  it('holds while a request is signed and for what is left of it afterwards', async () => {
    const sign = async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 900);
      });
      return {};
    };
    const stage = setStage({ P: neverAnswer }, { upstreams: [upstream('P', ['m'], { sign })], cannedReply: undefined });
    const call = stage.call({}, { deadline: 1_000 });
    await stage.until(5);
    expect(call).toMatchObject({ at: 1, error: { status: 504 } });
  });

  it('is not overrun for the body of an error that does not come', async () => {
    const stage = setWires({ P: (sink) => setTimeout(() => sink.onHead(500, {}), 80) });
    const call = stage.call({ deadline: 100 });
    await stage.until(5);
    expect(call).toMatchObject({ at: 0.1, error: { status: 504 } });
  });
});
