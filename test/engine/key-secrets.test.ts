/** Keys never get out, whatever form they have and whatever an upstream says of them. */
import { createFailover, type FailoverOptions, type KeyFunction } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith, type ScriptedRequest } from '@ai-failover/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** All that can be seen of an error, with what it holds inside. */
function words(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value !== 'object' || value === null || seen.has(value)) return String(value);
  seen.add(value);
  const own = Object.getOwnPropertyNames(value).map((name) => `${name}=${words(Reflect.get(value, name), seen)}`);
  const hidden = value instanceof Error ? [value.message, value.stack, words(value.cause, seen)] : [];
  const attempts = 'attempts' in value ? [words(value.attempts, seen)] : [];
  const code = 'providerCode' in value ? [String(value.providerCode)] : [];
  return [...own, ...hidden, ...attempts, ...code].join('\n');
}

type How = 'ok' | '401' | '402' | '429' | '400' | '500' | 'frame';

/** An upstream that quotes the key that it was given wherever it can. */
function quoting(how: How, { headers }: ScriptedRequest) {
  const key = headers['authorization']?.slice('Bearer '.length) ?? '';
  const message = `Incorrect key provided: ${key}. Also "${key}" is spelt ${key}.`;
  const body = { error: { message, type: key, param: key, code: key } };
  if (how === 'ok') return answerWith('yes');
  if (how === 'frame') return answerWith({ choices: undefined, ...body });
  return failWith(Number(how), { body, headers: { location: `https://x.example/${key}` } });
}

const HOWS: readonly How[] = ['ok', '401', '402', '429', '400', '500', 'frame'];
/** No part of one is found in any word of ours. */
const secret = fc.stringMatching(/^[QXZ]{14,40}$/).map((text) => `zq${text}`);

describe('Of no key anything is seen', () => {
  it('in events, errors and the status, in any run', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(secret, { minLength: 6, maxLength: 6 }),
        fc.array(fc.constantFrom(...HOWS), { minLength: 1, maxLength: 24 }),
        fc.array(fc.constantFrom('token', 'throw', 'blank', 'spaced'), { minLength: 1, maxLength: 6 }),
        async (secrets, hows, gives) => {
          const [one = '', two = '', three = '', ...tokens] = secrets;
          let given = 0;
          const token: KeyFunction = async () => {
            const how = gives[given % gives.length];
            const next = tokens[given % tokens.length] ?? '';
            given += 1;
            if (how === 'throw') throw new Error('no network');
            if (how === 'blank') return '';
            return how === 'spaced' ? `${next} ${next}` : { key: next, expiresIn: 3_000 };
          };
          let asked = 0;
          const scripted = createScriptedTransport((request) => {
            asked += 1;
            return quoting(hows[asked % hows.length] ?? 'ok', request);
          });
          const keys = [one, { key: two, name: 'second', limits: { concurrency: 3 } }, { key: token }, three];
          const upstreams: FailoverOptions['upstreams'] = [{ name: 'P', provider: 'openai', keys, models: ['m'] }];
          const failover = createFailover({ upstreams }, { createTransport: scripted.createTransport });
          const seen: string[] = [];
          failover.onAny((name: string, event: unknown) => seen.push(name, words(event)));
          for (let count = 0; count < 12; count += 1) {
            const options = { deadline: 5_000 };
            void failover.chat({ messages: [{ role: 'user', content: 'Hello' }] }, options).then(
              (reply) => seen.push(words(reply.failover)),
              (error: unknown) => seen.push(words(error)),
            );
            await vi.advanceTimersByTimeAsync(4_000);
            seen.push(words(failover.status()), JSON.stringify(failover.status()));
            seen.push(words(failover.explain({ messages: [{ role: 'user', content: 'Hello' }] })));
          }
          const closed = failover.close();
          await vi.advanceTimersByTimeAsync(1_000);
          await closed;
          const all = seen.join('\n');
          expect(all.length).toBeGreaterThan(1_000);
          for (const key of secrets) {
            expect(all).not.toContain(key);
            // Four characters at the end may be named, five may not.
            expect(all).not.toContain(key.slice(-5));
            expect(all).not.toContain(key.slice(0, 6));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that was replaced a moment ago, when an answer to it comes late', async () => {
    const scripted = createScriptedTransport((request) =>
      request.number === 1 ? { ...quoting('400', request), after: 20_000 } : answerWith('yes'),
    );
    let count = 0;
    const keys = [() => ({ key: `zq-token-number-${(count += 1)}-of-many`, expiresIn: 5_000 })];
    const failover = createFailover(
      { upstreams: [{ name: 'P', provider: 'openai', keys, models: ['m'] }] },
      { createTransport: scripted.createTransport },
    );
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    let error: unknown;
    failover.chat({ messages }).catch((thrown: unknown) => (error = thrown));
    for (let second = 0; second < 22; second += 2) {
      await vi.advanceTimersByTimeAsync(2_000);
      void failover.chat({ messages });
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(count).toBeGreaterThan(3);
    expect(String(error)).toContain('Incorrect key provided: [key]');
    expect(words(error)).not.toContain('zq-token');
    await failover.close();
  });
});
