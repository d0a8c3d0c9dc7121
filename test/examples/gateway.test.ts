/** The gateway in twenty lines, with the official client in front of it. */
import { createFaultyUpstream, fail, reply } from '@ai-failover/testing';
import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources';
import { expect, it, onTestFinished } from 'vitest';
import { post, runScript, startExample } from './example.ts';

const KEY = 'key-of-the-gateway';
const QUESTION = {
  messages: [{ role: 'user', content: 'Why does bread rise?' }] satisfies ChatCompletionMessageParam[],
};

it('answers the official client, and goes on while the first upstream breaks', async () => {
  const gateway = await startExample('gateway');
  const client = new OpenAI({ baseURL: gateway.url, apiKey: KEY, maxRetries: 0 });
  const whole = await client.chat.completions.create({ ...QUESTION, model: 'default' });
  const text = whole.choices[0]?.message.content ?? '';
  expect(text).toContain('Yeast');

  const stream = await client.chat.completions.create({ ...QUESTION, model: 'default', stream: true });
  let streamed = '';
  for await (const { choices } of stream) {
    if (streamed === '') await post(`${gateway.emulation('north')}/break`);
    streamed += choices[0]?.delta.content ?? '';
  }
  expect(streamed).toBe(text);
  expect(gateway.output()).toContain('gpt-4.1@south goes on');

  const after = await client.chat.completions.create({ ...QUESTION, model: 'cheap' });
  expect(after.model).toBe('gpt-4.1-mini');
  await gateway.stop();
});

it('answers its own client, which prints the answer', async () => {
  const gateway = await startExample('gateway');
  const printed = await runScript('gateway', 'client', { GATEWAY_URL: gateway.url });
  expect(printed).toMatch(/^Sunlight .* orange and red\.\n$/);
  await gateway.stop();
});

it('is for those who have its key', async () => {
  const gateway = await startExample('gateway', { GATEWAY_KEY: 'another' });
  const refused = await post(`${gateway.url}/chat/completions`, QUESTION, { authorization: `Bearer ${KEY}` });
  const allowed = await post(`${gateway.url}/chat/completions`, QUESTION, { authorization: 'Bearer another' });
  expect([refused.status, allowed.status]).toEqual([401, 200]);
  await allowed.text();
  await refused.text();
  await gateway.stop();
});

it('asks real upstreams when the environment has keys', async () => {
  const north = await createFaultyUpstream({ script: fail(503) });
  const south = await createFaultyUpstream({ script: reply('A real answer.') });
  onTestFinished(async () => {
    await Promise.all([north.close(), south.close()]);
  });
  const gateway = await startExample('gateway', {
    NORTH_KEY: 'sk-north-0123456789',
    NORTH_URL: north.baseUrl,
    SOUTH_KEY: 'sk-south-0123456789',
    SOUTH_URL: south.baseUrl,
  });
  const response = await post(`${gateway.url}/chat/completions`, QUESTION, { authorization: `Bearer ${KEY}` });
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'A real answer.' } }] });
  expect(north.requests[0]?.headers['authorization']).toBe('Bearer sk-north-0123456789');
  expect(gateway.output()).not.toContain('emulated');
  await gateway.stop();
});
