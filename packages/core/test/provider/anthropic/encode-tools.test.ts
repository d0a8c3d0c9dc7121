/** Which tools the model is offered, and what it is told about calling them. */
import { describe, expect, it } from 'vitest';
import { assistant, bodyOf, call, changesOf, objectionTo, result, tool, user } from './translate.js';

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

describe('tools', () => {
  it('are told by name, description and schema', () => {
    const described = { type: 'function', function: { name: 'weather', description: 'By city.', parameters: CITY } };
    expect(bodyOf({ tools: [described] })['tools']).toEqual([
      { name: 'weather', description: 'By city.', input_schema: CITY },
    ]);
    expect(changesOf({ tools: [described] })).toEqual([]);
  });

  it.each([
    [undefined, { type: 'object', properties: {} }],
    [{}, { type: 'object' }],
    [{ properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
  ])('without a whole schema have one: %j', (parameters, schema) => {
    expect(bodyOf({ tools: [tool('f', parameters)] })['tools']).toEqual([{ name: 'f', input_schema: schema }]);
  });

  it('are not sent where the list is empty, and neither is a choice', () => {
    const body = bodyOf({ tools: [], tool_choice: 'auto', parallel_tool_calls: false });
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('tool_choice');
  });

  it('are not held to their schemas, and that is said', () => {
    const strict = { type: 'function', function: { name: 'f', parameters: CITY, strict: true } };
    expect(bodyOf({ tools: [strict] })['tools']).toEqual([{ name: 'f', input_schema: CITY }]);
    expect(changesOf({ tools: [strict] })).toEqual(['strict is left out of tools']);
  });

  it.each([
    [{ type: 'custom', custom: { name: 'f' } }, 'cannot take tools other than functions'],
    [{ type: 'web_search' }, 'cannot take tools other than functions'],
    [tool('a.b'), 'cannot take a tool of this name'],
    [tool('f'.repeat(129)), 'cannot take a tool of this name'],
    [tool('f', { anyOf: [CITY] }), 'cannot take a tool whose parameters are a choice of schemas'],
    [tool('f', { type: 'object', oneOf: [CITY] }), 'cannot take a tool whose parameters are a choice of schemas'],
  ])('cannot be %j', (given, words) => {
    expect(objectionTo({ tools: [given] })).toBe(words);
  });

  it('may have the older form, and then it is said how they will be called', () => {
    const request = { functions: [{ name: 'f', parameters: CITY }], function_call: { name: 'f' } };
    expect(bodyOf(request)).toMatchObject({
      tools: [{ name: 'f', input_schema: CITY }],
      tool_choice: { type: 'tool', name: 'f' },
    });
    expect(changesOf(request)).toEqual(['functions are sent as tools, and called as tools']);
  });

  it('of earlier calls are declared where the request has none, because calls without tools are refused', () => {
    const messages = [
      user('a'),
      assistant(null, { tool_calls: [call('1', 'f'), call('2', 'g'), call('3', 'f')] }),
      ...['1', '2', '3'].map((id) => result(id, 'b')),
    ];
    expect(bodyOf({ messages })).toMatchObject({
      tools: [
        { name: 'f', input_schema: { type: 'object' } },
        { name: 'g', input_schema: { type: 'object' } },
      ],
      tool_choice: { type: 'none' },
    });
    expect(changesOf({ messages })).toEqual(['tools of earlier calls are declared again, not to be called']);
  });
});

describe('the choice among tools', () => {
  const tools = [tool('f'), tool('g')];
  it.each<[object, object | undefined]>([
    [{}, undefined],
    [{ tool_choice: null }, undefined],
    [{ tool_choice: 'sometimes' }, undefined],
    [{ tool_choice: 'none' }, { type: 'none' }],
    [{ tool_choice: 'auto' }, { type: 'auto' }],
    [{ tool_choice: 'required' }, { type: 'any' }],
    [{ tool_choice: { type: 'function', function: { name: 'g' } } }, { type: 'tool', name: 'g' }],
    [{ function_call: 'none' }, { type: 'none' }],
    [{ function_call: 'auto' }, { type: 'auto' }],
    [{ parallel_tool_calls: true }, undefined],
    [{ parallel_tool_calls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { parallel_tool_calls: false, tool_choice: 'required' },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    [{ parallel_tool_calls: false, tool_choice: 'none' }, { type: 'none' }],
  ])('is for %j %j', (request, expected) => {
    expect(bodyOf({ tools, ...request })['tool_choice']).toEqual(expected);
    expect(changesOf({ tools, ...request })).toEqual([]);
  });

  it.each([
    ['auto', 'auto'],
    ['required', 'any'],
  ])('may be one of a few: %s', (mode, type) => {
    const allowed = [{ type: 'function', function: { name: 'g' } }];
    const body = bodyOf({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode, tools: allowed } } });
    expect(body).toMatchObject({ tools: [{ name: 'g' }], tool_choice: { type } });
  });

  it('leaves none where none of those there may be called', () => {
    const body = bodyOf({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } });
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('tool_choice');
  });

  it('cannot be a custom tool', () => {
    const request = { tools, tool_choice: { type: 'custom', custom: { name: 'f' } } };
    expect(objectionTo(request)).toBe('cannot be told to call anything but a function');
  });
});
