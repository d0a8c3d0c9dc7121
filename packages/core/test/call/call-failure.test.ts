import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { interruptedError } from '../../src/call/call-failure.js';
import { AttemptError, CallError } from '../../src/errors.js';
import type { AttemptRecord } from '../../src/errors.js';

const CUT: AttemptRecord = {
  deployment: 'm@north',
  model: 'm',
  upstream: 'north',
  key: 1,
  outcome: 'cut',
  startedAfter: 0,
  duration: 900,
};

describe('The error of an answer that broke off', () => {
  const cause = new AttemptError('cut', 'm@north', 'm@north: ended before it was complete');
  const error = interruptedError({ trail: [CUT] }, cause);

  it('is a 502 that clients do not repeat by themselves, with the trail and what happened last', () => {
    expect(error).toMatchObject({ kind: 'interrupted', code: 'AIF_INTERRUPTED', status: 502, statusCode: 502, cause });
    expect(error.headers).toEqual({ 'x-should-retry': 'false' });
    expect(error.attempts).toEqual([CUT]);
  });

  it('tells strangers nothing of upstreams', () => {
    expect(error.message).toContain('ask again');
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/north/);
  });

  it('has no cause where there is none', () => {
    expect('cause' in interruptedError({ trail: [CUT] }, undefined)).toBe(false);
  });
});

describe("The provider's own code of a bad request", () => {
  const details = { kind: 'bad-request', message: 'Too long.' } as const;
  const error = new CallError({ ...details, providerCode: 'context_length_exceeded' });

  it('can be read', () => {
    expect(error.providerCode).toBe('context_length_exceeded');
    expect(new CallError(details).providerCode).toBeUndefined();
  });

  it('is not serialised', () => {
    expect(JSON.stringify(error)).toBe(JSON.stringify(new CallError(details)));
    expect(Object.keys(error)).not.toContain('providerCode');
    expect(inspect(error)).not.toContain('context_length_exceeded');
  });
});
