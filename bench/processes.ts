/** Starts the parts of a benchmark as processes of their own, so that each one's CPU time can be told apart. */
import { fork, type ChildProcess } from 'node:child_process';
import type { Server } from 'node:http';

export interface Part {
  /** `http://127.0.0.1:PORT`, or the path of a Unix socket. */
  readonly url: string;
  /** Asks the part a question and waits for its answer. */
  ask(question: string): Promise<unknown>;
  stop(): void;
}

export async function startPart(file: string, environment: Record<string, string> = {}): Promise<Part> {
  const child = fork(new URL(file, import.meta.url), { env: { ...process.env, ...environment } });
  const url = String(await nextMessage(child));
  return {
    url,
    async ask(question) {
      child.send(question);
      return nextMessage(child);
    },
    stop: () => {
      child.kill();
    },
  };
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void => reject(new Error(`a part of the benchmark exited with ${code}`));
    child.once('exit', exited);
    child.once('message', (message) => {
      child.off('exit', exited);
      resolve(message);
    });
  });
}

/** In the part: tells the starter where it listens. */
export function reportAddress(server: Server): void {
  const address = server.address();
  if (address === null) throw new Error('no address');
  process.send?.(typeof address === 'string' ? address : `http://127.0.0.1:${address.port}`);
}

/** In the part: answers the starter's questions. */
export function answerQuestions(answer: (question: string) => Promise<unknown>): void {
  process.on('message', (question) => {
    void answer(String(question)).then((message) => process.send?.(message));
  });
}
