/**
 * The shop's web application: Express as you would write it, and one line that keeps its assistant answering.
 * Nothing in here knows that anything can fail.
 */
import { fileURLToPath } from 'node:url';
import { aiFailover, CallError, type ChatReply, type Failover, type FailoverOptions } from '@ai-failover/express';
import express, { type ErrorRequestHandler, type Express } from 'express';

export interface Shop {
  readonly app: Express;
  /** The engine, for whoever wants to listen to it and has to close it. */
  readonly failover: Failover;
}

/** What `POST /chat` answers. A real shop would send `text` alone; the page of this one shows how the answer came about. */
export interface ChatAnswer {
  readonly text: string;
  /** `model@upstream`; missing for a canned reply. */
  readonly deployment?: string | undefined;
  readonly model?: string | undefined;
  readonly degraded?: ChatReply['failover']['degraded'];
  /** Everybody who was asked, in order. */
  readonly attempts: ChatReply['failover']['attempts'];
}

const ROLE =
  'You are the assistant of a small bicycle shop. Answer in two friendly sentences, in the language of the question.';
const PAGE = fileURLToPath(new URL('page', import.meta.url));

export function createShop(options: FailoverOptions): Shop {
  const ai = aiFailover(options);
  const app = express();

  app.use(express.static(PAGE, { index: 'page.html' }));
  app.use(express.json());
  app.use(ai);

  app.post('/chat', async (req, res) => {
    const reply = await req.ai.chat({
      messages: [
        { role: 'system', content: ROLE },
        { role: 'user', content: req.body?.question },
      ],
    });
    const { deployment, model, degraded, attempts } = reply.failover;
    const answer: ChatAnswer = { text: reply.text, deployment, model, degraded, attempts };
    res.json(answer);
  });

  app.use(answerWithError);
  return { app, failover: ai.failover };
}

/** Status, headers and message of a `CallError` are safe to send to anybody; all other errors are Express's. */
const answerWithError: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.destroyed) return; // The shopper has left; the call was aborted, and nobody is there to be told.
  if (res.headersSent || !(error instanceof CallError)) return next(error);
  res.status(error.status).set(error.headers).json({ error: error.message });
};
