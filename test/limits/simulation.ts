/** The real engine on a virtual clock, before providers with hidden limits, under more demand than they take. */
import { createFailover, type CreateTransport, type FailoverEvents, type FailoverOptions } from '@ai-failover/core';
import { vi } from 'vitest';
import { answerTo, loadOf, refusalOf, type SentBody } from './answers.ts';
import { createDice } from '../setup/dice.ts';
import { between, untilNext } from './arrivals.ts';
import type { HiddenLimits } from './hidden-limits.ts';

export interface SimulatedUpstream {
  readonly limits: HiddenLimits;
  readonly options?: Partial<FailoverOptions['upstreams'][number]>;
  /** Requests of others with the same key, per minute. */
  readonly others?: number;
}

export interface Simulation {
  readonly upstreams: readonly SimulatedUpstream[];
  /** Calls per minute. */
  readonly demand: number;
  readonly minutes: number;
  readonly seed: number;
  readonly options?: Partial<FailoverOptions>;
  readonly streamed?: boolean;
  /** When the provider looks at its limits for the headers of an answer. @default 'admission' */
  readonly headersAt?: 'admission' | 'answer';
}

/** All after the first minute. */
export interface Figures {
  readonly attempts: number;
  readonly refused: number;
  readonly calls: number;
  readonly answered: number;
  /** Of its capacity, by us and others, for each upstream. */
  readonly used: readonly number[];
  /** Of the whole time. */
  readonly learned: readonly FailoverEvents['limit-learned'][];
}

const MINUTE = 60_000;

/** Needs fake timers. */
export async function simulate(simulation: Simulation): Promise<Figures> {
  const { upstreams, demand, minutes } = simulation;
  const random = createDice(simulation.seed);
  const start = performance.now();
  const world: World = { random, at: () => performance.now() - start, counts: { attempts: 0, refused: 0 } };
  const failover = engineOf(simulation, world);
  const learned: FailoverEvents['limit-learned'][] = [];
  failover.on('limit-learned', (event) => learned.push(event));
  const calls = { calls: 0, answered: 0 };
  const running: Promise<void>[] = [];

  async function call(): Promise<void> {
    const { measuring } = world;
    const request = requestOf(random);
    const reply = simulation.streamed === true ? await failover.stream(request) : await failover.chat(request);
    if ('finished' in reply) for await (const _ of reply);
    if (!measuring) return;
    calls.calls += 1;
    if (reply.failover.degraded === undefined) calls.answered += 1;
  }

  const stops = upstreams.map(({ limits, others = 0 }) =>
    others === 0
      ? () => {}
      : again(others, random, () => limits.takeByOthers(loadOf(requestOf(random), random), world.at())),
  );
  stops.push(again(demand, random, () => running.push(call())));
  await vi.advanceTimersByTimeAsync(MINUTE);
  world.measuring = true;
  for (const { limits } of upstreams) limits.mark(world.at());
  await vi.advanceTimersByTimeAsync((minutes - 1) * MINUTE);
  const used = upstreams.map(({ limits }) => limits.used(world.at()));
  const { attempts, refused } = world.counts;
  for (const stop of stops) stop();
  await vi.advanceTimersByTimeAsync(MINUTE);
  await Promise.all(running);
  await failover.close();
  return { attempts, refused, ...calls, used, learned };
}

interface World {
  readonly random: () => number;
  /** Milliseconds since it began. */
  readonly at: () => number;
  readonly counts: { attempts: number; refused: number };
  measuring?: boolean;
}

function engineOf(simulation: Simulation, world: World) {
  return createFailover<string, string, string>(
    {
      upstreams: simulation.upstreams.map(({ options }, index) => ({
        name: `U${index}`,
        provider: 'openai',
        baseUrl: 'https://hidden.example/v1',
        keys: [`sk-hidden-0123456789-${index}`],
        models: ['m'],
        ...options,
      })),
      cannedReply: 'Later.',
      ...simulation.options,
    },
    { createTransport: transportOf(simulation, world), random: world.random },
  );
}

/** Does it so many times a minute, at random moments; returns the way to stop. */
function again(perMinute: number, random: () => number, task: () => void): () => void {
  const come = (): void => {
    task();
    timer = setTimeout(come, untilNext(perMinute, random));
  };
  let timer = setTimeout(come, untilNext(perMinute, random));
  return () => clearTimeout(timer);
}

function requestOf(random: () => number) {
  const content = 'word '.repeat(Math.ceil(between(20, 300, random)));
  return { messages: [{ role: 'user' as const, content }], max_tokens: Math.ceil(between(50, 500, random)) };
}

/** No sockets and no record: one timer for the way there, one for the answer. */
function transportOf({ upstreams, headersAt = 'admission' }: Simulation, world: World): CreateTransport {
  return ({ name, provider }) => {
    const limits = upstreams[Number(name.slice(1))]?.limits;
    if (limits === undefined) throw new Error(`there is no ${name}`);
    return {
      send({ body: text }, sink) {
        const body = JSON.parse(text) as SentBody;
        const load = loadOf(body, world.random);
        let timer = setTimeout(arrive, between(10, 40, world.random));
        sink.onConnection();
        function arrive(): void {
          const { status, headers } = limits!.take(load, world.at());
          const refused = status === 429;
          if (world.measuring === true) world.counts.attempts += 1;
          if (world.measuring === true && refused) world.counts.refused += 1;
          const takes = refused ? between(50, 150, world.random) : between(200, 3_000, world.random);
          timer = setTimeout(() => answer(status, headers), takes);
        }
        function answer(status: number, atAdmission: Readonly<Record<string, string>>): void {
          const refused = status === 429;
          const headers = headersAt === 'admission' || refused ? atAdmission : limits!.headers(world.at());
          const type = body.stream === true && !refused ? 'text/event-stream' : 'application/json';
          sink.onHead(status, { 'content-type': type, ...headers });
          if (!refused) limits!.finish?.(load, world.at());
          sink.onData(Buffer.from(refused ? refusalOf(provider) : answerTo(body, load, provider)));
          sink.onEnd();
        }
        return { abort: () => clearTimeout(timer), pause() {}, resume() {} };
      },
      async close() {},
    };
  };
}
