/** Which tools the model is offered, and what it is told about calling them. */
import { describe, expect, it } from 'vitest';
import { bodyOf, changesOf, objectionTo, tool } from './translate.js';

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

describe('tools', () => {
  it('are told by name, description and schema', () => {
    const described = { type: 'function', function: { name: 'weather', description: 'By city.', parameters: CITY } };
    const request = { tools: [described, tool('time')] };
    expect(bodyOf(request)['tools']).toEqual([
      {
        functionDeclarations: [
          { name: 'weather', description: 'By city.', parametersJsonSchema: CITY },
          { name: 'time' },
        ],
      },
    ]);
    expect(bodyOf(request)).not.toHaveProperty('toolConfig');
    expect(changesOf(request)).toEqual([]);
  });

  it.each([
    [{}, undefined],
    [{ $schema: 'https://json-schema.org/x' }, undefined],
    [{ properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
    [
      { type: 'object', properties: { a: { type: 'string', minLength: 1 } } },
      { type: 'object', properties: { a: { type: 'string', description: '(minLength: 1)' } } },
    ],
  ])('have a schema in words that are known: %j', (parameters, parametersJsonSchema) => {
    expect(bodyOf({ tools: [tool('f', parameters)] })['tools']).toEqual([
      {
        functionDeclarations: [
          parametersJsonSchema === undefined ? { name: 'f' } : { name: 'f', parametersJsonSchema },
        ],
      },
    ]);
    expect(changesOf({ tools: [tool('f', parameters)] })).toEqual([]);
  });

  it('are not sent where the list is empty, and neither is a choice', () => {
    const request = { tools: [], tool_choice: 'auto', parallel_tool_calls: false };
    expect(bodyOf(request)).toEqual(bodyOf({}));
    expect(changesOf(request)).toEqual([]);
  });

  it.each([
    [undefined, 'VALIDATED'],
    ['auto', 'VALIDATED'],
    ['required', 'ANY'],
    ['none', 'NONE'],
  ])('are kept to their schemas where one is strict and the choice is %s', (tool_choice, mode) => {
    const strict = { type: 'function', function: { name: 'f', parameters: CITY, strict: true } };
    expect(bodyOf({ tools: [strict], tool_choice })).toMatchObject({ toolConfig: { functionCallingConfig: { mode } } });
    expect(changesOf({ tools: [strict], tool_choice })).toEqual([]);
  });

  it.each([
    [{ type: 'custom', custom: { name: 'f' } }, 'cannot take tools other than functions'],
    [{ type: 'web_search' }, 'cannot take tools other than functions'],
    [tool('1f'), 'cannot take a tool of this name'],
    [tool('f g'), 'cannot take a tool of this name'],
    [tool('f'.repeat(129)), 'cannot take a tool of this name'],
  ])('cannot be %j', (given, words) => {
    expect(objectionTo({ tools: [given] })).toBe(words);
  });

  it('may have the older form, and then it is said how they will be called', () => {
    const request = { functions: [{ name: 'f', parameters: CITY }], function_call: { name: 'f' } };
    expect(bodyOf(request)).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: CITY }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
    });
    expect(changesOf(request)).toEqual(['functions are sent as tools, and called as tools']);
  });

  it('may be called side by side whether the application likes it or not', () => {
    expect(changesOf({ tools: [tool('f')], parallel_tool_calls: false })).toEqual(['parallel_tool_calls is left out']);
    expect(changesOf({ tools: [tool('f')], parallel_tool_calls: true })).toEqual([]);
  });
});

describe('the choice among tools', () => {
  const tools = [tool('f'), tool('g')];
  const callingIn = (request: object): unknown => bodyOf({ tools, ...request })['toolConfig'];

  it.each<[object, object | undefined]>([
    [{}, undefined],
    [{ tool_choice: null }, undefined],
    [{ tool_choice: 'sometimes' }, undefined],
    [{ tool_choice: 'none' }, { mode: 'NONE' }],
    [{ tool_choice: 'auto' }, { mode: 'AUTO' }],
    [{ tool_choice: 'required' }, { mode: 'ANY' }],
    [{ tool_choice: { type: 'function', function: { name: 'g' } } }, { mode: 'ANY', allowedFunctionNames: ['g'] }],
    [{ function_call: 'none' }, { mode: 'NONE' }],
    [{ function_call: 'auto' }, { mode: 'AUTO' }],
  ])('is for %j %j', (request, functionCallingConfig) => {
    expect(callingIn(request)).toEqual(functionCallingConfig === undefined ? undefined : { functionCallingConfig });
    expect(changesOf({ tools, ...request })).toEqual([]);
  });

  it.each([
    ['auto', 'AUTO'],
    ['required', 'ANY'],
  ])('may be one of a few: %s', (mode, expected) => {
    const allowed_tools = { mode, tools: [{ type: 'function', function: { name: 'g' } }] };
    expect(bodyOf({ tools, tool_choice: { type: 'allowed_tools', allowed_tools } })).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'g' }] }],
      toolConfig: { functionCallingConfig: { mode: expected } },
    });
  });

  it('leaves none where none of those there may be called', () => {
    const tool_choice = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } };
    expect(bodyOf({ tools, tool_choice })).toEqual(bodyOf({}));
  });

  it('cannot be a custom tool', () => {
    const request = { tools, tool_choice: { type: 'custom', custom: { name: 'f' } } };
    expect(objectionTo(request)).toBe('cannot be told to call anything but a function');
  });
});
