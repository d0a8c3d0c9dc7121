/** An upstream that answers 503 for a minute, under calls one after another. */
import { answerWith, failWith } from '@ai-failover/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setStage, trail, type Outcome } from './stage.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('is asked five times before its circuit opens, costs no call its answer, and has its traffic back within one open period', async () => {
  const stage = setStage({ P: () => failWith(503, { after: 50 }), S: () => answerWith('S', { after: 50 }) });
  const calls: Outcome[] = [];
  let openFor = 0;
  stage.failover.on('circuit-opened', (event) => {
    openFor = (event.openFor ?? 0) / 1000;
  });
  const callFor = async (seconds: number): Promise<void> => {
    const end = stage.at() + seconds;
    while (stage.at() < end) {
      calls.push(stage.call());
      await stage.until(stage.at() + 0.2);
    }
  };

  await callFor(5);
  expect(stage.requests.filter(({ upstream }) => upstream === 'P')).toHaveLength(5);
  await callFor(55);
  stage.upstreams['P'] = () => answerWith('P', { after: 50 });
  const recovered = stage.at();
  await callFor(openFor + 1);

  expect(
    calls.every(({ reply }) => reply?.failover.degraded === undefined && ['P', 'S'].includes(reply?.text ?? '')),
  ).toBe(true);
  const back = calls.find((call) => trail(call) === 'm@P ok');
  expect(back?.at).toBeLessThanOrEqual(recovered + openFor + 0.2);
  expect(stage.failover.status().deployments[0]?.circuit.state).toBe('closed');
  await stage.failover.close();
});
