/** What the user writes about health: how upstreams and models are asked, beside calls, whether they are well. */

/** What a probe of the application's own is told. */
export interface ProbeContext {
  /** The upstream's name. */
  readonly upstream: string;
  /** The upstream's own name of the model; missing where the function does not stand on a model. */
  readonly model: string | undefined;
  readonly baseUrl: string;
  /** Aborted when the time is over, and by `close()`. */
  readonly signal: AbortSignal;
}

/** A probe of the application's own: it has failed when it throws, rejects or says `false`. */
export type ProbeFunction = (context: ProbeContext) => boolean | void | Promise<boolean | void>;

/**
 * How health is probed. The nearest wins: model, upstream, whole; `false` in its place switches it off. Nothing is sent where
 * calls have just succeeded.
 */
export interface HealthOptions {
  /**
   * What is asked: the list of models, once for all models of an upstream (`'models'`, or `'head'` for its head alone); each model
   * for one token (`'chat'`, which costs money); or a function of the application's own. @default 'models'
   */
  probe?: 'models' | 'head' | 'chat' | ProbeFunction;
  /** Between two probes; up to 10 % more or less. @default 10_000 */
  interval?: number;
  /** The same while others of the pool are being called and this one is not. @default 5_000 */
  busyInterval?: number;
  /** What it grows to while nothing at all is called: as long as the quiet has lasted, and not longer than this. @default 60_000 */
  idleInterval?: number;
  /** For one probe. @default 5_000 */
  timeout?: number;
  /** Failed probes in a row that make it unhealthy. @default 3 */
  fall?: number;
  /** Successful probes in a row that end that. @default 2 */
  rise?: number;
  /** `'chat'`, where the model's price is known: dollars a day for each model of an upstream at most. @default 0.1 */
  maxCostPerDay?: number;
  /** `'chat'`: probes a day for each model of an upstream at most. @default 500 */
  maxProbesPerDay?: number;
}
