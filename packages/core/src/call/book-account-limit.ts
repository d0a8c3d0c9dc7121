/** Rests an upstream as one, and lets its keys off, where most of them have met what is one limit of the account. */
import { now } from '../clock.js';
import type { FailureClass, Verdict } from '../judgement/failure.js';
import { restFor } from '../judgement/rests.js';
import type { AccountClass, AccountFinding, KeyFailure } from '../pool/account-limit.js';
import type { Cooldown, Offence } from '../pool/cooldown.js';
import { isSameKey } from '../pool/key.js';
import type { Lane, Pool, Upstream } from '../pool/pool.js';
import type { Books } from './book-verdict.js';
import type { Attempted } from './call-report.js';

type Limit = Extract<AccountFinding, { readonly kind: 'limit' }>;

/** True where the failure is the account's, so that nothing of the key has to rest. */
export function bookAccountLimit({ lane, startedAt }: Attempted, verdict: Verdict, books: Books): boolean {
  const { deployment, key } = lane;
  const { accountLimit } = deployment.upstream;
  const { class: judged, hint } = verdict;
  if (accountLimit === undefined || !isAccountClass(judged)) return false;
  const at = now();
  const earned = (consecutive: number): number =>
    restFor(verdict, { consecutive, onlyLane: isOnlyUpstream(lane, books.pool) })?.duration ?? 0;
  const hintedUntil = hint === undefined ? undefined : at + earned(1);
  const failure = { key: key.number, class: judged, deployment: deployment.id, attemptStartedAt: startedAt, at };
  const finding = accountLimit.failed({ ...failure, hintedUntil });
  if (finding === undefined) return false;
  if (finding.kind === 'limit') {
    rest(lane, verdict, finding, { earned, books });
  } else if (hintedUntil !== undefined) {
    // As late as can be: it belongs to the rest that has begun, but a time that the upstream names is kept.
    const late = { reason: judged, attemptStartedAt: -Infinity, at, hinted: true, duration: earned };
    cooldownOf(lane, finding.deployment).offend(late);
  }
  return true;
}

interface Resting {
  /** The rest in milliseconds that the nth in a row earns. */
  readonly earned: Offence['duration'];
  readonly books: Books;
}

function rest(lane: Lane, verdict: Verdict, limit: Limit, { earned, books }: Resting): void {
  const { upstream } = lane.deployment;
  const { class: reason, message } = verdict;
  const at = now();
  const hints = limit.failures.flatMap(({ hintedUntil }) => hintedUntil ?? []);
  const longestHint = Math.max(0, ...hints) - at;
  const hinted = hints.length > 0;
  const cooldown = cooldownOf(lane, limit.deployment);
  const duration = cooldown.offend({
    reason,
    attemptStartedAt: at,
    at,
    hinted,
    duration: (run) => Math.max(longestHint, earned(run)),
  });
  for (const failure of limit.failures) pardon(failure, upstream, books);
  if (duration === undefined || !isAccountClass(reason)) return;
  const scope = limit.deployment === undefined ? 'upstream' : 'deployment';
  const about = { upstream: upstream.settings.name, deployment: limit.deployment, duration };
  books.events.emit('cooldown-started', { ...about, scope, key: undefined, reason, hinted });
  const keys = [...new Set(limit.failures.map(({ key }) => key))].toSorted((a, b) => a - b);
  const said = `${describe(reason, `${keys.length} of the ${upstream.keys.length} keys of ${upstream.settings.name}`)}: ${message}. `;
  const where = limit.deployment ?? upstream.settings.name;
  const told = `${said}That is one limit of the account: ${where} rests, and no key is blamed.`;
  books.events.emit('account-limited', { ...about, class: reason, keys, message: told });
}

function describe(reason: AccountClass, keys: string): string {
  switch (reason) {
    case 'rate-limited':
      return `Within ten seconds ${keys} have met a limit on the rate`;
    case 'quota':
      return `Within ten seconds the quota of ${keys} was found used up`;
    case 'credential':
      return `Within ten seconds ${keys} were rejected`;
  }
}

/** What the keys had earned each for itself is the account's. */
function pardon(
  { key: number, class: reason, deployment: id }: KeyFailure,
  { keys, settings }: Upstream,
  { pool, events }: Books,
): void {
  const key = keys[number - 1];
  if (key === undefined) return;
  const ofLane = reason === 'rate-limited';
  const lanes = pool.deployments.find((one) => one.id === id)?.lanes ?? [];
  const rested = ofLane ? lanes.find((lane) => isSameKey(lane.key, key)) : key;
  if (rested?.cooldown.pardon(reason, now()) !== true) return;
  const about = { upstream: settings.name, deployment: ofLane ? id : undefined };
  events.emit('cooldown-ended', { ...about, scope: ofLane ? 'lane' : 'key' });
}

function cooldownOf({ deployment }: Lane, scope: string | undefined): Cooldown {
  return scope === undefined ? deployment.upstream.cooldown : deployment.cooldown;
}

/** Nobody else serves the model, so there is little to lose by asking again. */
function isOnlyUpstream({ deployment }: Lane, { byModel }: Pool): boolean {
  return byModel.get(deployment.settings.model)?.length === 1;
}

function isAccountClass(judged: FailureClass): judged is AccountClass {
  return judged === 'rate-limited' || judged === 'quota' || judged === 'credential';
}
