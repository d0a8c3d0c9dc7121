/** Books what an attempt has shown: statistics, rests and alarms. Effects only; what to conclude is judged elsewhere. */
import { now } from '../clock.js';
import type { Events } from '../events.js';
import type { FailureClass, RestScope, Verdict } from '../judgement/failure.js';
import { NOBODYS_FAULT } from '../judgement/nobodys-fault.js';
import { alarmFor, restFor } from '../judgement/rests.js';
import type { Cooldown } from '../pool/cooldown.js';
import type { Lane, Pool } from '../pool/pool.js';
import { bookAccountLimit } from './book-account-limit.js';
import type { Attempted } from './call-report.js';

/** Of a streamed answer the first content has been booked before. */
export function bookSuccess({ lane, startedAt }: Attempted, outputTokens: number | undefined, streamed: boolean): void {
  const { deployment, key } = lane;
  const at = now();
  const duration = at - startedAt;
  lane.statistics.succeed(duration);
  lane.answers.answered(at);
  deployment.statistics.succeed(duration);
  deployment.failures.answer();
  if (!streamed) deployment.latency.answered(duration, outputTokens);
  deployment.health.succeeded(at);
  if (outputTokens !== undefined) deployment.outputSize.record(outputTokens);
  for (const { cooldown } of [lane, key, deployment]) cooldown.recover();
  const { accountLimit, cooldown } = deployment.upstream;
  if (accountLimit === undefined) return;
  accountLimit.succeeded({ key: key.number, deployment: deployment.id, attemptStartedAt: startedAt, at });
  cooldown.recover();
}

/** For the choice of whom to ask. `streamed`: its content would have been seen. */
export function bookWait({ lane, startedAt }: Attempted, { class: failure }: Verdict, streamed: boolean): void {
  const { latency, failures } = lane.deployment;
  if (streamed && OF_WAITING.has(failure)) latency.silentFor(now() - startedAt);
  if (failure !== 'slow' && !NOBODYS_FAULT.has(failure)) failures.fail(startedAt);
}

/** Ended before any content, by whoever did not want to wait any longer. */
const OF_WAITING: ReadonlySet<FailureClass> = new Set<FailureClass>(['silent', 'slow', 'timeout', 'client-abort']);

export interface Books {
  readonly pool: Pool;
  readonly events: Events;
}

/** Counts it and no more: the same lane is asked again at once. */
export function countFailure({ deployment, statistics }: Lane, { class: judged }: Verdict): void {
  statistics.fail(judged);
  deployment.statistics.fail(judged);
}

export function bookFailure(attempted: Attempted, verdict: Verdict, { pool, events }: Books): void {
  const { lane, startedAt } = attempted;
  const { deployment, key } = lane;
  countFailure(lane, verdict);
  if (verdict.breaker === 'failure') lane.deployment.health.failed(now(), verdict.class);
  if (bookAccountLimit(attempted, verdict, { pool, events })) return;
  const onlyLane = isOnlyLane(lane, pool);
  const rest = restFor(verdict, { consecutive: 1, onlyLane });
  if (rest === undefined) return;
  const duration = cooldownOf(lane, rest.scope).offend({
    reason: verdict.class,
    attemptStartedAt: startedAt,
    at: now(),
    hinted: verdict.hint !== undefined,
    duration: (consecutive) => restFor(verdict, { consecutive, onlyLane })?.duration ?? rest.duration,
  });
  if (duration === undefined) return;
  const { scope } = rest;
  events.emit('cooldown-started', {
    scope,
    upstream: deployment.upstream.settings.name,
    deployment: scope === 'lane' || scope === 'deployment' ? deployment.id : undefined,
    key: scope === 'lane' || scope === 'key' ? key.number : undefined,
    reason: verdict.class,
    duration,
    hinted: verdict.hint !== undefined,
  });
  raiseAlarm(lane, verdict, duration, events);
}

function cooldownOf(lane: Lane, scope: RestScope): Cooldown {
  switch (scope) {
    case 'lane':
      return lane.cooldown;
    case 'key':
      return lane.key.cooldown;
    case 'deployment':
      return lane.deployment.cooldown;
    case 'upstream':
      return lane.deployment.upstream.cooldown;
  }
}

function isOnlyLane(lane: Lane, pool: Pool): boolean {
  const serving = pool.byModel.get(lane.deployment.settings.model) ?? [];
  return serving.length === 1 && lane.deployment.lanes.length === 1;
}

/** Says what a person has to mend, where the call itself needs nobody. */
function raiseAlarm(lane: Lane, verdict: Verdict, restsFor: number, events: Events): void {
  const { deployment, key } = lane;
  const upstream = deployment.upstream.settings.name;
  const about = { upstream, deployment: deployment.id, restsFor };
  switch (alarmFor(verdict.class)) {
    case 'credential-rejected': {
      const lastFour = lastFourOf(key.credential.secrets[0]);
      const named = lastFour === '' ? '' : ` (ending in ${lastFour})`;
      const message = `${upstream} rejected key ${key.number}${named}: ${verdict.message}. Check that it is valid and not revoked.`;
      events.emit('credential-rejected', { ...about, key: key.number, lastFour, message });
      return;
    }
    case 'upstream-misconfigured': {
      const { url } = deployment;
      const message = `${upstream} has nothing to answer at ${url}: ${verdict.message}. Check baseUrl; such URLs usually end in /v1.`;
      events.emit('upstream-misconfigured', { ...about, url, message });
      return;
    }
    case 'model-rejected': {
      const { model, modelId } = deployment.settings;
      const message = `${upstream} does not serve the model "${modelId}": ${verdict.message}. Check its name and that the key may use it.`;
      events.emit('model-rejected', { ...about, model, message });
      return;
    }
    case 'quota-exhausted': {
      const message = `The quota of key ${key.number} of ${upstream} is used up: ${verdict.message}.`;
      events.emit('quota-exhausted', { ...about, key: key.number, message });
      return;
    }
    case undefined:
  }
}

/** Enough to find the key in a provider's console; nothing of a key so short that four characters give it away. */
function lastFourOf(secret: string | undefined): string {
  return secret === undefined || secret.length < 12 ? '' : secret.slice(-4);
}
