/** Wires the engine, in the order in which a call flows through it. */
import type { CallOptions } from './call/call-options.js';
import { createCallIds } from './call/call-ids.js';
import { checkCallOptions } from './call/check-call-options.js';
import { Call, gatherStream, takeWhole, type CallUnderWay } from './call/call.js';
import { pauseUntil } from './call/pause.js';
import { RetryBudget } from './call/retry-budget.js';
import type { CallInput } from './call/call-input.js';
import { followSignal } from './call/follow-signal.js';
import { estimateTokens } from './call/estimate-tokens.js';
import type { CallEnvironment } from './call/search.js';
import { stickyKeyOf } from './call/sticky-key.js';
import { StreamCall } from './call/stream-call.js';
import type { OnRefused } from './call/does-without.js';
import { createStreamed } from './call/streamed.js';
import { createUnstreamed } from './call/unstreamed.js';
import { LONGEST_TIMER, now, type Seams } from './clock.js';
import type { ModelName } from './config/model-options.js';
import type { FailoverOptions } from './config/options.js';
import { checkOptions } from './config/check-options.js';
import { settingsOf } from './config/resolve-options.js';
import { createControls } from './controls.js';
import { CallError } from './errors.js';
import { createEvents } from './create-events.js';
import type { AnyListener, NameListener } from './events.js';
import type { Failover, StartedCall, StartedStream } from './failover.js';
import { createCallCounter } from './call-counter.js';
import { CallsUnderWay } from './calls-under-way.js';
import { explainRoute } from './plan/explain.js';
import type { Wanted } from './plan/objection.js';
import { createWaitQueue } from './limiter/wait-queue.js';
import type { Limiter } from './limiter/limiter.js';
import type { WaitKey } from './call/obstacles.js';
import type { Asker } from './plan/balance/balance.js';
import { createRouter } from './plan/router.js';
import { createPoolHealth } from './health/pool-health.js';
import { standing } from './plan/standing.js';
import { announceCircuit } from './announce-circuit.js';
import { announceKeyFault } from './announce-key-fault.js';
import { DiscoveredLists } from './pool/discovered-lists.js';
import { createDiscovery } from './pool/discovery.js';
import { noteListed } from './pool/note-listed.js';
import { createPool } from './pool/create-pool.js';
import type { Deployment } from './pool/pool.js';
import { createPoolControl, type PoolChange } from './pool/pool-changes.js';
import { checkRequest } from './request/check-request.js';
import type { ChatRequest } from './request/chat-types.js';
import type { ChatStream } from './stream/chat-stream.js';
import { openState } from './state/keep-state.js';
import { deploymentStatuses, upstreamStatuses } from './status.js';
import type { CreateTransport } from './transport/transport.js';
import { TokenCounter } from './tokens/token-counter.js';
import { createUndiciTransport } from './transport/undici-transport.js';
import { createUpstreamWatch } from './watch-upstreams.js';

/** Replaceable parts, for tests. */
export interface FailoverSeams extends Partial<Seams> {
  readonly createTransport?: CreateTransport;
}

const CLOSE_TIMEOUT = 10_000;

/**
 * Makes an engine.
 *
 * @throws ConfigError with every fault of the options
 * @example
 * const ai = createFailover({
 *   upstreams: [{ name: 'openai', provider: 'openai', keys: [process.env.OPENAI_API_KEY], models: ['gpt-4.1'] }],
 *   cannedReply: 'We will be back in a moment.',
 * });
 * const reply = await ai.chat({ messages: [{ role: 'user', content: 'Hello' }] });
 */
export function createFailover<
  const Model extends string = never,
  const Chain extends string = never,
  const Configured extends PropertyKey = never,
