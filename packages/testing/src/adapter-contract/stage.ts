/** One application with a real engine, in front of a faulty upstream. */
import { createFailover, type EventName, type Failover } from '@ai-failover/core';
import { createFaultyUpstream, type FaultyUpstream } from '../faulty-upstream/create-faulty-upstream.js';
import type { Script } from '../faulty-upstream/script.js';
import { Client, type Answer, type Asked } from './client.js';
import type { ContractApplication, ContractRoute, ContractSubject } from './contract-subject.js';

export const QUESTION = { messages: [{ role: 'user' as const, content: 'Where is my parcel?' }] };

export interface StagePlan extends Partial<Omit<ContractApplication, 'failover' | 'assistant'>> {
  /** Of the upstream. @default it answers every request, streamed where that is asked for */
  readonly script?: Script;
  /** Starts a second engine, as `assistant`, with an upstream of its own. */
  readonly assistantScript?: Script;
  /** What is answered when nobody can. */
  readonly cannedReply?: string;
  /** Routes at the root, beside those of the scopes. */
  readonly routes?: readonly ContractRoute[];
}

export class Stage {
  readonly upstream: FaultyUpstream;
  readonly failover: Failover;
  /** Names of the engine's events, in order. */
  readonly events: EventName[] = [];
  readonly #url: string;

  constructor(upstream: FaultyUpstream, failover: Failover, url: string) {
    this.upstream = upstream;
    this.failover = failover;
    this.#url = url;
    failover.onAny((name: EventName) => this.events.push(name));
  }

  /** Begins a request; posts the question unless told otherwise. */
  open(path: string, asked: Asked = { body: QUESTION }): Client {
    return new Client(`${this.#url}${path}`, asked);
  }

  ask(path: string, asked?: Asked): Promise<Answer> {
    return this.open(path, asked).answer();
  }

  /** The models that the upstream was asked for. */
  get modelsAsked(): readonly unknown[] {
    return this.upstream.requests.map((request) => request.json()['model']);
  }

  /** Resolves when an event has come that is not there yet. */
  next(name: EventName): Promise<void> {
    return new Promise((resolve) => this.failover.on(name, () => resolve()));
  }
}

/** Starts all of it, and ends all of it whatever happens. */
export async function onStage(
  subject: ContractSubject,
  plan: StagePlan,
  act: (stage: Stage) => Promise<void>,
): Promise<void> {
  const ends: (() => Promise<void>)[] = [];
  try {
    const main = await engine(plan.script, plan.cannedReply, ends);
    const assistant =
      plan.assistantScript === undefined ? undefined : await engine(plan.assistantScript, undefined, ends);
    const application = await subject.start({
      failover: main.failover,
      assistant: assistant?.failover,
      parsesBodies: plan.parsesBodies ?? true,
      compresses: plan.compresses ?? false,
      headers: plan.headers ?? {},
      answerError: plan.answerError,
      scopes: [{ prefix: '', routes: plan.routes ?? [] }, ...(plan.scopes ?? [])],
    });
    ends.push(() => application.close());
    await act(new Stage(main.upstream, main.failover, application.url));
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function engine(
  script: Script | undefined,
  cannedReply: string | undefined,
  ends: (() => Promise<void>)[],
): Promise<{ readonly upstream: FaultyUpstream; readonly failover: Failover }> {
  const upstream = await createFaultyUpstream(script === undefined ? {} : { script });
  ends.push(() => upstream.close());
  const failover = createFailover({
    upstreams: [
      {
        name: 'reseller-north',
        provider: 'openai',
        baseUrl: upstream.baseUrl,
        keys: ['sk-north-0123456789'],
        models: ['large', 'small', 'tiny'],
      },
    ],
    chains: { default: ['large'], cheap: ['small'], tiny: ['tiny'] },
    retry: { baseDelay: 1, maxHintWait: 0 },
    health: false,
    criticalRatio: false,
    ...(cannedReply !== undefined && { cannedReply }),
  });
  ends.push(() => failover.close({ timeout: 0 }));
  return { upstream, failover };
}
