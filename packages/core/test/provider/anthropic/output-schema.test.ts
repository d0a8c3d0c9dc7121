/** What of a JSON Schema is enforced, and what is only told. */
import { describe, expect, it } from 'vitest';
import { outputSchema } from '../../../src/provider/anthropic/output-schema.js';
import { Remarks } from '../../../src/provider/conversation/remarks.js';

function taken(schema: Readonly<Record<string, unknown>>) {
  const remarks = new Remarks();
  return { schema: outputSchema(schema, remarks), changes: remarks.changes, objection: remarks.objection };
}

const closed = (properties: object): Record<string, unknown> => ({
  type: 'object',
  properties,
  additionalProperties: false,
});

const FREE = 'cannot hold an answer to a schema with keys of any name';

describe('a schema of which everything can be enforced', () => {
  it.each([
    [closed({ a: { type: ['string', 'null'], enum: ['x', null] }, b: { const: 1, default: 1, title: 'B' } })],
    [closed({ list: { type: 'array', items: closed({ a: { type: 'integer' } }), minItems: 1 } })],
    [
      closed({
        when: { type: 'string', format: 'date-time' },
        code: { type: 'string', pattern: '^[A-Z]{2}(?:-\\d+)?$' },
      }),
    ],
    [{ ...closed({ a: { $ref: '#/$defs/A' } }), $defs: { A: closed({ b: { type: 'number' } }) }, required: ['a'] }],
    [{ anyOf: [closed({ a: { type: 'string' } }), { allOf: [{ type: 'string' }] }] }],
  ])('stays as it is: %j', (schema) => {
    expect(taken(schema)).toEqual({ schema, changes: [], objection: undefined });
  });

  it('may have a property that is called like a keyword', () => {
    const schema = closed({ minimum: { type: 'number' }, properties: { type: 'string' }, type: { type: 'string' } });
    expect(taken(schema)).toEqual({ schema, changes: [], objection: undefined });
  });
});

describe('objects', () => {
  it('are closed, at every depth', () => {
    const { schema, changes } = taken({ type: 'object', properties: { a: { type: 'object', properties: { b: {} } } } });
    expect(schema).toEqual(closed({ a: closed({ b: {} }) }));
    expect(changes).toEqual([]);
  });

  it('do without keys beside those they name, and that is said', () => {
    const { schema, changes } = taken({ ...closed({ a: {} }), additionalProperties: true });
    expect(schema).toEqual(closed({ a: {} }));
    expect(changes).toEqual(['the answer has no keys beside those of the schema']);
  });

  it.each([
    { type: 'object' },
    { type: ['object', 'null'] },
    { type: 'object', additionalProperties: { type: 'string' } },
    closed({ scores: { type: 'object', additionalProperties: true } }),
    { ...closed({ a: {} }), additionalProperties: { type: 'number' } },
  ])('cannot have keys of any name: %j', (schema) => {
    expect(taken(schema).objection).toBe(FREE);
  });

  it('may be empty', () => {
    expect(taken(closed({}))).toEqual({ schema: closed({}), changes: [], objection: undefined });
  });
});

describe('limits that cannot be enforced', () => {
  it.each([
    [
      { type: 'number', minimum: 1, maximum: 5 },
      { type: 'number', description: '(minimum: 1, maximum: 5)' },
    ],
    [
      { type: 'string', maxLength: 9, description: 'A name.' },
      { type: 'string', description: 'A name. (maxLength: 9)' },
    ],
    [
      { type: 'string', format: 'iban' },
      { type: 'string', description: '(format: "iban")' },
    ],
    [
      { type: 'string', pattern: '^(?=a)\\bb' },
      { type: 'string', description: '(pattern: "^(?=a)\\\\bb")' },
    ],
    [
      { type: 'array', items: { type: 'string' }, minItems: 2, uniqueItems: true },
      { type: 'array', items: { type: 'string' }, description: '(minItems: 2, uniqueItems: true)' },
    ],
  ])('are told instead: %j', (schema, expected) => {
    const { schema: said, changes } = taken(closed({ a: schema }));
    expect(said).toEqual(closed({ a: expected }));
    expect(changes).toEqual(['limits in the schema are told to the model, not enforced']);
  });

  it('leave a choice of one a choice of any', () => {
    expect(taken({ oneOf: [{ type: 'string' }, { type: 'null' }] }).schema).toEqual({
      anyOf: [{ type: 'string' }, { type: 'null' }],
    });
  });
});

describe('a strange schema', () => {
  it('loses what says nothing about the value', () => {
    const { schema, changes } = taken({
      $schema: 'https://json-schema.org/x',
      $id: 'a',
      type: 'string',
      examples: ['b'],
    });
    expect(schema).toEqual({ type: 'string' });
    expect(changes).toEqual([]);
  });

  it('may be too deep', () => {
    let schema: Record<string, unknown> = { type: 'string' };
    for (let depth = 0; depth < 5000; depth += 1) schema = { type: 'array', items: schema };
    expect(taken(schema).objection).toBe('cannot take a schema of this depth');
  });

  it('gets no prototype', () => {
    const schema: Record<string, unknown> = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"}}}',
    );
    const properties: unknown = taken(schema).schema['properties'];
    expect(JSON.stringify(properties)).toBe('{"__proto__":{"type":"string"}}');
  });
});
