/** Which words of a JSON Schema Gemini is told, and how the others are said. */
import { describe, expect, it } from 'vitest';
import { Remarks } from '../../../src/provider/conversation/remarks.js';
import { jsonSchema } from '../../../src/provider/gemini/json-schema.js';

function taken(schema: Readonly<Record<string, unknown>>, enforced = true) {
  const remarks = new Remarks();
  return { schema: jsonSchema(schema, enforced, remarks), changes: remarks.changes, objection: remarks.objection };
}

const TOLD = ['limits in the schema are told to the model, not enforced'];

describe('a schema that is known in every word', () => {
  it.each([
    [
      {
        type: 'object',
        properties: { a: { type: ['string', 'null'], enum: ['x', null] } },
        additionalProperties: false,
      },
    ],
    [{ type: 'array', items: { type: 'integer', minimum: 1, maximum: 5 }, minItems: 1, maxItems: 3 }],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }],
    [{ type: 'string', format: 'date-time', title: 'When', description: 'A day.' }],
    [{ oneOf: [{ type: 'string' }, { anyOf: [{ type: 'null' }] }] }],
    [{ type: 'object', additionalProperties: { type: 'number' }, propertyOrdering: ['b', 'a'] }],
    [{ $ref: '#/$defs/A', $defs: { A: { type: 'object', properties: { next: { $ref: '#/$defs/A' } } } } }],
  ])('stays as it is: %j', (schema) => {
    expect(taken(schema)).toEqual({ schema, changes: [], objection: undefined });
  });

  it('may have a property that is called like a word of the language', () => {
    const schema = { type: 'object', properties: { pattern: { type: 'string' }, $ref: { type: 'string' }, const: {} } };
    expect(taken(schema)).toEqual({ schema, changes: [], objection: undefined });
  });
});

describe('a schema that can be said in other words', () => {
  it.each([
    [{ const: 'a' }, { enum: ['a'] }],
    [
      { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
      { type: 'integer', minimum: 1, maximum: 9 },
    ],
    [
      { type: 'array', items: [{ type: 'string' }] },
      { type: 'array', prefixItems: [{ type: 'string' }] },
    ],
    [
      { allOf: [{ $ref: '#/$defs/A' }], description: 'B' },
      { anyOf: [{ $ref: '#/$defs/A' }], description: 'B' },
    ],
    [
      { properties: { a: { $ref: '#/definitions/A' } }, definitions: { A: { const: 1 } } },
      { properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { enum: [1] } } },
    ],
    [
      { $ref: '#/$defs/A', description: 'B', type: 'object' },
      { anyOf: [{ $ref: '#/$defs/A' }], description: 'B', type: 'object' },
    ],
    [
      { $schema: 'https://json-schema.org/x', $comment: 'a', type: 'string', examples: ['b'], readOnly: true },
      { type: 'string' },
    ],
    [
      { type: 'integer', default: 5, description: 'How many.' },
      { type: 'integer', description: 'How many. (default: 5)' },
    ],
  ])('is: %j', (schema, expected) => {
    expect(taken(schema)).toEqual({ schema: expected, changes: [], objection: undefined });
  });

  it('loses a choice that stands beside a reference', () => {
    const { schema, changes } = taken({ $ref: '#/$defs/A', anyOf: [{ type: 'string' }] });
    expect(schema).toEqual({ anyOf: [{ $ref: '#/$defs/A' }] });
    expect(changes).toEqual(['a choice beside a $ref in a schema is left out']);
  });
});

describe('limits that Gemini does not know', () => {
  it.each([
    [
      { type: 'string', minLength: 2, pattern: '^a' },
      { type: 'string', description: '(minLength: 2, pattern: "^a")' },
    ],
    [
      { type: 'number', exclusiveMinimum: 0, description: 'A price.' },
      { type: 'number', description: 'A price. (exclusiveMinimum: 0)' },
    ],
    [{ const: true }, { description: '(const: true)' }],
    [{ not: { type: 'string' } }, { description: '(not: {"type":"string"})' }],
  ])('are told instead: %j', (schema, expected) => {
    const whole = { type: 'object', properties: { a: schema } };
    expect(taken(whole)).toEqual({
      schema: { type: 'object', properties: { a: expected } },
      changes: TOLD,
      objection: undefined,
    });
  });

  it('are told without a remark where nobody would have kept them by force', () => {
    expect(taken({ type: 'string', minLength: 2 }, false).changes).toEqual([]);
  });
});

describe('a strange schema', () => {
  it('may be too deep', () => {
    let schema: Record<string, unknown> = { type: 'string' };
    for (let depth = 0; depth < 5000; depth += 1) schema = { type: 'array', items: schema };
    expect(taken(schema).objection).toBe('cannot take a schema of this depth');
  });

  it('gets no prototype', () => {
    const schema: Record<string, unknown> = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"}},"__proto__":{"x":1}}',
    );
    const { schema: said } = taken(schema);
    expect(JSON.stringify(said['properties'])).toBe('{"__proto__":{"type":"string"}}');
    expect(Object.getPrototypeOf(said)).toBe(Object.prototype);
  });

  it.each([{ items: 7 }, { properties: [] }, { anyOf: {} }, { $ref: 7 }, { description: 7, minLength: 1 }])(
    'is read without harm: %j',
    (schema) => {
      expect(taken(schema).objection).toBeUndefined();
    },
  );
});