>(
  options: FailoverOptions<Model, Chain, Configured>,
  { createTransport = createUndiciTransport, random = Math.random }: FailoverSeams = {},
): Failover<ModelName<Model, Configured>, Chain | 'default'> {
  let checkedOptions = checkOptions(options);
  const lists = new DiscoveredLists();
  let settings = settingsOf(checkedOptions, lists.known(checkedOptions));
  const state = openState(settings.state);
  if (state.restoreLists(settings.upstreams, lists)) settings = settingsOf(checkedOptions, lists.known(checkedOptions));
  const events = createEvents();
  const queue = createWaitQueue<WaitKey>({ maximum: settings.maxQueue, now });
  const pool = createPool(settings, {
    createTransport,
    random,
    onCircuitChange: (change, upstream, deployment) => {
      const announce = (): void => announceCircuit(events, change, upstream, deployment);
      // Nobody could listen yet.
      if (change.reason === 'restored') void Promise.resolve().then(announce);
      else announce();
      // Whoever waits elsewhere may be served here again.
      if (change.to === 'open') return;
      for (const one of pool.deployments) {
        if (deployment === undefined ? one.upstream.settings.name === upstream : one.id === deployment)
          queue.notify(one.id);
      }
    },
    onFree: (limiter) => queue.notify(limiter),
    onLimitNews: (news, owner) => events.emit('limit-learned', { ...owner, ...news }),
    onKeyFault: (fault) => announceKeyFault(fault, { pool, events }),
  });
  const watch = createUpstreamWatch({
    createTransport,
    events,
    random,
    onFree: ({ settings: { name } }) => {
      for (const { id, upstream } of pool.deployments) if (upstream.settings.name === name) queue.notify(id);
    },
  });
  watch.follow(pool.upstreams);
  const router = createRouter(() => settings, pool);
  const countCalls = createCallCounter(events);
  const calls = new CallsUnderWay();
  const unseen: CallEnvironment['unseen'] = new Set();
  const budget = new RetryBudget(settings.retry, () => calls.size);
  const controls = createControls({
    pool,
    events,
    wake: (deployment) => queue.notify(deployment.id),
    look: () => health.look(),
  });
  const mayTake = (limiter: Limiter): boolean => queue.mayTake(limiter, -Infinity);
  const discovery = createDiscovery({
    pool,
    interval: settings.modelsInterval,
    random,
    onListed: (upstream, models) => {
      const { name, discovers } = upstream.settings;
      const isNews = discovers && lists.learn(upstream.settings, models);
      noteListed(upstream, models, { pool, events });
      if (isNews) {
        become({ kind: 'discovered', upstream: name }).catch(noteFault);
        // Those that have just been found are listed, too.
        const current = pool.upstreams.find((one) => one.settings.name === name);
        if (current !== undefined) noteListed(current, models, { pool, events });
      }
      health.look();
    },
  });
  const noteFault = (error: unknown): void => events.emit('hook-failed', { hook: 'closing a transport', error });
  const health = createPoolHealth({ pool, events, settings, random, mayTake, listReader: discovery });
  state.begin({ pool, health, lists }, events);
  const onRefused: OnRefused = ({ deployment: { id, settings: of, upstream } }, feature) => {
    events.emit('feature-refused', { deployment: id, upstream: upstream.settings.name, model: of.model, feature });
  };
  const counter = new TokenCounter(random);
  const environment: CallEnvironment = {
    get settings() {
      return settings;
    },
    pool,
    events,
    budget,
    queue,
    counter,
    view: standing,
    random,
    unseen,
    onRefused,
  };
  const streamed = createStreamed(onRefused);
  const unstreamed = createUnstreamed(onRefused);
  const chainNames = [...settings.chains.keys()];
  const names = { chains: chainNames, models: [...pool.byModel.keys()] };
  const nextId = createCallIds();
  let closing: Promise<void> | undefined;
  /** Changes of the pool that calls still keep from being done. */
  const departures = new Set<Promise<void>>();
  discovery.begin();

  function start(request: ChatRequest, callOptions: CallOptions = {}): StartedCall {
    const streamInside = callOptions?.streamInside ?? settings.streamInside;
    const { id, result, abort } = begin(request, callOptions, (input) =>
      streamInside
        ? new Call(environment, input, streamed, gatherStream)
        : new Call(environment, input, unstreamed, takeWhole),
    );
    return { id, reply: result, abort };
  }

  function startStream(request: ChatRequest, callOptions: CallOptions = {}): StartedStream {
    const make = (input: CallInput): StreamCall => new StreamCall(environment, input, streamed);
    const { id, result, abort } = begin<ChatStream>(request, callOptions, make);
    return { id, stream: result, abort };
  }

  /** Checks a call and lets it run; what is wrong with it rejects. */
  function begin<Result>(
    request: ChatRequest,
    callOptions: CallOptions,
    make: (input: CallInput) => Runnable<Result>,
  ): Begun<Result> {
    const id = nextId();
    try {
      if (closing !== undefined) throw closedError();
      checkCallOptions(callOptions, chainNames);
      const { signal } = callOptions;
      if (signal?.aborted === true) throw reasonOf(signal);
      const checked = checkRequest(request, settings);
      const route = router.routeFor(checked.model, callOptions);
      const call = make({ id, route, checked, request, options: callOptions });
      const abort = (reason: unknown): void => call.abort(reason);
      calls.begin(call);
      const unfollow = signal && followSignal(signal, () => abort(reasonOf(signal)));
      const end = (): void => {
        unfollow?.();
        calls.end(call);
      };
      return { id, result: call.run(end), abort };
    } catch (error) {
      return { id, result: Promise.reject(error), abort: () => {} };
    }
  }

  /** New settings for all calls that begin from now on. Resolves when what they replace is not used any more. */
  async function become({ kind, upstream }: PoolChange): Promise<void> {
    settings = settingsOf(checkedOptions, lists.known(checkedOptions));
    const departed = pool.become(settings);
    names.models = [...pool.byModel.keys()];
    router.forget();
    discovery.begin();
    watch.follow(pool.upstreams);
    health.refresh();
    const models = settings.deployments.filter((one) => one.upstream.name === upstream).map(({ model }) => model);
    events.emit('pool-changed', { change: kind, upstream, models });
    if (departed === undefined) return;
    const departure = calls.ended().then(() => {
      for (const run of unseen) if (!pool.deployments.includes(run.lane.deployment)) run.end();
      return departed.close();
    });
    departures.add(departure);
    // A transport of the application's own may fail to close; whoever waits for the change is told.
    await departure.finally(() => departures.delete(departure));
  }

  const poolControl = createPoolControl({
    upstreams: () => checkedOptions.upstreams,
    become: async (upstreams, change) => {
      if (closing !== undefined) throw closedError();
      checkedOptions = { ...checkedOptions, upstreams };
      await become(change);
    },
  });

  async function shutDown(timeout: number): Promise<void> {
    health.close();
    let aborted = 0;
    discovery.close();
    if (calls.size > 0) {
      const idle = calls.ended();
      const limit = pauseUntil(now() + Math.min(timeout, LONGEST_TIMER));
      await Promise.race([idle, limit.over]);
      limit.end();
      aborted = calls.size;
      calls.abort(closedError());
      await idle;
    }
    for (const run of unseen) run.end();
    queue.close();
    await Promise.all([state.close(), watch.close(), Promise.allSettled(departures), pool.close()]);
    events.emit('closed', { aborted });
  }

  return {
    start,
    startStream,
    chat: (request, callOptions) => start(request, callOptions).reply,
    stream: (request, callOptions) => startStream(request, callOptions).stream,
    explain(request, callOptions = {}) {
      const checked = checkRequest(request, settings);
      const route = router.routeFor(checked.model, callOptions);
      const strict = callOptions.strictParameters ?? settings.strictParameters;
      const tokens = (deployment: Deployment): number => estimateTokens(checked, deployment, counter);
      const wanted: Wanted = {
        checked,
        strict,
        promptAbove: (limit, reader) => counter.above(limit, checked.prompt, reader),
      };
      const asker: Asker = {
        streamed: checked.wantsStream || (callOptions.streamInside ?? settings.streamInside),
        promptTokens: (reader) => counter.count(checked.prompt, reader),
        maxOutputTokens: checked.maxOutputTokens,
        // A function that fails is told of by calls; explaining one changes nothing.
        stickyKey: (keyOf) => stickyKeyOf(keyOf, { checked, options: callOptions }, () => {}),
      };
      return explainRoute(route, wanted, { view: standing, asker, at: now(), tokens });
    },
    status: () => ({
      calls: { ...countCalls(), inFlight: calls.size },
      waiting: queue.size,
      retryBudget: { inUse: budget.inUse, limit: budget.limit },
      critical: health.critical,
      upstreams: upstreamStatuses(pool, health, watch.statusOf),
      deployments: deploymentStatuses(pool, health, now()),
    }),
    on: events.on,
    onAny: (listener: AnyListener | NameListener) => events.onAny(listener),
    deployment: controls.deployment,
    upstream: controls.upstream,
    pool: poolControl,
    // The schema has checked that these are the names that the types have inferred.
    names: names as unknown as { chains: (Chain | 'default')[]; models: ModelName<Model, Configured>[] },
    expose: settings.expose,
    close: ({ timeout = CLOSE_TIMEOUT } = {}) => (closing ??= shutDown(timeout)),
    checkCallOptions: (callOptions) => checkCallOptions(callOptions, chainNames),
    reportMisuse: (code, message) => events.emit('misuse-detected', { code, message }),
  };
}

interface Runnable<Result> extends CallUnderWay {
  /** `onEnd` is called when nothing of it is under way any more. */
  run(onEnd: () => void): Promise<Result>;
}

interface Begun<Result> {
  readonly id: string;
  readonly result: Promise<Result>;
  readonly abort: (reason: unknown) => void;
}

/** Old polyfills have no reason. */
function reasonOf({ reason }: AbortSignal): unknown {
  return reason ?? new DOMException('The call was aborted', 'AbortError');
}

function closedError(): CallError {
  return new CallError({ kind: 'closed', message: 'The AI service is shutting down. Please try again.' });
}
