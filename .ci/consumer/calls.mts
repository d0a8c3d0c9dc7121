// An ES module in TypeScript as an application has it: compiled, and run on each version of Node.
import assert from 'node:assert/strict';
import { CallError, createFailover, type ChatReply } from '@ai-failover/core';
import { createFaultyUpstream, fail, reply } from '@ai-failover/testing';

const TEXT = 'from a compiled application';
const upstream = await createFaultyUpstream({ script: [fail(503), reply(TEXT), fail(400), reply(TEXT)] });
const failover = createFailover({
  upstreams: [
    { name: 'faulty', provider: 'openai', baseUrl: upstream.baseUrl, keys: ['sk-packed-typed'], models: ['m'] },
  ],
});
const question = { messages: [{ role: 'user', content: 'Hello' }] } as const;

const answer: ChatReply = await failover.chat(question);
assert.deepEqual([answer.text, answer.failover.attempts.length], [TEXT, 2]);

const refusal: unknown = await failover.chat(question).catch((error: unknown) => error);
assert.ok(refusal instanceof CallError);
assert.equal(refusal.status, 400);

let streamed = '';
for await (const { choices } of await failover.stream(question)) streamed += choices[0]?.delta.content ?? '';
assert.equal(streamed, TEXT);

await failover.close();
await upstream.close();
