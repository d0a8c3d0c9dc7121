import { expect, it } from 'vitest';
import { unknownModelError } from '../../src/request/unknown-model.js';

const known = ['gpt-4.1', 'gpt-4o', 'claude-sonnet-4.5', 'cheap'];

it('names the nearest of the known models', () => {
  const error = unknownModelError('gpt4.1', known);
  expect(error).toMatchObject({ kind: 'bad-request', status: 400, param: 'model' });
  expect(error.message).toMatch(/^model "gpt4.1" is unknown. Did you mean "gpt-4.1"/);
  expect(error.message).toMatch(/\?$/);
});

it('lists what there is when nothing is near', () => {
  expect(unknownModelError('qwerty-zzzzz', known).message).toBe(
    'model "qwerty-zzzzz" is unknown. Available are: gpt-4.1, gpt-4o, claude-sonnet-4.5, cheap.',
  );
});

it('lists ten names at most', () => {
  const many = Array.from({ length: 14 }, (_, index) => `model-${index}`);
  expect(unknownModelError('qwerty', many).message).toMatch(/model-9 and 4 more\.$/);
});

it('shortens a long name', () => {
  const { message } = unknownModelError('z'.repeat(5000), known);
  expect(message).toContain(`"${'z'.repeat(60)}…" is unknown`);
  expect(message.length).toBeLessThan(300);
});
