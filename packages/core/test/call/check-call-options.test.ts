import { describe, expect, expectTypeOf, it } from 'vitest';
import type { CallOptions } from '../../src/call/call-options.js';
import { checkCallOptions } from '../../src/call/check-call-options.js';
import { ConfigError } from '../../src/errors.js';

/** As JavaScript may call it. */
function check(options: object): () => void {
  return () => checkCallOptions(options, ['default']);
}

describe('The options of a streamed call', () => {
  it.each([
    { raceAfter: 500 },
    { raceAfter: false },
    { raceAfter: undefined, onStreamFailure: undefined, streamInside: undefined },
    { onStreamFailure: 'continue' },
    { onStreamFailure: 'error' },
    { streamInside: true },
    { streamInside: false },
  ])('may be %j', (options) => {
    expect(check(options)).not.toThrow();
  });

  it.each([
    ['raceAfter', 0],
    ['raceAfter', -1],
    ['raceAfter', Number.NaN],
    ['raceAfter', 2 ** 31],
    ['raceAfter', '500'],
    ['raceAfter', true],
    ['raceAfter', null],
    ['onStreamFailure', 'restart'],
    ['onStreamFailure', false],
    ['onStreamFailure', null],
    ['streamInside', 'true'],
    ['streamInside', 1],
    ['streamInside', null],
  ])('may not be %s: %j', (name, value) => {
    expect(check({ [name]: value })).toThrow(ConfigError);
    expect(check({ [name]: value })).toThrow(new RegExp(`^${name}: `));
  });

  it('say that false is fine where a number was wrong', () => {
    expect(check({ raceAfter: 0 })).toThrow('a number from 1 to 2147483647, or false for no race (found 0)');
  });

  it('are found behind a typing mistake', () => {
    expect(check({ streaminside: true })).toThrow('Did you mean "streamInside"?');
  });

  it('are no others than those of the configuration', () => {
    // @ts-expect-error no such way to end
    const wrong: CallOptions = { onStreamFailure: 'restart' };
    expect(check(wrong)).toThrow(ConfigError);
    expectTypeOf<CallOptions['onStreamFailure']>().toEqualTypeOf<'continue' | 'error' | undefined>();
    expectTypeOf<CallOptions['raceAfter']>().toEqualTypeOf<number | false | undefined>();
  });
});

describe('The user of a call', () => {
  it.each(['ada', '', undefined])('may be %j', (user) => {
    expect(check({ user })).not.toThrow();
  });

  it.each([5, null, {}, ['ada']])('may not be %j', (user) => {
    expect(check({ user })).toThrow(/^user: /);
  });
});
