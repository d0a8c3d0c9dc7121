/**
 * A JSON Schema in the part of the language that Gemini knows: `responseJsonSchema` in https://ai.google.dev/api/generate-content#GenerationConfig
 *
 * What it does not know would be ignored, or refused beside a `$ref`. As far as it can be said in other words it is; the rest is told to
 * the model in the description, so that it is kept as a rule, if not by force.
 */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { Remarks } from '../conversation/remarks.js';
import { textOf } from './loose-json.js';

/** Taken as they are. */
const PLAIN: ReadonlySet<string> = new Set([
  '$id',
  '$anchor',
  'type',
  'format',
  'title',
  'description',
  'enum',
  'required',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'propertyOrdering',
]);
/** Schemas by name, and what they are called here. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['properties', 'properties'],
  ['$defs', '$defs'],
  ['definitions', '$defs'],
]);
const LISTS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'prefixItems']);
/** Say nothing about the value. */
const NOTES: ReadonlySet<string> = new Set(['$schema', '$comment', 'examples', 'deprecated', 'readOnly', 'writeOnly']);

/** Deeper than any schema that would be taken; only so that nobody's nesting overflows the stack. */
const DEEPEST = 100;

/** @param enforced the schema was meant to be kept by force, so that it is remarked where it is not */
export function jsonSchema(schema: Fields, enforced: boolean, remarks: Remarks): Fields {
  return new SchemaReader(enforced, remarks).read(schema, 0);
}

class SchemaReader {
  readonly #enforced: boolean;
  readonly #remarks: Remarks;

  constructor(enforced: boolean, remarks: Remarks) {
    this.#enforced = enforced;
    this.#remarks = remarks;
  }

  read(schema: Fields, depth: number): Fields {
    if (depth > DEEPEST) {
      this.#remarks.object('cannot take a schema of this depth');
      return {};
    }
    const { $ref: reference, ...others } = schema;
    if (typeof reference === 'string') return this.#referring(reference, this.read(others, depth + 1));
    const taken: Record<string, unknown> = {};
    const told: string[] = [];
    for (const [name, value] of Object.entries(schema)) {
      const said = this.#keyword(name, value, schema, depth);
      if (said !== undefined) Object.assign(taken, said);
      else if (!NOTES.has(name)) told.push(this.#told(name, value));
    }
    if (told.length > 0) taken['description'] = `${textOf(schema['description'])} (${told.join(', ')})`.trimStart();
    return taken;
  }

  /** Beside a reference nothing is taken but what begins with `$`: https://github.com/anomalyco/opencode/issues/12295 */
  #referring(reference: string, others: Fields): Fields {
    const $ref = reference.replace(/^#\/definitions\//, '#/$defs/');
    const isAlone = Object.keys(others).every((name) => name.startsWith('$'));
    if (isAlone) return { $ref, ...others };
    if (!('anyOf' in others)) return { ...others, anyOf: [{ $ref }] };
    this.#remarks.change('a choice beside a $ref in a schema is left out');
    const { anyOf: _, ...rest } = others;
    return { ...rest, anyOf: [{ $ref }] };
  }

  /** `undefined` where it cannot be said. */
  #keyword(name: string, value: unknown, schema: Fields, depth: number): Fields | undefined {
    if (PLAIN.has(name)) return { [name]: value };
    const named = NAMED.get(name);
    if (named !== undefined && isRecord(value)) return { [named]: this.#byName(value, depth) };
    if (LISTS.has(name) && Array.isArray(value)) return { [name]: this.#each(value, depth) };
    switch (name) {
      case 'items':
        return Array.isArray(value) ? { prefixItems: this.#each(value, depth) } : { items: this.#any(value, depth) };
      case 'additionalProperties':
        return { [name]: this.#any(value, depth) };
      case 'allOf':
        // All of one is any of one.
        return Array.isArray(value) && value.length === 1 ? { anyOf: this.#each(value, depth) } : undefined;
      case 'const':
        return typeof value === 'string' || typeof value === 'number' ? { enum: [value] } : undefined;
      case 'exclusiveMinimum':
        return isWhole(schema, value) ? { minimum: value + 1 } : undefined;
      case 'exclusiveMaximum':
        return isWhole(schema, value) ? { maximum: value - 1 } : undefined;
      default:
        return undefined;
    }
  }

  #told(name: string, value: unknown): string {
    // A default is told anyway: it limits nothing.
    if (this.#enforced && name !== 'default') {
      this.#remarks.change('limits in the schema are told to the model, not enforced');
    }
    return `${name}: ${JSON.stringify(value)}`;
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
}

function isWhole({ type }: Fields, limit: unknown): limit is number {
  return type === 'integer' && Number.isInteger(limit);
}
