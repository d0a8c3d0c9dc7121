/** Providers with limits that nobody has configured, as the public ones have them, on a virtual clock. */

/** What a request costs there. */
export interface Load {
  readonly prompt: number;
  /** As the request allows. */
  readonly maximum: number;
  /** As it comes to. */
  readonly answer: number;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A provider that counts. Times are milliseconds on the test's clock. */
export interface HiddenLimits {
  readonly name: string;
  /** Decides, and counts what it admits. */
  take(load: Load, at: number): Answered;
  /** What it says at this moment. */
  headers(at: number): Readonly<Record<string, string>>;
  /** The answer is whole. */
  finish?(load: Load, at: number): void;
  /** Others use the same key. */
  takeByOthers(load: Load, at: number): void;
  /** The share of what could have been used since `markAt` that was used by us and others. */
  used(at: number): number;
  /** From now on it is measured. */
  mark(at: number): void;
}

/** A bucket that refills evenly, or a window that is reset all at once. */
export interface Pail {
  readonly limit: number;
  left(at: number): number;
  take(amount: number, at: number): void;
  /** Milliseconds until it is full, or the next window. */
  resetIn(at: number): number;
  /** Milliseconds until `amount` fits. */
  waitFor(amount: number, at: number): number;
  mark(at: number): void;
  /** Of what there was to use since the mark, in whole windows where there are windows. */
  used(at: number): number;
}

export function createBucketPail(limit: number, period = 60_000, capacity = limit): Pail {
  const rate = limit / period;
  let level = capacity;
  let last = 0;
  let taken = 0;
  let marked = { at: 0, level: capacity };
  const fill = (at: number): void => {
    level = Math.min(capacity, level + (at - last) * rate);
    last = at;
  };
  return {
    limit: capacity,
    left(at) {
      fill(at);
      return level;
    },
    take(amount, at) {
      fill(at);
      level -= amount;
      taken += amount;
    },
    resetIn(at) {
      fill(at);
      return (capacity - level) / rate;
    },
    waitFor(amount, at) {
      fill(at);
      return Math.max(0, (amount - level) / rate);
    },
    mark(at) {
      fill(at);
      taken = 0;
      marked = { at, level };
    },
    used: (at) => taken / (marked.level + (at - marked.at) * rate),
  };
}

export function createWindowPail(limit: number, phase: number, period = 60_000): Pail {
  const windows = new Map<number, number>();
  const windowOf = (at: number): number => Math.floor((at + phase) / period);
  const usedIn = (window: number): number => windows.get(window) ?? 0;
  const resetIn = (at: number): number => period - ((at + phase) % period);
  let firstWhole = 0;
  return {
    limit,
    left: (at) => limit - usedIn(windowOf(at)),
    take: (amount, at) => void windows.set(windowOf(at), usedIn(windowOf(at)) + amount),
    resetIn,
    waitFor(amount, at) {
      return limit - usedIn(windowOf(at)) >= amount ? 0 : resetIn(at);
    },
    mark(at) {
      firstWhole = windowOf(at) + 1;
    },
    used(at) {
      let taken = 0;
      for (let window = firstWhole; window < windowOf(at); window += 1) taken += usedIn(window);
      return taken / (limit * (windowOf(at) - firstWhole));
    },
  };
}

interface Counted {
  readonly pail: Pail;
  readonly cost: (load: Load) => number;
}

/** What a provider says of its limits. */
export interface Telling {
  /** Of every answer. */
  headers(at: number): Record<string, string>;
  /** Of a 429 beside. */
  refusal(wait: number): Record<string, string>;
}

/** Admits a request when all its pails do. */
export function createHiddenLimits(name: string, counted: readonly Counted[], telling: Telling): HiddenLimits {
  const take = (load: Load, at: number): void => {
    for (const { pail, cost } of counted) pail.take(cost(load), at);
  };
  return {
    name,
    take(load, at) {
      const wait = Math.max(...counted.map(({ pail, cost }) => pail.waitFor(cost(load), at)));
      if (wait > 0) return { status: 429, headers: { ...telling.headers(at), ...telling.refusal(wait) } };
      take(load, at);
      return { status: 200, headers: telling.headers(at) };
    },
    headers: telling.headers,
    takeByOthers(load, at) {
      if (counted.every(({ pail, cost }) => pail.waitFor(cost(load), at) <= 0)) take(load, at);
    },
    mark: (at) => counted.forEach(({ pail }) => pail.mark(at)),
    used: (at) => Math.max(...counted.map(({ pail }) => pail.used(at))),
  };
}

const requests = (pail: Pail): Counted => ({ pail, cost: () => 1 });
const tokens = (pail: Pail): Counted => ({ pail, cost: ({ prompt, maximum }) => prompt + maximum });

/** `6m0s`, `1.25s`, `20ms`. */
function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.ceil(milliseconds)}ms`;
  const minutes = Math.floor(milliseconds / 60_000);
  const seconds = Math.ceil((milliseconds % 60_000) / 10) / 100;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** OpenAI's: buckets of a minute, resets as durations until they are full. */
export function likeOpenAI(requestsPerMinute: number, tokensPerMinute: number): HiddenLimits {
  const pails = {
    requests: createBucketPail(requestsPerMinute),
    tokens: createBucketPail(tokensPerMinute),
  };
  return createHiddenLimits('buckets with headers', [requests(pails.requests), tokens(pails.tokens)], {
    headers: (at) =>
      Object.fromEntries(
        Object.entries(pails).flatMap(([kind, pail]) => [
          [`x-ratelimit-limit-${kind}`, String(pail.limit)],
          [`x-ratelimit-remaining-${kind}`, String(Math.max(0, Math.floor(pail.left(at))))],
          [`x-ratelimit-reset-${kind}`, duration(pail.resetIn(at))],
        ]),
      ),
    refusal: (wait) => ({ 'retry-after-ms': String(Math.ceil(wait)) }),
  });
}

/** Azure's and others': windows of a minute, resets in whole seconds. */
export function likeWindows(requestsPerMinute: number, tokensPerMinute: number, phase: number): HiddenLimits {
  const pails = {
    requests: createWindowPail(requestsPerMinute, phase),
    tokens: createWindowPail(tokensPerMinute, phase),
  };
  return createHiddenLimits('windows with headers', [requests(pails.requests), tokens(pails.tokens)], {
    headers: (at) =>
      Object.fromEntries(
        Object.entries(pails).flatMap(([kind, pail]) => [
          [`x-ratelimit-limit-${kind}`, String(pail.limit)],
          [`x-ratelimit-remaining-${kind}`, String(Math.max(0, Math.floor(pail.left(at))))],
          [`x-ratelimit-reset-${kind}`, String(Math.ceil(pail.resetIn(at) / 1000))],
        ]),
      ),
    refusal: (wait) => ({ 'retry-after': String(Math.ceil(wait / 1000)) }),
  });
}

/** Anthropic's: buckets for requests, prompts and answers, resets as times; what an answer did not use comes back at its end. */
export function likeAnthropic(requestsPerMinute: number, input: number, output: number, epoch: number): HiddenLimits {
  const pails = {
    requests: createBucketPail(requestsPerMinute),
    'input-tokens': createBucketPail(input),
    'output-tokens': createBucketPail(output),
  };
  const counted: Counted[] = [
    requests(pails.requests),
    { pail: pails['input-tokens'], cost: ({ prompt }) => prompt },
    { pail: pails['output-tokens'], cost: ({ maximum }) => maximum },
  ];
  const limits = createHiddenLimits('buckets with times', counted, {
    headers: (at) =>
      Object.fromEntries(
        Object.entries(pails).flatMap(([kind, pail]) => [
          [`anthropic-ratelimit-${kind}-limit`, String(pail.limit)],
          [`anthropic-ratelimit-${kind}-remaining`, String(Math.max(0, Math.floor(pail.left(at))))],
          [`anthropic-ratelimit-${kind}-reset`, wholeSecond(epoch + at + pail.resetIn(at))],
        ]),
      ),
    refusal: (wait) => ({ 'retry-after': String(Math.ceil(wait / 1000)) }),
  });
  return {
    ...limits,
    finish({ maximum, answer }, at) {
      pails['output-tokens'].take(answer - maximum, at);
    },
  };
}

function wholeSecond(epoch: number): string {
  return new Date(Math.ceil(epoch / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

/** Says nothing until it refuses, and then when to come back. */
export function likeHintsOnly(pail: Pail): HiddenLimits {
  return createHiddenLimits('429 with retry-after', [requests(pail)], {
    headers: () => ({}),
    refusal: (wait) => ({ 'retry-after': String(Math.ceil(wait / 1000)) }),
  });
}

/** Says nothing at all. */
export function likeSilence(pail: Pail): HiddenLimits {
  return createHiddenLimits('429 without a word', [requests(pail)], { headers: () => ({}), refusal: () => ({}) });
}
