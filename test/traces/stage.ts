/** A pool on a virtual clock: the real engine, scripted upstreams, dice that always show a half. */
import {
  createFailover,
  type AttemptRecord,
  type ChatChunk,
  type ChatReply,
  type ChatStream,
  type Failover,
  type FailoverOptions,
  type StreamOutcome,
} from '@ai-failover/core';
import {
  createScriptedTransport,
  refuseConnection,
  type ScriptedReply,
  type ScriptedRequest,
} from '@ai-failover/testing';
import { vi } from 'vitest';

/** What is asked beside calls. */
export type Inquiries = (request: ScriptedRequest) => ScriptedReply;

export type Upstreams = Record<string, (request: ScriptedRequest) => ScriptedReply>;

export interface Stage {
  readonly failover: Failover;
  /** What each upstream is sent from now on. */
  readonly upstreams: Upstreams;
  readonly requests: readonly ScriptedRequest[];
  /** What was asked beside calls. */
  readonly inquiries: readonly ScriptedRequest[];
  /** `[event name, payload]`, in order. */
  readonly events: [string, Record<string, unknown>][];
  /** Begins a call; its outcome is noted with the time it took. */
  call(request?: object, options?: object): Outcome;
  /** Begins a streamed call, which is read to its end as it comes; what is read of it is noted, and when. */
  stream(request?: object, options?: object): Streamed;
  /** Seconds since the stage was set. */
  at(): number;
  /** Lets the clock run to this second. */
  until(seconds: number): Promise<void>;
}

export interface Outcome {
  reply?: ChatReply;
  error?: unknown;
  /** Seconds since the stage was set. */
  at?: number;
}

/** A streamed call as its reader sees it. Times are seconds since the stage was set. */
export interface Streamed {
  stream?: ChatStream;
  /** When it could be read. */
  begun?: number;
  readonly chunks: ChatChunk[];
  /** Of the first choice, as far as it has been read. */
  text: string;
  /** Of the call, or of reading it. */
  error?: unknown;
  /** When there was nothing more to read. */
  at?: number;
  /** As the stream itself says it. */
  outcome?: StreamOutcome;
  /** Ends the call. */
  readonly abort: (reason: unknown) => void;
}

export const CANNED = 'We will be back soon.';

/** `cannedReply: undefined` for none. */
export type StageOptions = Partial<Omit<FailoverOptions, 'cannedReply'>> & { cannedReply?: undefined };

/** `P` and `S` serve `m`, in this order, unless the options say otherwise. */
export function setStage(upstreams: Upstreams, options: StageOptions = {}, inquiries?: Inquiries): Stage {
  const transport = createScriptedTransport(
    (request) => (upstreams[request.upstream] ?? refuseConnection)(request),
    inquiries,
  );
  const names = Object.keys(upstreams);
  const { cannedReply: _, ...others } = options;
  const failover: Failover = createFailover<string, string, string>(
    {
      health: false,
      criticalRatio: false,
      upstreams: names.map((name, index) => upstream(name, ['m'], { priority: index + 1 })),
      ...('cannedReply' in options ? {} : { cannedReply: CANNED }),
      ...others,
    },
    { createTransport: transport.createTransport, random: () => 0.5 },
  );
  const events: Stage['events'] = [];
  failover.onAny((name, event) => events.push([name, { ...event }]));
  const start = performance.now();
  const at = (): number => (performance.now() - start) / 1000;
  return {
    failover,
    upstreams,
    requests: transport.requests,
    inquiries: transport.inquiries,
    events,
    at,
    call(request = {}, callOptions = {}) {
      const outcome: Outcome = {};
      failover.chat({ messages: [{ role: 'user', content: 'Hello' }], ...request }, callOptions).then(
        (reply) => Object.assign(outcome, { reply, at: at() }),
        (error: unknown) => Object.assign(outcome, { error, at: at() }),
      );
      return outcome;
    },
    stream(request = {}, callOptions = {}) {
      const messages = [{ role: 'user', content: 'Hello' }];
      const { stream, abort } = failover.startStream({ messages, ...request }, callOptions);
      const streamed: Streamed = { chunks: [], text: '', abort };
      void readAll(stream, streamed, at);
      return streamed;
    },
    async until(seconds) {
      await vi.advanceTimersByTimeAsync(Math.max(0, Math.round(seconds * 1000 - at() * 1000)));
    },
  };
}

/** Never rejects. */
async function readAll(begun: Promise<ChatStream>, streamed: Streamed, at: () => number): Promise<void> {
  try {
    const stream = await begun;
    streamed.stream = stream;
    streamed.begun = at();
    void stream.finished.then((outcome) => (streamed.outcome = outcome));
    for await (const chunk of stream) {
      streamed.chunks.push(chunk);
      streamed.text += textOf(chunk);
    }
  } catch (error) {
    streamed.error = error;
  }
  streamed.at = at();
}

/** The conversation as an upstream was sent it. */
export function messagesOf(request: ScriptedRequest | undefined): readonly { role: string; content: string }[] {
  return (request?.body['messages'] ?? []) as { role: string; content: string }[];
}

/** What the chunk adds to the text of the first choice. */
export function textOf({ choices }: ChatChunk): string {
  return choices.find(({ index }) => index === 0)?.delta.content ?? '';
}

export function upstream(
  name: string,
  models: FailoverOptions['upstreams'][number]['models'],
  more: Partial<FailoverOptions['upstreams'][number]> = {},
): FailoverOptions['upstreams'][number] {
  return {
    name,
    provider: 'openai',
    baseUrl: `https://${name.toLowerCase()}.example/v1`,
    keys: [`sk-${name.toLowerCase()}-0123456789`],
    models,
    ...more,
  };
}

/** The trail as one reads it. */
export function trail({ reply, stream, error }: Pick<Outcome & Streamed, 'reply' | 'stream' | 'error'>): string {
  const records: readonly AttemptRecord[] =
    (reply ?? stream)?.failover.attempts ?? (error as { attempts?: AttemptRecord[] }).attempts ?? [];
  return records.map(({ deployment, outcome: how }) => `${deployment} ${how}`).join(', ');
}
