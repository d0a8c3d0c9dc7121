/**
 * Limits that nobody has configured are found out: before each kind of provider, with more demand than it takes, nearly all of
 * its capacity is used and nearly nobody is refused. `LIMITS_REPORT=1` prints the figures, `LIMITS_SEEDS=8` tries more seeds.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createBucketPail,
  createWindowPail,
  likeAnthropic,
  likeHintsOnly,
  likeOpenAI,
  likeSilence,
  likeWindows,
  type HiddenLimits,
} from './hidden-limits.ts';
import { simulate, type Figures, type Simulation } from './simulation.ts';

// Minutes are simulated; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Requests a minute that one upstream takes, as far as it counts those. */
const LIMIT = 300;
const MINUTES = 8;
const SEEDS = Array.from({ length: Number(process.env['LIMITS_SEEDS'] ?? 1) }, (_, index) => index + 1);
const LOOSE = LIMIT * 2_000;

interface Kind {
  readonly name: string;
  readonly make: (index: number) => HiddenLimits;
  readonly provider?: 'anthropic';
  readonly headersAt?: 'answer';
  readonly streamed?: boolean;
}

/** The windows of two upstreams do not begin together. */
const phase = (index: number): number => 7_000 * (index + 1);

// What a request costs on average is 480 tokens: 205 of prompt and up to 275 of answer, of which 180 come.
const KINDS: readonly Kind[] = [
  { name: 'buckets of requests, headers of OpenAI', make: () => likeOpenAI(LIMIT, LOOSE) },
  { name: 'buckets of tokens, headers of OpenAI', make: () => likeOpenAI(2 * LIMIT, 480 * LIMIT) },
  { name: 'the same, streamed', make: () => likeOpenAI(2 * LIMIT, 480 * LIMIT), streamed: true },
  { name: 'the same, written with the answer', make: () => likeOpenAI(2 * LIMIT, 480 * LIMIT), headersAt: 'answer' },
  { name: 'windows of requests, headers in seconds', make: (index) => likeWindows(LIMIT, LOOSE, phase(index)) },
  { name: 'windows of tokens, headers in seconds', make: (index) => likeWindows(2 * LIMIT, 480 * LIMIT, phase(index)) },
  {
    name: 'the same, written with the answer',
    make: (index) => likeWindows(2 * LIMIT, 480 * LIMIT, phase(index)),
    headersAt: 'answer',
  },
  {
    name: 'buckets of prompt tokens, headers of Anthropic',
    make: () => likeAnthropic(2 * LIMIT, 205 * LIMIT, LOOSE, Date.now()),
    provider: 'anthropic',
  },
  {
    name: 'buckets of answer tokens, headers of Anthropic',
    make: () => likeAnthropic(2 * LIMIT, LOOSE, 180 * LIMIT, Date.now()),
    provider: 'anthropic',
  },
  { name: 'buckets, no headers, 429 with retry-after', make: () => likeHintsOnly(createBucketPail(LIMIT)) },
  {
    name: 'windows, no headers, 429 with retry-after',
    make: (index) => likeHintsOnly(createWindowPail(LIMIT, phase(index))),
  },
  { name: 'buckets, no headers, no hints', make: () => likeSilence(createBucketPail(LIMIT)) },
  { name: 'windows, no headers, no hints', make: (index) => likeSilence(createWindowPail(LIMIT, phase(index))) },
];

function simulationOf({ make, provider, headersAt, streamed = false }: Kind, priorities: readonly number[]) {
  return {
    upstreams: priorities.map((priority, index) => ({
      limits: make(index),
      options: { priority, ...(provider && { provider }) },
    })),
    minutes: MINUTES,
    streamed,
    ...(headersAt && { headersAt }),
  } satisfies Partial<Simulation>;
}

describe.each(KINDS)('of $name', (kind) => {
  it.each(SEEDS)('are used to 95 % at a demand of 1.5 times both, seed %d', async (seed) => {
    const figures = await simulate({ ...simulationOf(kind, [1, 1]), demand: 3 * LIMIT, seed });
    report(`${kind.name}, 1.5 x both`, seed, figures);
    const [one = 0, other = 0] = figures.used;
    expect((one + other) / 2).toBeGreaterThanOrEqual(0.95);
    expect(figures.refused / figures.attempts).toBeLessThan(0.01);
  });

  it.each(SEEDS.slice(-1))(
    'are used to 95 % by a demand of 1.5 times one, and nobody goes without, seed %d',
    async (seed) => {
      const figures = await simulate({ ...simulationOf(kind, [1, 2]), demand: 1.5 * LIMIT, seed });
      report(`${kind.name}, 1.5 x one`, seed, figures);
      expect(figures.used[0]).toBeGreaterThanOrEqual(0.95);
      expect(figures.refused / figures.attempts).toBeLessThan(0.01);
      expect(figures.answered / figures.calls).toBeGreaterThan(0.99);
    },
  );
});

describe('while others use the same key', () => {
  it.each(KINDS.slice(0, 2))('$name: hardly anybody is refused', async (kind) => {
    const simulation = simulationOf(kind, [1, 1]);
    const upstreams = simulation.upstreams.map((one) => ({ ...one, others: 0.3 * LIMIT }));
    const figures = await simulate({ ...simulation, upstreams, demand: 3 * LIMIT, seed: 1 });
    report(`${kind.name}, others take 0.3`, 1, figures);
    expect(figures.used.every((share) => share > 0.95)).toBe(true);
    expect(figures.refused / figures.attempts).toBeLessThan(0.01);
  });
});

describe('what is learned', () => {
  it('makes the difference: without it the same demand is refused again and again', async () => {
    const [kind] = KINDS;
    if (kind === undefined) throw new Error('there is no such kind');
    const options = { learnLimits: false };
    const figures = await simulate({ ...simulationOf(kind, [1, 1]), demand: 3 * LIMIT, seed: 1, options });
    report(`${kind.name}, learnLimits: false`, 1, figures);
    expect(figures.learned).toEqual([]);
    expect(figures.refused / figures.attempts).toBeGreaterThan(0.01);
  });

  it('is told once for each limit, not with each call', async () => {
    const [kind] = KINDS;
    if (kind === undefined) throw new Error('there is no such kind');
    const { learned } = await simulate({ ...simulationOf(kind, [1, 1]), demand: 3 * LIMIT, seed: 1 });
    expect(learned.map(({ upstream, kind: of, limit }) => `${upstream} ${of} ${limit}`).toSorted()).toEqual(
      ['U0', 'U1'].flatMap((name) => [`${name} requests ${LIMIT}`, `${name} tokens ${LOOSE}`]),
    );
  });
});

function report(name: string, seed: number, { refused, attempts, used, answered, calls }: Figures): void {
  if (process.env['LIMITS_REPORT'] === undefined) return;
  const shares = used.map((share) => (100 * share).toFixed(1)).join(' and ');
  const of429 = ((100 * refused) / attempts).toFixed(2);
  const answers = ((100 * answered) / calls).toFixed(1);
  process.stdout.write(
    `${name}, seed ${seed}: used ${shares} %, 429 ${of429} % of ${attempts}, answered ${answers} %\n`,
  );
}
