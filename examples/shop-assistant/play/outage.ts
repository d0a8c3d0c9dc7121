/** The outage, phase by phase. */
import type { Fault } from '../stage/upstream.ts';

export interface Phase {
  readonly title: string;
  /** What to look for, in a sentence or two. */
  readonly explanation: string;
  /** Upstreams and how they are broken; they are mended at the end of the phase. */
  readonly broken: Readonly<Record<string, Fault>>;
  /** Nothing but a person can end the rest of a refused key: whoever renews it says so. */
  readonly wakeAfterwards?: true;
}

export const OUTAGE: readonly Phase[] = [
  {
    title: 'all is well',
    explanation: 'north has priority 1 and answers everything.',
    broken: {},
  },
  {
    title: 'north answers 503',
    explanation:
      'Each call moves on to the same model at south, at once. After five failures in a row the circuit of gpt-4.1@north opens: it is not asked any more, but for a trial now and then.',
    broken: { north: 'overloaded' },
  },
  {
    title: 'north falls silent',
    explanation:
      'It takes requests and never answers. Nothing can be known of an unstreamed answer before it ends, so its limit is long: ' +
      '30 s + 25 ms per output token by default, 1.5 s in this demo. It is asked once per call, never twice.',
    broken: { north: 'silent' },
  },
  {
    title: 'north and south answer 429',
    explanation:
      'Both say "retry-after: 1" and are left alone for that long. No gpt-4.1 is left, so the chain steps down to deepseek-v3.2 at budget.',
    broken: { north: 'rate-limited', south: 'rate-limited' },
  },
  {
    title: "one of north's keys is refused",
    explanation: 'Its other key takes over and no shopper notices. Somebody has to mend the key, so there is an alarm.',
    broken: { north: 'wrong-key' },
    wakeAfterwards: true,
  },
  {
    title: 'everything is down',
    explanation:
      'Nothing is left to ask. Every shopper gets the canned reply in their own language, and nobody gets an error.',
    broken: { north: 'overloaded', south: 'refused', budget: 'overloaded' },
  },
  {
    title: 'recovery',
    explanation: 'All upstreams are well again.',
    broken: {},
  },
];
