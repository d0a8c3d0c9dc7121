/** What a status page says about certain components, or as a whole, and to whom it matters. */
import { readSummary, type PageNews } from './summary.js';

export class PageView {
  /** Names of the upstreams that look at it. */
  readonly upstreams = new Set<string>();
  readonly #components: readonly string[] | undefined;
  #news: PageNews | undefined;

  constructor(components: readonly string[] | undefined) {
    this.#components = components;
  }

  get news(): PageNews | undefined {
    return this.#news;
  }

  /** Why it cannot be read, if it cannot; the last news stand then. `onChange` is told what they were. */
  read(body: string, onChange: (news: PageNews, before: PageNews | undefined) => void): string | undefined {
    const answer = readSummary(body, this.#components);
    if (!answer.ok) return answer.problem;
    const before = this.#news;
    this.#news = answer.news;
    if (isNews(answer.news, before)) onChange(answer.news, before);
    return undefined;
  }
}

/** That a page is fine when it is read for the first time is none. */
function isNews({ indicator, incidents }: PageNews, before: PageNews | undefined): boolean {
  if (before === undefined) return indicator !== 'none' || incidents.length > 0;
  const isSame =
    incidents.length === before.incidents.length && incidents.every((one) => before.incidents.includes(one));
  return indicator !== before.indicator || !isSame;
}
