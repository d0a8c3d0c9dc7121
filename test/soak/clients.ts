/** Clients that ask in every way there is, and leave when they like. What each of them got is told as one word. */
import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Failover } from '@ai-failover/core';
import type { Dice } from '../setup/dice.ts';
import { ANSWER } from './faults.ts';

export const CANNED = 'Bitte später noch einmal.';

/** `whole`: the answer; `canned`; `refused`: an error with a status, or an error frame; `left`: the client has gone. */
export type Got = 'whole' | 'canned' | 'refused' | 'left';

export interface Surroundings {
  readonly failover: Failover;
  /** Of the application. */
  readonly port: number;
  readonly agent: Agent;
  readonly dice: Dice;
}

type Client = (surroundings: Surroundings) => Promise<Got>;

const MESSAGES = [{ role: 'user', content: 'Erzähl.' }];

/** A share of clients that leave within 40 ms. */
const LEAVING = 0.15;

export const CLIENTS: readonly Client[] = [
  (around) => overHttp(around, '/v1/chat/completions', { messages: MESSAGES, stream: true }),
  (around) => overHttp(around, '/v1/chat/completions', { messages: MESSAGES, stream: true }),
  (around) => overHttp(around, '/v1/chat/completions', { messages: MESSAGES }),
  (around) => overHttp(around, '/respond', { messages: MESSAGES, stream: true }),
  (around) => overHttp(around, '/chat', { messages: MESSAGES }),
  iterate,
  gather,
];

/** Everything that is not one of the answers is a lie, and ends the soak. */
function judge(text: string): Got {
  if (text === ANSWER) return 'whole';
  if (text === CANNED) return 'canned';
  throw new Error(`an answer that nobody gave was called complete: ${JSON.stringify(text)}`);
}

async function overHttp({ port, agent, dice }: Surroundings, path: string, body: object): Promise<Got> {
  const leavesAfter = dice() < LEAVING ? dice() * 40 : undefined;
  const slow = dice() < 0.05;
  const headers = { 'content-type': 'application/json' };
  const request = httpRequest({ host: '127.0.0.1', port, path, method: 'POST', agent, headers });
  const leaving = leavesAfter === undefined ? undefined : setTimeout(() => request.destroy(), leavesAfter);
  try {
    request.end(JSON.stringify(body));
    const response = await responseTo(request);
    const text = await readAll(response, slow);
    if (response.statusCode !== 200) return 'refused';
    return 'stream' in body ? judgeEvents(text) : judge(contentOf(JSON.parse(text)));
  } catch (error) {
    if (request.destroyed && leavesAfter !== undefined && isGone(error)) return 'left';
    throw error;
  } finally {
    clearTimeout(leaving);
  }
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
}

async function readAll(response: IncomingMessage, slow: boolean): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) {
    pieces.push(piece as Buffer);
    if (slow) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Complete with `[DONE]`; without it there has to be an error frame. */
function judgeEvents(text: string): Got {
  const events = text.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice(6)] : []));
  if (events.at(-1) === '[DONE]') return judge(events.slice(0, -1).map(deltaOf).join(''));
  const last: unknown = JSON.parse(events.at(-1) ?? 'null');
  if (typeof last === 'object' && last !== null && 'error' in last) return 'refused';
  throw new Error(`a stream ended without [DONE] and without an error: …${JSON.stringify(text.slice(-200))}`);
}

interface Choices {
  readonly choices: readonly { readonly delta?: { content?: string }; readonly message?: { content?: string } }[];
}

function deltaOf(event: string): string {
  return (JSON.parse(event) as Choices).choices[0]?.delta?.content ?? '';
}

function contentOf(completion: unknown): string {
  return (completion as Choices).choices[0]?.message?.content ?? '';
}

/** Reads a stream of the engine; now and then leaves the loop, or aborts it. */
async function iterate({ failover, dice }: Surroundings): Promise<Got> {
  const leaving = dice() < LEAVING;
  const until = Math.floor(dice() * 60);
  const controller = new AbortController();
  const aborting = leaving && dice() < 0.5 ? setTimeout(() => controller.abort(), dice() * 40) : undefined;
  try {
    let text = '';
    let seen = 0;
    for await (const { choices } of await failover.stream({ messages: MESSAGES }, { signal: controller.signal })) {
      text += choices[0]?.delta.content ?? '';
      seen += 1;
      if (leaving && seen > until) return 'left';
    }
    return judge(text);
  } catch (error) {
    if (controller.signal.aborted) return 'left';
    return refusedBy(error);
  } finally {
    clearTimeout(aborting);
  }
}

async function gather({ failover }: Surroundings): Promise<Got> {
  try {
    return judge((await failover.chat({ messages: MESSAGES }, { streamInside: true })).text);
  } catch (error) {
    return refusedBy(error);
  }
}

function refusedBy(error: unknown): Got {
  if (error instanceof Error && error.name === 'CallError') return 'refused';
  throw error;
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}
