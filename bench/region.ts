/** An upstream in a process of its own that answers with one completion, or with 503 once it is told to fail. */
import { createServer } from 'node:http';
import { answerQuestions, reportAddress } from './processes.ts';

const COMPLETION = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'It is on its way.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 12, completion_tokens: 6, total_tokens: 18 },
  }),
);
const FAILURE = Buffer.from(JSON.stringify({ error: { message: 'the region is down', type: 'server_error' } }));

let failing = false;

const server = createServer((req, res) => {
  req.resume().once('end', () => {
    const [status, body] = failing ? ([503, FAILURE] as const) : ([200, COMPLETION] as const);
    res.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => reportAddress(server));
answerQuestions(async (question) => {
  failing = question === 'fail';
  return question;
});
