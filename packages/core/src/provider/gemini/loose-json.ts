/** Reads JSON of which nobody has checked the shape: what is of another kind counts as nothing. */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';

const NO_FIELDS: Fields = {};

export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : NO_FIELDS;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
