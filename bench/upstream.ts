/** A tiny upstream in a process of its own: answers every POST with one completion, or with silence on `/silent`. */
import { createServer } from 'node:http';
import { reportAddress } from './processes.ts';

const COMPLETION = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-4.1-2025-04-14',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Your parcel left the warehouse this morning. '.repeat(8),
          refusal: null,
        },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 42, completion_tokens: 96, total_tokens: 138 },
  }),
);

const server = createServer((req, res) => {
  req.resume().once('end', () => {
    if (req.url?.startsWith('/silent') === true) return;
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': COMPLETION.length }).end(COMPLETION);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => reportAddress(server));
