import { expect, it } from 'vitest';
import type { Key } from '../src/pool/key.js';
import { Cooldown } from '../src/pool/cooldown.js';
import { redactKeys } from '../src/redact.js';

function keyWith(secrets: readonly string[]): Key {
  const settings = { secret: undefined, name: undefined };
  const credential = {
    secrets,
    headers: () => undefined,
    obtain: async () => undefined,
    renew: () => false,
    close() {},
  };
  return { number: 1, settings, credential, cooldown: new Cooldown() };
}

it('takes out every secret of every key, wherever it stands', () => {
  const upstreams = [{ keys: [keyWith(['one-1']), keyWith([])] }, { keys: [keyWith(['two-2', 'three-3'])] }];
  expect(redactKeys('one-1, "two-2" and three-3one-1', upstreams)).toBe('[key], "[key]" and [key][key]');
});

it('leaves no end of a secret that begins with another', () => {
  const upstreams = [{ keys: [keyWith(['token']), keyWith(['token-and-more', 'token-and'])] }];
  expect(redactKeys('token-and-more', upstreams)).toBe('[key]');
});
