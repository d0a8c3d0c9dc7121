/** `headers` and `sign`: what an upstream wants beside the key. */
import { createHmac } from 'node:crypto';
import type { RequestToSign } from '@ai-failover/core';
import { fail } from '@ai-failover/testing';
import { expect, it } from 'vitest';
import { startScene } from './scene.ts';

it('sends the headers of the upstream with each request', async () => {
  const scene = await startScene({ P: { headers: { 'X-Team': 'shop' } }, script: fail(500) });
  await scene.chat();
  expect(scene.P.requests[0]?.headers).toMatchObject({ 'x-team': 'shop', authorization: 'Bearer sk-p-0123456789' });
  expect(scene.S.requests[0]?.headers['x-team']).toBeUndefined();
});

it('signs the very bytes that are sent, and waits for the signature', async () => {
  const signed: RequestToSign[] = [];
  const signature = (body: string): string => createHmac('sha256', 'secret').update(body).digest('hex');
  const scene = await startScene({
    P: {
      sign: async (request) => {
        signed.push(request);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        return { 'x-signature': signature(request.body), authorization: 'Signed' };
      },
    },
  });
  const reply = await scene.chat();
  expect(reply.failover.deployment).toBe('m@P');
  const [request] = scene.P.requests;
  expect(request?.headers).toMatchObject({ 'x-signature': signature(request?.body ?? ''), authorization: 'Signed' });
  expect(signed).toEqual([
    {
      method: 'POST',
      url: `${scene.P.baseUrl}/chat/completions`,
      headers: expect.objectContaining({ authorization: 'Bearer sk-p-0123456789' }),
      body: request?.body,
    },
  ]);
});

it('signs each attempt anew, and what a hook does to its copy of the headers stays there', async () => {
  let count = 0;
  const scene = await startScene({
    withS: false,
    script: fail(500),
    P: {
      sign: ({ headers }) => {
        count += 1;
        Object.assign(headers, { 'x-leak': String(count) });
        return { 'x-count': String(count) };
      },
    },
  });
  await scene.chat();
  expect(scene.P.requests.map(({ headers }) => [headers['x-count'], headers['x-leak']])).toEqual([
    ['1', undefined],
    ['2', undefined],
  ]);
});

it.each([
  ['rejects', () => Promise.reject(new Error('no signature'))],
  [
    'throws',
    () => {
      throw new Error('no signature');
    },
  ],
])('a hook that %s costs nobody an answer, and is reported', async (_, sign) => {
  const scene = await startScene({ P: { sign } });
  const reply = await scene.chat();
  expect(reply.failover.deployment).toBe('m@S');
  expect(scene.P.requests).toEqual([]);
  expect(scene.seen('hook-failed')).toEqual([
    { hook: 'sign', error: expect.objectContaining({ message: 'no signature' }) },
  ]);
});

it.each([
  ['a value with a line break', { 'x-signature': 'a\r\nx-injected: 1' }],
  ['a name that is none', { 'x signature': 'a' }],
  ['no string', { 'x-signature': 7 as unknown as string }],
  ['a length of its own', { 'content-length': '3' }],
  ['nothing', undefined as unknown as Record<string, string>],
])('a signature of %s does not break the call, and injects nothing', async (_, headers) => {
  const scene = await startScene({ P: { sign: () => headers } });
  const reply = await scene.chat();
  expect(reply.failover.deployment).toMatch(/^m@[PS]$/);
  for (const request of scene.P.requests) expect(request.headers['x-injected']).toBeUndefined();
});

it('the caller may leave while the signature is made', async () => {
  const leaving = new AbortController();
  let finish: (headers: Record<string, string>) => void = () => {};
  const scene = await startScene({
    P: {
      sign: () =>
        new Promise((resolve) => {
          finish = resolve;
          leaving.abort();
        }),
    },
  });
  const call = scene.chat({}, { signal: leaving.signal });
  finish({});
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  expect([scene.P.requests, scene.S.requests]).toEqual([[], []]);
});
