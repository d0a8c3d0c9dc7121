/** Saves again and again, one after the other, and tells when it does not work. */
import { errorCode, LARGEST_FILE } from './state-file.js';

export interface SaverSeams {
  /** Milliseconds. */
  readonly interval: number;
  /** What would be saved now: the same while nothing has changed. */
  readonly body: () => string;
  /** With what is only true at this moment. */
  readonly textOf: (body: string) => string;
  readonly write: (text: string) => Promise<void>;
  /** Once, until it has worked again. */
  readonly onFailure: (reason: string) => void;
}

export interface Saver {
  /** Saves a last time. Leaves no timer. Never rejects. */
  close(): Promise<void>;
}

/** Nothing is saved before something has changed. */
export function createSaver({ interval, body, textOf, write, onFailure }: SaverSeams): Saver {
  let saved = body();
  let saving: Promise<void> | undefined;
  let failing = false;

  async function save(current: string): Promise<void> {
    try {
      const text = textOf(current);
      if (text.length > LARGEST_FILE || Buffer.byteLength(text) > LARGEST_FILE) throw new TooLarge();
      await write(text);
      saved = current;
      failing = false;
    } catch (error) {
      if (!failing) onFailure(error instanceof TooLarge ? 'too-large' : errorCode(error));
      failing = true;
    }
  }

  const timer = setInterval(() => {
    if (saving !== undefined) return;
    const current = body();
    if (current === saved) return;
    saving = save(current).finally(() => (saving = undefined));
  }, interval);
  timer.unref();

  return {
    async close() {
      clearInterval(timer);
      // Of this moment: while another is being saved, the pool may be taken apart.
      const last = body();
      await saving;
      await save(last);
    },
  };
}

class TooLarge extends Error {}
