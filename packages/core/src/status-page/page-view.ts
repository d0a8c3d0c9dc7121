/** What a status page says about certain components, or as a whole, and to whom it matters. */
import { readSummary, type PageNews } from './summary.js';

export class PageView {
  /** Names of the upstreams that look at it. */
  readonly upstreams = new Set<string>();
  readonly #components: readonly string[] | undefined;
  #news: PageNews | undefined;
  /** On the engine's clock. */
  #readAt: number | undefined;
  #failures = 0;
  #problem: string | undefined;

  constructor(components: readonly string[] | undefined) {
    this.#components = components;
  }

  get news(): PageNews | undefined {
    return this.#news;
  }

  get readAt(): number | undefined {
    return this.#readAt;
  }

  /** How often the page was there and could not be read. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the page could not be read the last time, where that failed: the last news stand then. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** `onChange` is told of what is new, and what stood there before. */
  read(body: string, at: number, onChange: (news: PageNews, before: PageNews | undefined) => void): void {
    const answer = readSummary(body, this.#components);
    this.#problem = answer.ok ? undefined : answer.problem;
    if (!answer.ok) {
      this.#failures += 1;
      return;
    }
    const before = this.#news;
    this.#news = answer.news;
    this.#readAt = at;
    if (isNews(answer.news, before)) onChange(answer.news, before);
  }

  /** The page is as it was when it was read. */
  confirm(at: number): void {
    if (this.#news !== undefined && this.#problem === undefined) this.#readAt = at;
  }
}

/** That a page is fine when it is read for the first time is none. */
function isNews({ indicator, incidents }: PageNews, before: PageNews | undefined): boolean {
  if (before === undefined) return indicator !== 'none' || incidents.length > 0;
  const isSame =
    incidents.length === before.incidents.length && incidents.every((one) => before.incidents.includes(one));
  return indicator !== before.indicator || !isSame;
}
