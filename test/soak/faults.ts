/** Upstreams that mostly answer, and fail in every way they know of; seeded, so that a run can be repeated. */
import {
  close,
  continueAnswer,
  createFaultyUpstream,
  fail,
  hang,
  headersThenHang,
  html,
  reset,
  sse,
  type FaultyUpstream,
  type Reply,
} from '@ai-failover/testing';
import type { Dice } from '../setup/dice.ts';

/** What every upstream wants to say: long enough to be cut, with characters of every length in UTF-8. */
export const ANSWER = Array.from({ length: 60 }, (_, index) => `wörd-${index + 1}${index % 7 === 0 ? '🙂' : ''}`).join(
  ' ',
);

type Fault = (dice: Dice) => Reply;

const good: Fault = (dice) => continueAnswer(ANSWER, { interval: dice() < 0.1 ? 1 : 0 });

const ANY_TIME: readonly Fault[] = [
  () => fail(500),
  () => fail(503),
  () => fail(429, { headers: { 'retry-after-ms': '40' } }),
  () => fail(429),
  () => reset(),
  () => close(),
  () => hang(),
  () => headersThenHang(),
  () => html(),
  () => sse([{ data: '[DONE]' }]),
  () => sse([{ data: { error: { message: 'overloaded', type: 'overloaded_error', code: 'overloaded_error' } } }]),
  () => continueAnswer(ANSWER, { prefill: 'refuse' }),
];

/** Of an answer that streams from its beginning. */
const IN_A_STREAM: readonly Fault[] = [
  (dice) => continueAnswer(ANSWER).closeAfter({ events: somewhere(dice) }),
  (dice) => continueAnswer(ANSWER).resetAfter({ events: somewhere(dice) }),
  (dice) => continueAnswer(ANSWER).stallAfter({ events: somewhere(dice) }),
  (dice) => continueAnswer(ANSWER).errorAfter({ events: somewhere(dice) }),
  () => continueAnswer(ANSWER).cutInsideCharacter(),
  () => continueAnswer(ANSWER).splitCharacters(),
  () => continueAnswer(ANSWER, { done: false }),
];

/** One of its events; the first is the role. */
function somewhere(dice: Dice): number {
  return 1 + Math.floor(dice() * 59);
}

/** A share of `faults` of its answers goes wrong. */
export function startUpstream(dice: Dice, faults: number): Promise<FaultyUpstream> {
  return createFaultyUpstream({
    script: (request) => {
      if (dice() >= faults) return good(dice);
      const { stream, messages } = request.json();
      const begins = stream === true && Array.isArray(messages) && messages.length === 1;
      const possible = begins && dice() < 0.6 ? IN_A_STREAM : ANY_TIME;
      return (possible[Math.floor(dice() * possible.length)] ?? good)(dice);
    },
  });
}
