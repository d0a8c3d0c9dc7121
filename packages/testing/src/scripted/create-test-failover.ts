/** An engine for an application's own unit tests: the real one, with everything but the sockets. */
import { createFailover, type Failover, type FailoverOptions, type ModelName } from '@ai-failover/core';
import { answerWith } from './replies.js';
import type { ScriptedReply } from './scripted-reply.js';
import type { ScriptedRequest } from './scripted-request.js';
import { createScriptedTransport } from './scripted-transport.js';

/**
 * Text or the fields of a completion, streamed where the request asks for it; or what `answerWith`, `streamWith`, `failWith`,
 * `refuseConnection` and their like have made.
 */
export type TestReply = string | ScriptedReply | Readonly<Record<string, unknown>>;

export interface TestFailoverSettings<
  Model extends string,
  Chain extends string,
  Configured extends PropertyKey = Model,
> {
  /** What every upstream answers, or a function of what it was sent. */
  readonly reply: TestReply | ((request: ScriptedRequest) => TestReply | Promise<TestReply>);
  /**
   * The application's own options, keys and all; nothing is sent to anybody, and probes only where they name `health`.
   * @default one upstream, `test-model`
   */
  readonly options?: FailoverOptions<Model, Chain, Configured> | undefined;
  /** For back-off and jitter, a number in [0, 1). @default () => 0, so that tests need not wait */
  readonly random?: () => number;
}

export interface TestFailover<Model extends string, Chain extends string> extends Failover<Model, Chain> {
  /** Everything that would have been sent, in order. */
  readonly requests: readonly ScriptedRequest[];
}

/**
 * Makes an engine that answers by script.
 *
 * @example
 * const failover = createTestFailover({ reply: 'Hello' });
 * app.use(aiFailover(failover));
 * // … supertest …
 * expect(failover.requests[0]?.body.messages).toEqual([…]);
 */
export function createTestFailover(
  settings: Omit<TestFailoverSettings<'test-model', never>, 'options'>,
): TestFailover<'test-model', 'default'>;
export function createTestFailover<
  const Model extends string = never,
  const Chain extends string = never,
  const Configured extends PropertyKey = never,
>(
  settings: TestFailoverSettings<Model, Chain, Configured>,
): TestFailover<ModelName<Model, Configured>, Chain | 'default'>;
export function createTestFailover({
  reply,
  options = DEFAULT_OPTIONS,
  random = () => 0,
}: TestFailoverSettings<string, string>): TestFailover<string, string> {
  const transport = createScriptedTransport(async (request) => {
    const made = typeof reply === 'function' ? await reply(request) : reply;
    return isScripted(made) ? made : answerWith(made, { model: request.model });
  });
  const failover = createFailover({ ...QUIET, ...options }, { createTransport: transport.createTransport, random });
  return Object.assign(failover, { requests: transport.requests });
}

const DEFAULT_OPTIONS: FailoverOptions = {
  upstreams: [{ name: 'test', provider: 'openai', keys: 'none', models: ['test-model'] }],
};

/** Nothing is sent but by the test's own calls, and no timer runs beside them, unless the options say otherwise. */
const QUIET = { health: false, criticalRatio: false } as const;

function isScripted(reply: TestReply): reply is ScriptedReply {
  return (
    typeof reply === 'object' && ['respond', 'stream', 'refuse', 'hang'].includes(String(Reflect.get(reply, 'kind')))
  );
}
