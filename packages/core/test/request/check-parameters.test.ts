import { describe, expect, it } from 'vitest';
import { CallError } from '../../src/errors.js';
import { checkParameters } from '../../src/request/check-parameters.js';

function refused(fields: Readonly<Record<string, unknown>>): string {
  try {
    checkParameters(fields);
  } catch (error) {
    if (!(error instanceof CallError) || error.kind !== 'bad-request') throw error;
    return error.message.startsWith(`${error.param} `) ? error.message : `${error.message} but param is ${error.param}`;
  }
  return 'accepted';
}

describe('Numbers', () => {
  it.each([
    ['temperature', 0, 2],
    ['top_p', 0, 1],
    ['presence_penalty', -2, 2],
    ['frequency_penalty', -2, 2],
  ])('%s is from %d to %d', (name, least, most) => {
    for (const fine of [least, most, (least + most) / 2, null, undefined])
      expect(refused({ [name]: fine })).toBe('accepted');
    for (const wrong of [least - 0.1, most + 0.1, Number.NaN]) {
      expect(refused({ [name]: wrong })).toBe(`${name} must be a number from ${least} to ${most}; found ${wrong}.`);
    }
    expect(refused({ [name]: '0.5' })).toContain('found a string.');
    expect(refused({ [name]: 1n })).toContain('found a BigInt.');
  });

  it.each([
    ['max_tokens', 10_000_000],
    ['max_completion_tokens', 10_000_000],
    ['n', 128],
  ])('%s is a whole number from 1 to %d', (name, most) => {
    for (const fine of [1, most, null, undefined]) expect(refused({ [name]: fine })).toBe('accepted');
    for (const wrong of [0, -1, 1.5, most + 1, Infinity]) {
      expect(refused({ [name]: wrong })).toBe(`${name} must be a whole number from 1 to ${most}; found ${wrong}.`);
    }
    expect(refused({ [name]: '100' })).toContain('found a string.');
  });
});

describe('Other fields', () => {
  it.each([
    [{ stop: 'END' }],
    [{ stop: ['a', 'b', 'c', 'd'] }],
    [{ stop: null }],
    [{ stream: false }],
    [{ stream: null }],
    [{ stream_options: null }],
    [{ stream_options: { include_usage: true, include_obfuscation: false } }],
    [{ stream_options: { include_usage: null } }],
    [{ model: 'gpt-4.1' }],
    [{ user: 'u-1' }],
    [{ response_format: { type: 'grammar', grammar: 'x' } }],
    [
      {
        tools: [
          { type: 'function', function: { name: 'f' } },
          { type: 'web_search', web_search: { enable: true } },
        ],
      },
    ],
    [{ functions: [{ name: 'f' }] }],
    [{ seed: 5, logit_bias: { 50256: -100 }, reasoning_effort: 'low', whatever: [] }],
  ])('pass: %j', (fields) => {
    expect(refused(fields)).toBe('accepted');
  });

  it.each([
    [{ stop: 5 }, 'stop must be a string or an array of strings, not a number.'],
    [{ stop: ['a', 5] }, 'stop[1] must be a string, not a number.'],
    [{ stop: Array.from({ length: 17 }, () => 'x') }, 'stop must have at most 16 entries; it has 17.'],
    [{ stream: 'true' }, 'stream must be true or false, not a string.'],
    [{ stream_options: true }, 'stream_options must be an object, not a boolean.'],
    [{ stream_options: ['include_usage'] }, 'stream_options must be an object, not an array.'],
    [{ stream_options: { include_usage: 'yes' } }, 'stream_options.include_usage must be true or false, not a string.'],
    [{ model: 5 }, 'model must be the name of a model or a chain, not a number.'],
    [{ model: ' ' }, 'model must not be empty; leave it out to use the default chain.'],
    [{ user: 5 }, 'user must be a string, not a number.'],
    [{ response_format: 'json' }, 'response_format must be an object with a type, not a string.'],
    [{ response_format: {} }, 'response_format.type must be a string such as'],
    [{ tools: { type: 'function' } }, 'tools must be an array, not an object.'],
    [{ tools: ['find'] }, 'tools[0] must be an object with a type, not a string.'],
    [{ tools: [{ function: { name: 'f' } }] }, 'tools[0].type must be a string such as "function"; it is missing.'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function must be an object with a name; it is missing.'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name must be a string; it is missing.'],
    [{ tools: [{ type: 'function', function: { name: '' } }] }, 'tools[0].function.name must not be empty.'],
    [{ functions: [5] }, 'functions[0] must be an object with a name; it is a number.'],
    [{ functions: 5 }, 'functions must be an array, not a number.'],
  ])('are refused: %j', (fields, words) => {
    expect(refused(fields)).toContain(words);
  });
});
