/** Tells a chunk in OpenAI's own form from one that needs a closer look. Asked for every event of every stream: it allocates nothing. */

/** What JSON's objects are parsed into. Read by plain names only, none of which `Object.prototype` has. */
export type Fields = Readonly<Record<string, unknown>>;

/** OpenAI allows 128 choices and 128 tools; a larger index would make somebody allocate as many. */
const MAX_INDEX = 127;

/** Everything that `ChatChunk` promises and anyone reads. `id`, `created` and `model` may be missing. */
export function isOrdinaryChunk(given: Fields): boolean {
  return (
    Array.isArray(given['choices']) &&
    given['choices'].every(isOrdinaryChoice) &&
    typeof given['object'] === 'string' &&
    isOptionalText(given['id']) &&
    isOptionalText(given['model']) &&
    isOptionalNumber(given['created']) &&
    isOrdinaryUsage(given['usage']) &&
    given['error'] === undefined
  );
}

function isOrdinaryChoice(choice: unknown): boolean {
  return (
    isFields(choice) &&
    isIndex(choice['index']) &&
    isOrdinaryDelta(choice['delta']) &&
    isOrdinaryFinish(choice['finish_reason']) &&
    isOrdinaryLogprobs(choice['logprobs']) &&
    !choice['error']
  );
}

function isOrdinaryDelta(delta: unknown): boolean {
  if (!isFields(delta)) return false;
  const { role, tool_calls: calls } = delta;
  return (
    isOptionalText(delta['content']) &&
    isOptionalText(delta['refusal']) &&
    isOptionalText(delta['reasoning_content']) &&
    isOptionalText(delta['reasoning']) &&
    (role === undefined || role === 'assistant') &&
    (calls === undefined || (Array.isArray(calls) && calls.every(isOrdinaryToolCall))) &&
    (delta['function_call'] === undefined || isOrdinaryCall(delta['function_call'], 'arguments'))
  );
}

function isOrdinaryToolCall(call: unknown): boolean {
  if (!isFields(call) || !isIndex(call['index'])) return false;
  const { id, type, function: called, custom } = call;
  if (id !== undefined && typeof id !== 'string') return false;
  if (type !== undefined && type !== 'function' && type !== 'custom') return false;
  if (custom !== undefined) return called === undefined && isOrdinaryCall(custom, 'input');
  return isOrdinaryCall(called, 'arguments');
}

export function isOrdinaryCall(called: unknown, given: 'arguments' | 'input'): boolean {
  if (!isFields(called)) return false;
  const { name } = called;
  const text = called[given];
  return (name === undefined || typeof name === 'string') && (text === undefined || typeof text === 'string');
}

/** `error` is OpenRouter's, and no end of an answer. */
function isOrdinaryFinish(reason: unknown): boolean {
  return reason === null || (typeof reason === 'string' && reason !== '' && reason !== 'error');
}

export function isOrdinaryLogprobs(logprobs: unknown): boolean {
  if (logprobs === undefined || logprobs === null) return true;
  return isFields(logprobs) && isOptionalList(logprobs['content']) && isOptionalList(logprobs['refusal']);
}

export function isOrdinaryUsage(usage: unknown): boolean {
  if (usage === undefined || usage === null) return true;
  if (!isFields(usage)) return false;
  return isCount(usage['prompt_tokens']) && isCount(usage['completion_tokens']) && isCount(usage['total_tokens']);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INDEX;
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

export function isOptionalText(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || value === undefined || value === null;
}

export function isOptionalNumber(value: unknown): value is number | null | undefined {
  return typeof value === 'number' || value === undefined || value === null;
}

function isOptionalList(value: unknown): boolean {
  return Array.isArray(value) || value === undefined || value === null;
}
