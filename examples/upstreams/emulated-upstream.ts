/** An upstream that speaks OpenAI's protocol, knows a few answers, and can be broken: from here, or by a request to it. */
import {
  answer,
  continueAnswer,
  createFaultyUpstream,
  fail,
  html,
  stream,
  type ReceivedRequest,
  type Reply,
} from '@ai-failover/testing';
import { ANSWERS, NO_ANSWER } from './answers.ts';
import type { Connection } from './open-upstreams.ts';

export interface EmulatedUpstream {
  readonly name: string;
  /** `POST …/break` and `POST …/mend` do what `break` and `mend` do. */
  readonly url: string;
  readonly connection: Connection;
  readonly broken: boolean;
  /** Cuts off whatever it is saying, and answers 503 from now on. */
  break(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Milliseconds: until an answer that is not streamed, and between the words of one that is. */
const LATENCY = 80;
const BETWEEN_WORDS = Number(process.env['BETWEEN_WORDS'] ?? '60');
/** Until the answer to `POST …/break` is on its way, so that it is not cut off itself. */
const BREAK_AFTER = 50;
/** More requests than this are not remembered. */
const REMEMBERED = 1_000;

/** Listens on a free port of 127.0.0.1. */
export async function startEmulation(name: string): Promise<EmulatedUpstream> {
  let broken = false;
  const server = await createFaultyUpstream({ script: replyTo });

  function replyTo(request: ReceivedRequest): Reply {
    if (server.requests.length > REMEMBERED) server.forget();
    switch (request.path) {
      case '/break':
        broken = true;
        setTimeout(breakNow, BREAK_AFTER).unref();
        return html(200, `${name} is broken\n`);
      case '/mend':
        broken = false;
        return html(200, `${name} is well\n`);
      case '/v1/chat/completions':
        return broken ? fail(503) : modelReply(request);
      default:
        return fail(404);
    }
  }

  function breakNow(): void {
    broken = true;
    server.disconnect('reset');
  }

  return {
    name,
    url: server.url,
    connection: { baseUrl: server.baseUrl, keys: [`key-of-emulated-${name}`] },
    get broken() {
      return broken;
    },
    break: breakNow,
    mend() {
      broken = false;
    },
    close: () => server.close(),
  };
}

interface Message {
  readonly role: string;
  readonly content: string;
}

function modelReply(request: ReceivedRequest): Reply {
  const fields = request.json();
  // Our engine has checked them, and a question of these examples is a text.
  const messages = fields['messages'] as readonly Message[];
  const begun = begunAnswer(messages);
  if (begun !== undefined) return continueAnswer(begun, { interval: BETWEEN_WORDS });
  const text = answerTo(messages.findLast(({ role }) => role === 'user')?.content ?? '');
  return fields['stream'] === true ? stream(text, { interval: BETWEEN_WORDS }) : answer(text).after(LATENCY);
}

/** The answer that the engine asks to go on with: the assistant's last words are of its middle. */
function begunAnswer(messages: readonly Message[]): string | undefined {
  const [said, asked] = messages.slice(-2);
  if (said?.role !== 'assistant' || asked?.role !== 'user' || !/\brepeat/i.test(asked.content)) return undefined;
  return [...ANSWERS.values(), NO_ANSWER].find((text) => text.includes(said.content));
}

function answerTo(question: string): string {
  for (const [words, text] of ANSWERS) if (words.test(question)) return text;
  return NO_ANSWER;
}
