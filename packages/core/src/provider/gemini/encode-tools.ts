/** Tools and the choice among them: https://ai.google.dev/gemini-api/docs/generate-content/function-calling */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Remarks } from '../conversation/remarks.js';
import { jsonSchema } from './json-schema.js';
import { fieldsOf, listOf } from './loose-json.js';

export interface WireFunction {
  readonly name: string;
  readonly description?: string;
  readonly parametersJsonSchema?: Fields;
}

export interface WireCalling {
  /** `VALIDATED` is `AUTO` that keeps to the schemas; `ANY` has to call, and keeps to them too. */
  readonly mode: 'AUTO' | 'ANY' | 'NONE' | 'VALIDATED';
  readonly allowedFunctionNames?: readonly string[];
}

export interface WireTools {
  readonly tools?: readonly { readonly functionDeclarations: readonly WireFunction[] }[];
  readonly toolConfig?: { readonly functionCallingConfig: WireCalling };
}

export interface EncodedTools {
  readonly fields: WireTools;
  /** Whether the model has to call a tool, may, or cannot. */
  readonly calls: 'must' | 'may' | 'never';
}

const NO_TOOLS: EncodedTools = { fields: {}, calls: 'never' };

/** Calls of the past need no tools to be declared. */
export function encodeTools(request: OpenAIRequest, remarks: Remarks): EncodedTools {
  const functions = request.functions ?? [];
  const { calling, allowed } = callingOf(request, remarks);
  const given = [...(request.tools ?? []).map((tool) => functionIn(tool, remarks)), ...functions.map(fieldsOf)]
    .filter((definition) => definition !== undefined)
    .filter(({ name }) => allowed === undefined || allowed.has(name));
  if (functions.length > 0) remarks.change('functions are sent as tools, and called as tools');
  if (given.length === 0) return NO_TOOLS;
  if (request.parallel_tool_calls === false) remarks.change('parallel_tool_calls is left out');
  const tools = [{ functionDeclarations: given.map((definition) => declarationOf(definition, remarks)) }];
  const chosen = given.some(({ strict }) => strict === true) ? kept(calling) : calling;
  const config = chosen === undefined ? {} : { toolConfig: { functionCallingConfig: chosen } };
  return { fields: { tools, ...config }, calls: CALLS[chosen?.mode ?? 'AUTO'] };
}

const CALLS = { ANY: 'must', NONE: 'never', AUTO: 'may', VALIDATED: 'may' } as const;

/** One strict tool binds them all. */
function kept(calling: WireCalling | undefined): WireCalling {
  return calling === undefined || calling.mode === 'AUTO' ? { mode: 'VALIDATED' } : calling;
}

function functionIn(tool: Fields, remarks: Remarks): Fields | undefined {
  if (tool['type'] === 'function' && isRecord(tool['function'])) return tool['function'];
  remarks.object('cannot take tools other than functions');
  return undefined;
}

/** https://ai.google.dev/api/caching#FunctionDeclaration */
const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

function declarationOf({ name, description, parameters, strict }: Fields, remarks: Remarks): WireFunction {
  if (typeof name !== 'string' || !NAME.test(name)) remarks.object('cannot take a tool of this name');
  const schema = isRecord(parameters) ? jsonSchema(parameters, strict === true, remarks) : {};
  const takesNothing = Object.keys(schema).length === 0;
  return {
    name: String(name),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    ...(takesNothing ? {} : { parametersJsonSchema: { type: 'object', ...schema } }),
  };
}

interface Choice {
  readonly calling: WireCalling | undefined;
  /** Names of the tools that may be called; undefined for all. */
  readonly allowed?: ReadonlySet<unknown>;
}

function callingOf(request: OpenAIRequest, remarks: Remarks): Choice {
  const { tool_choice: choice, function_call: older } = request;
  if (isRecord(choice)) return namedChoice(choice, remarks);
  if (isRecord(older)) return { calling: only(older.name) };
  return { calling: MODES.get(choice ?? older) };
}

const MODES: ReadonlyMap<unknown, WireCalling> = new Map([
  ['none', { mode: 'NONE' }],
  ['auto', { mode: 'AUTO' }],
  ['required', { mode: 'ANY' }],
]);

function only(name: unknown): WireCalling {
  return { mode: 'ANY', allowedFunctionNames: [String(name)] };
}

function namedChoice(choice: Fields, remarks: Remarks): Choice {
  const { type, function: called, allowed_tools: allowed } = choice;
  if (type === 'function' && isRecord(called)) return { calling: only(called['name']) };
  if (type === 'allowed_tools' && isRecord(allowed)) {
    const names = listOf(allowed['tools']).map((tool) => fieldsOf(fieldsOf(tool)['function'])['name']);
    return { calling: { mode: allowed['mode'] === 'required' ? 'ANY' : 'AUTO' }, allowed: new Set(names) };
  }
  remarks.object('cannot be told to call anything but a function');
  return { calling: undefined };
}
