/**
 * Where lanes find their limiter. One that nobody has configured is made when there is something to learn, so that a lane of
 * which nothing is known pays nothing.
 */
import { createLimiter, type Limiter, type LimiterSeams, type LimiterSettings } from './limiter.js';

export class LimiterPlace {
  readonly #settings: LimiterSettings;
  readonly #seams: LimiterSeams;
  #limiter: Limiter | undefined;

  constructor(settings: LimiterSettings, seams: LimiterSeams) {
    this.#settings = settings;
    this.#seams = seams;
    if (Object.values(settings).some((limit) => limit !== undefined)) this.made();
  }

  /** Undefined while nothing is configured or learned. */
  get limiter(): Limiter | undefined {
    return this.#limiter;
  }

  /** The limiter, made if there was none. */
  made(): Limiter {
    return (this.#limiter ??= createLimiter(this.#settings, this.#seams));
  }

  async close(): Promise<void> {
    await this.#limiter?.close();
  }
}
