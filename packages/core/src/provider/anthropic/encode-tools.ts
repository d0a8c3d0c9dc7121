/** Tools and the choice among them: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools */
import { isRecord, isUnset } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Conversation } from '../conversation/conversation.js';
import { callsOf } from '../conversation/read-conversation.js';
import type { Remarks } from '../conversation/remarks.js';
import { cacheControlOf } from './content-blocks.js';

export interface WireTool extends Fields {
  readonly name: string;
  readonly input_schema: Fields;
}

export type WireToolChoice =
  | { readonly type: 'none' }
  | { readonly type: 'auto' | 'any'; readonly disable_parallel_tool_use?: true }
  | { readonly type: 'tool'; readonly name: string; readonly disable_parallel_tool_use?: true };

export interface WireTools {
  readonly tools?: readonly WireTool[];
  readonly tool_choice?: WireToolChoice;
}

/** Nothing where the request has no tools and the conversation no calls. */
export function encodeTools(request: OpenAIRequest, conversation: Conversation, remarks: Remarks): WireTools {
  const functions = request.functions ?? [];
  const tools = [
    ...(request.tools ?? []).map((tool) => toolOf(tool, remarks)),
    ...functions.map((definition) => functionOf({ ...definition }, remarks)),
  ].filter((tool) => tool !== undefined);
  if (functions.length > 0) remarks.change('functions are sent as tools, and called as tools');
  const { choice, allowed } = choiceOf(request, remarks);
  const offered = allowed === undefined ? tools : tools.filter(({ name }) => allowed.has(name));
  if (offered.length === 0) return toolsOfThePast(conversation, remarks);
  const wireChoice = withParallelism(choice, request);
  return wireChoice === undefined ? { tools: offered } : { tools: offered, tool_choice: wireChoice };
}

/** Whether the model has to call a tool. */
export function isForced({ tool_choice: choice }: WireTools): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}

/** Calls without any tools declared are refused. */
function toolsOfThePast({ turns }: Conversation, remarks: Remarks): WireTools {
  const names = new Set(turns.flatMap(callsOf).map(({ name }) => name));
  if (names.size === 0) return {};
  remarks.change('tools of earlier calls are declared again, not to be called');
  return { tools: [...names].map((name) => ({ name, input_schema: ANYTHING })), tool_choice: { type: 'none' } };
}

const ANYTHING = { type: 'object' };

function toolOf(tool: Fields, remarks: Remarks): WireTool | undefined {
  if (tool['type'] !== 'function' || !isRecord(tool['function'])) {
    remarks.object('cannot take tools other than functions');
    return undefined;
  }
  return { ...functionOf(tool['function'], remarks), ...cacheControlOf(tool) };
}

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

function functionOf(definition: Fields, remarks: Remarks): WireTool {
  const { name, description, parameters, strict } = definition;
  if (typeof name !== 'string' || !NAME.test(name)) remarks.object('cannot take a tool of this name');
  // The schemas that it enforces are few and small, and others are refused; unenforced, any will do.
  if (strict === true) remarks.change('strict is left out of tools');
  return {
    name: String(name),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    input_schema: inputSchemaOf(parameters, remarks),
  };
}

function inputSchemaOf(parameters: unknown, remarks: Remarks): Fields {
  if (!isRecord(parameters)) return { type: 'object', properties: {} };
  // "input_schema does not support oneOf, allOf, or anyOf at the top level"
  if (['oneOf', 'anyOf', 'allOf'].some((name) => !isUnset(parameters[name]))) {
    remarks.object('cannot take a tool whose parameters are a choice of schemas');
  }
  return { type: 'object', ...parameters };
}

interface Choice {
  readonly choice: WireToolChoice | undefined;
  /** Names of the tools that may be called; undefined for all. */
  readonly allowed?: ReadonlySet<unknown>;
}

function choiceOf(request: OpenAIRequest, remarks: Remarks): Choice {
  const { tool_choice: choice, function_call: older } = request;
  if (isRecord(choice)) return namedChoice(choice, remarks);
  if (isRecord(older)) return { choice: { type: 'tool', name: older.name } };
  return { choice: CHOICES.get(choice ?? older) };
}

const CHOICES: ReadonlyMap<unknown, WireToolChoice> = new Map([
  ['none', { type: 'none' }],
  ['auto', { type: 'auto' }],
  ['required', { type: 'any' }],
]);

function namedChoice(choice: Fields, remarks: Remarks): Choice {
  const { type, function: called, allowed_tools: allowed } = choice;
  if (type === 'function' && isRecord(called)) return { choice: { type: 'tool', name: String(called['name']) } };
  if (type === 'allowed_tools' && isRecord(allowed)) {
    const names = Array.isArray(allowed['tools']) ? allowed['tools'].map(nameOf) : [];
    return { choice: { type: allowed['mode'] === 'required' ? 'any' : 'auto' }, allowed: new Set(names) };
  }
  remarks.object('cannot be told to call anything but a function');
  return { choice: undefined };
}

function nameOf(tool: unknown): unknown {
  return isRecord(tool) && isRecord(tool['function']) ? tool['function']['name'] : undefined;
}

function withParallelism(choice: WireToolChoice | undefined, request: OpenAIRequest): WireToolChoice | undefined {
  if (request.parallel_tool_calls !== false || choice?.type === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}
