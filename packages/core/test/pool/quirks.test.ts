import { expect, it } from 'vitest';
import { Quirks } from '../../src/pool/quirks.js';

it('takes everything until it was found to refuse it', () => {
  const quirks = new Quirks();
  expect(quirks.refused()).toEqual([]);
  quirks.refusesStreamOptions = true;
  expect(quirks.refused()).toEqual(['stream-options']);
  quirks.refusesPrefill = true;
  quirks.refusesStream = true;
  expect(quirks.refused()).toEqual(['stream', 'stream-options', 'prefill']);
});
