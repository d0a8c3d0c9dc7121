/** Puts the engine's events into sentences, for the terminal and the page alike. */
import type { EventName, FailoverEvents } from '@ai-failover/core';

export interface Sentence {
  /** How it is painted; `quiet` ones are left out where the traffic is shown anyway. */
  readonly tone: 'quiet' | 'failure' | 'failover' | 'rest' | 'circuit' | 'alarm' | 'canned';
  /** The same for what happens again and again, whatever the numbers in it. */
  readonly key: string;
  readonly text: string;
}

type Sentences = { readonly [Name in EventName]?: (event: FailoverEvents[Name]) => Sentence | undefined };

const SENTENCES: Sentences = {
  'attempt-failed': ({ deployment, key, message, class: judged }) => ({
    tone: 'failure',
    key: `${deployment} ${key} ${judged}`,
    text: `${deployment}, key ${key}: ${message}`,
  }),
  'call-answered': ({ deployment, attempts, failedOver, degraded }) => {
    const how = failedOver ? `answers instead, on attempt ${attempts}` : 'answers';
    const less = degraded === undefined ? '' : ', a lesser model than was asked';
    const tone = failedOver || degraded !== undefined ? 'failover' : 'quiet';
    return { tone, key: `${deployment} ${failedOver} ${degraded}`, text: `${deployment} ${how}${less}` };
  },
  'call-degraded': ({ degraded, reason, attempts }) =>
    degraded === 'canned'
      ? { tone: 'canned', key: 'canned', text: `canned reply, ${attempts} tried (${reason})` }
      : undefined, // Its call-answered says so.
  'call-failed': ({ kind, status }) => ({
    tone: 'alarm',
    key: `failed ${kind}`,
    text: `a call failed: ${kind}, HTTP ${status}`,
  }),
  'call-waiting': ({ reason, duration }) => ({
    tone: 'quiet',
    key: `waiting ${reason}`,
    text: `a call waits for ${seconds(duration)} (${reason})`,
  }),
  'cooldown-started': ({ upstream, deployment = upstream, key, reason, duration, hinted }) => {
    const who = key === undefined ? deployment : `${deployment}, key ${key}`;
    const asked = hinted ? ', as it was asked' : '';
    return {
      tone: 'rest',
      key: `rest ${who} ${reason}`,
      text: `${who} rests for ${seconds(duration)}${asked} (${reason})`,
    };
  },
  'cooldown-ended': ({ upstream, deployment = upstream }) => ({
    tone: 'rest',
    key: `woken ${deployment}`,
    text: `${deployment} was woken by hand`,
  }),
  'circuit-opened': ({ upstream, deployment = upstream, reason, openFor }) => ({
    tone: 'circuit',
    key: `opened ${deployment} ${reason}`,
    text: `the circuit of ${deployment} opens${openFor === undefined ? '' : ` for ${seconds(openFor)}`} (${reason})`,
  }),
  'circuit-half-opened': ({ upstream, deployment = upstream }) => ({
    tone: 'circuit',
    key: `half-opened ${deployment}`,
    text: `the circuit of ${deployment} is half open: a trial may go through`,
  }),
  'circuit-closed': ({ upstream, deployment = upstream }) => ({
    tone: 'circuit',
    key: `closed ${deployment}`,
    text: `the circuit of ${deployment} closes: it is well again`,
  }),
  'retry-budget-exhausted': ({ limit }) => ({
    tone: 'quiet',
    key: 'budget',
    text: `no more than ${limit} retries at once: the others go on without`,
  }),
  'credential-rejected': alarm,
  'upstream-misconfigured': alarm,
  'model-rejected': alarm,
  'quota-exhausted': alarm,
  'quota-low': alarm,
  'misuse-detected': alarm,
};

/** The sentence for an event; undefined for one that is not worth a line. */
export function sentenceFor<Name extends EventName>(name: Name, event: FailoverEvents[Name]): Sentence | undefined {
  return SENTENCES[name]?.(event);
}

function alarm({ message }: { readonly message: string }): Sentence {
  return { tone: 'alarm', key: message, text: `alarm: ${message}` };
}

function seconds(duration: number): string {
  return `${(duration / 1_000).toFixed(duration < 10_000 ? 1 : 0)} s`;
}
