/** Shoppers who ask at a steady pace, over HTTP as any browser would, and what they got. */
import type { ChatAnswer } from '../app.ts';

/** What one shopper got. */
export interface Outcome {
  /** HTTP 200 with a text; everything else is a shopper who was left without an answer. */
  readonly answered: boolean;
  /** An upstream's name, or `canned`; undefined when nobody answered. */
  readonly by: string | undefined;
  readonly canned: boolean;
  readonly downgraded: boolean;
  /** Another deployment had been asked before the one that answered. */
  readonly failedOver: boolean;
  /** Milliseconds until the answer was there, as the shopper saw it. */
  readonly duration: number;
}

/** Nobody looks at a page for longer. */
const PATIENCE = 20_000;

const QUESTIONS: readonly (readonly [language: string, question: string])[] = [
  ['en', 'Can I return a saddle that I have used once?'],
  ['de', 'Wie lange dauert die Lieferung?'],
  ['en', 'Which tyres would you take on gravel?'],
  ['fr', 'Quel vélo conseillez-vous pour la ville ?'],
  ['zh', '几天能送到？'],
];

export class Traffic {
  readonly #url: string;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #asked = 0;

  /** @param url of the shop */
  constructor(url: string) {
    this.#url = url;
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** One shopper after another, whether or not those before have their answers. */
  start(callsPerSecond: number, onOutcome: (outcome: Outcome) => void = () => {}): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      const call = this.#ask().then(onOutcome);
      this.#underWay.add(call);
      void call.finally(() => this.#underWay.delete(call));
    }, 1_000 / callsPerSecond);
  }

  /** No more shoppers; resolves when all of them have their answers. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#underWay);
  }

  async #ask(): Promise<Outcome> {
    const [language = 'en', question = ''] = QUESTIONS[this.#asked++ % QUESTIONS.length] ?? [];
    const startedAt = performance.now();
    const answer = await this.#send(language, question).catch(() => undefined);
    return outcomeOf(answer, performance.now() - startedAt);
  }

  async #send(language: string, question: string): Promise<ChatAnswer | undefined> {
    const response = await fetch(`${this.#url}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': language },
      body: JSON.stringify({ question }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const body: unknown = await response.json();
    return response.status === 200 ? (body as ChatAnswer) : undefined;
  }
}

function outcomeOf(answer: ChatAnswer | undefined, duration: number): Outcome {
  const answered = typeof answer?.text === 'string' && answer.text.trim() !== '';
  const last = answer?.attempts.at(-1);
  const canned = answer?.degraded === 'canned';
  return {
    answered,
    by: answered ? (canned ? 'canned' : last?.upstream) : undefined,
    canned,
    downgraded: answer?.degraded === 'downgraded',
    failedOver: !canned && answer?.attempts.some(({ deployment }) => deployment !== answer.deployment) === true,
    duration,
  };
}
