/**
 * A JSON Schema as the API enforces it, which is less than JSON Schema can say:
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 *
 * Objects have to be closed, and limits of numbers, lengths and counts are refused. Such limits are told to the model in the description
 * instead, so that they are kept as a rule, if not by force.
 */
import { isRecord, isUnset } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { Remarks } from '../conversation/remarks.js';

/** Taken as they are. */
const PLAIN: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'default',
  'const',
  'enum',
  'required',
  '$ref',
]);
/** Schemas by name. */
const NAMED: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
/** Say nothing about the value. */
const NOTES: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);
/** What its regular expressions do not have: groups that look around, references back, word boundaries. */
const HARD_PATTERN = /\(\?[^:]|\\[bB1-9]/;

/** Deeper than any schema that would be taken; only so that nobody's nesting overflows the stack. */
const DEEPEST = 100;

export function outputSchema(schema: Fields, remarks: Remarks): Fields {
  return new SchemaReader(remarks).read(schema, 0);
}

class SchemaReader {
  readonly #remarks: Remarks;

  constructor(remarks: Remarks) {
    this.#remarks = remarks;
  }

  read(schema: Fields, depth: number): Fields {
    if (depth > DEEPEST) {
      this.#remarks.object('cannot take a schema of this depth');
      return schema;
    }
    const taken: Record<string, unknown> = {};
    const limits: string[] = [];
    for (const [name, value] of Object.entries(schema)) {
      const said = this.#keyword(name, value, depth);
      if (said !== undefined) Object.assign(taken, said);
      else if (!NOTES.has(name)) limits.push(`${name}: ${JSON.stringify(value)}`);
    }
    if (isObjectSchema(schema)) taken['additionalProperties'] = this.#closed(schema);
    if (limits.length > 0) this.#tell(taken, limits);
    return taken;
  }

  /** `undefined` where it cannot be enforced. */
  #keyword(name: string, value: unknown, depth: number): Fields | undefined {
    // Told by `#closed`.
    if (name === 'additionalProperties') return {};
    if (PLAIN.has(name)) return { [name]: value };
    if (NAMED.has(name) && isRecord(value)) return { [name]: this.#byName(value, depth) };
    if ((name === 'anyOf' || name === 'oneOf') && Array.isArray(value)) return { anyOf: this.#each(value, depth) };
    if (name === 'allOf' && Array.isArray(value)) return { allOf: this.#each(value, depth) };
    if (name === 'items' && isRecord(value)) return { items: this.read(value, depth + 1) };
    if (name === 'format' && FORMATS.has(value)) return { format: value };
    if (name === 'minItems' && (value === 0 || value === 1)) return { minItems: value };
    if (name === 'pattern' && typeof value === 'string' && !HARD_PATTERN.test(value)) return { pattern: value };
    return undefined;
  }

  #byName(schemas: Fields, depth: number): Fields {
    return Object.fromEntries(Object.entries(schemas).map(([name, value]) => [name, this.#any(value, depth)]));
  }

  #each(schemas: readonly unknown[], depth: number): unknown[] {
    return schemas.map((value) => this.#any(value, depth));
  }

  #any(value: unknown, depth: number): unknown {
    return isRecord(value) ? this.read(value, depth + 1) : value;
  }

  /** Always false. A map of any keys cannot be said at all; keys beside known ones may be done without. */
  #closed({ properties, additionalProperties: more }: Fields): false {
    const hasNames = isRecord(properties) && Object.keys(properties).length > 0;
    if (more === false) return false;
    if (isRecord(more) || !hasNames) this.#remarks.object('cannot hold an answer to a schema with keys of any name');
    else if (more === true) this.#remarks.change('the answer has no keys beside those of the schema');
    return false;
  }

  #tell(taken: Record<string, unknown>, limits: readonly string[]): void {
    this.#remarks.change('limits in the schema are told to the model, not enforced');
    const { description } = taken;
    const told = `(${limits.join(', ')})`;
    taken['description'] = typeof description === 'string' && description !== '' ? `${description} ${told}` : told;
  }
}

function isObjectSchema({ type, properties }: Fields): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || !isUnset(properties);
}
