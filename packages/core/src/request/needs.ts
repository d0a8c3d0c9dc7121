/** What a request needs of a model beside text: found while it is checked, by the names of the model's capabilities. */
import type { Capability } from '../config/settings.js';
import { isRecord } from './bad-request.js';
import type { Fields } from './bad-request.js';
import { isFilledArray } from './continuable.js';

/** Gathers, each once; nearly always there are none. */
export class Needs {
  readonly #all: Capability[] = [];

  add(capability: Capability): void {
    if (!this.#all.includes(capability)) this.#all.push(capability);
  }

  get all(): readonly Capability[] {
    return this.#all;
  }
}

/** Those that the fields beside the messages tell. */
export function addNeedsOf(fields: Fields, needs: Needs): void {
  const { tools, functions, response_format: format, modalities, n, stop } = fields;
  if (isFilledArray(tools) || isFilledArray(functions)) {
    needs.add('tools');
    // A wish that is not said is no need: who calls one tool after the other serves as well.
    if (fields['parallel_tool_calls'] === true) needs.add('parallelTools');
  }
  if (isRecord(format) && format['type'] === 'json_schema') needs.add('jsonSchema');
  if (isRecord(format) && format['type'] === 'json_object') needs.add('jsonMode');
  if (isRecord(fields['audio']) || (Array.isArray(modalities) && modalities.includes('audio'))) needs.add('speech');
  if (typeof n === 'number' && n > 1) needs.add('n');
  if ((typeof stop === 'string' && stop !== '') || isFilledArray(stop)) needs.add('stop');
}
