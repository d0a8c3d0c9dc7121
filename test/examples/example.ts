/** An example as a reader starts it: by its one command, as a process of its own. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

export interface Example {
  /** The first address that it prints behind "at". */
  readonly url: string;
  /** What it has printed so far. */
  readonly output: () => string;
  /** Where its emulated upstreams are told what to do: `http://127.0.0.1:PORT`. */
  emulation(name: 'north' | 'south'): string;
  /** As Ctrl-C does. It ends by itself, and has not complained. */
  stop(): Promise<void>;
}

/** Runs another of an example's commands to its end; what it prints. */
export async function runScript(
  name: string,
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const child = launch(name, script, environment);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(errors).toBe('');
  return output;
}

/** @param environment whatever upstreams the machine's own environment names are left out */
export async function startExample(name: string, environment: Readonly<Record<string, string>> = {}): Promise<Example> {
  const child = launch(name, 'start', environment);
  const errors = text(child.stderr);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  let output = '';
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      output += piece;
      const found = / at (http:\S*[^\s,.])/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    void closed.then(async () => reject(new Error(`${name} ended: ${await errors}`)));
  });

  async function stop(): Promise<void> {
    child.kill('SIGINT');
    expect([await closed, await errors]).toEqual([0, '']);
  }
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return {
    url: await url,
    output: () => output,
    emulation(upstream) {
      const found = new RegExp(`^${upstream} is emulated.*?(http://\\S+)/break`, 'm').exec(output)?.[1];
      if (found === undefined) throw new Error(`${upstream} is not emulated`);
      return found;
    },
    stop,
  };
}

/** Asks in JSON. */
export function post(url: string, body: object = {}, headers: object = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify(body),
  });
}

function launch(name: string, script: string, environment: Readonly<Record<string, string>>) {
  const folder = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const { scripts } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { scripts: Record<string, string> };
  const [command, ...args] = scripts[script]?.split(' ') ?? [];
  expect(command).toBe('node');
  const { PATH = '' } = process.env;
  return spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH, PORT: '0', BETWEEN_WORDS: '10', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
