/** Checks the conversation of a request: known roles, and the content and fields that each role needs. */
import { badRequest, isRecord, isUnset, kindOf, shown } from './bad-request.js';
import type { Fields } from './bad-request.js';
import { checkContent } from './content-parts.js';
import { isFilledArray } from './continuable.js';
import type { Needs } from './needs.js';

/** Notes what `messages` need and returns how many characters of prompt they hold. Paths are only built for a fault. */
export function checkMessages(messages: unknown, needs: Needs): number {
  if (!Array.isArray(messages)) {
    throw badRequest(
      'messages',
      messages === undefined ? 'is required: an array of messages' : `must be an array, not ${kindOf(messages)}`,
    );
  }
  const list: readonly unknown[] = messages;
  if (list.length === 0) throw badRequest('messages', 'must have at least one message');
  let characters = 0;
  for (let index = 0; index < list.length; index++) characters += checkMessage(list[index], index, needs);
  return characters;
}

function checkMessage(message: unknown, index: number, needs: Needs): number {
  if (!isRecord(message)) {
    throw badRequest(`messages[${index}]`, `must be an object with a role and content, not ${kindOf(message)}`);
  }
  if (!isUnset(message['name']) && typeof message['name'] !== 'string') {
    throw badRequest(`messages[${index}].name`, `must be a string, not ${kindOf(message['name'])}`);
  }
  switch (message['role']) {
    case 'user':
    case 'system':
    case 'developer':
      return checkContent(message['content'], index, needs);
    case 'assistant':
      return checkAssistant(message, index, needs);
    case 'tool':
      requireString(message, 'tool_call_id', index);
      needs.add('tools');
      return checkContent(message['content'], index, needs);
    case 'function':
      requireString(message, 'name', index);
      needs.add('tools');
      return isUnset(message['content']) ? 0 : checkContent(message['content'], index, needs);
    default:
      throw badRequest(
        `messages[${index}].role`,
        `must be one of system, developer, user, assistant, tool, function; found ${shown(message['role'])}`,
      );
  }
}

function requireString(message: Fields, field: string, index: number): void {
  const value = message[field];
  if (typeof value === 'string' && value !== '') return;
  const found = value === '' ? 'must not be empty' : `must be a string; it is ${kindOf(value)}`;
  throw badRequest(`messages[${index}].${field}`, found);
}

function checkAssistant(message: Fields, index: number, needs: Needs): number {
  const { tool_calls: toolCalls, function_call: functionCall, refusal, audio, content } = message;
  let characters = 0;
  if (!isUnset(toolCalls)) characters += checkToolCalls(toolCalls, index);
  if (!isUnset(functionCall)) characters += checkCall(functionCall, 'arguments', `messages[${index}].function_call`);
  if (!isUnset(refusal) && typeof refusal !== 'string') {
    throw badRequest(`messages[${index}].refusal`, `must be a string, not ${kindOf(refusal)}`);
  }
  if (isFilledArray(toolCalls) || !isUnset(functionCall)) needs.add('tools');
  if (!isUnset(audio)) needs.add('audio');
  if (!isUnset(content)) return characters + checkContent(content, index, needs);
  if (isUnset(toolCalls) && isUnset(functionCall) && isUnset(refusal) && isUnset(audio)) {
    throw badRequest(
      `messages[${index}].content`,
      'is required of an assistant message without tool_calls, function_call, refusal or audio',
    );
  }
  return characters;
}

/** An empty array passes: OpenAI refuses it, others write it themselves, and the upstream's words say what is wrong. */
function checkToolCalls(toolCalls: unknown, message: number): number {
  if (!Array.isArray(toolCalls)) {
    throw badRequest(`messages[${message}].tool_calls`, `must be an array, not ${kindOf(toolCalls)}`);
  }
  const list: readonly unknown[] = toolCalls;
  let characters = 0;
  for (const [index, call] of list.entries()) {
    const path = `messages[${message}].tool_calls[${index}]`;
    if (!isRecord(call)) throw badRequest(path, `must be an object, not ${kindOf(call)}`);
    if (typeof call['id'] !== 'string') throw badRequest(`${path}.id`, `must be a string; it is ${kindOf(call['id'])}`);
    characters += checkTypedCall(call, path);
  }
  return characters;
}

/** Types that only some service knows pass through; without a type it is a function, as before there were others. */
function checkTypedCall(call: Fields, path: string): number {
  const type = call['type'];
  if (type === undefined || type === 'function') return checkCall(call['function'], 'arguments', `${path}.function`);
  if (type === 'custom') return checkCall(call['custom'], 'input', `${path}.custom`);
  if (typeof type === 'string') return 0;
  throw badRequest(`${path}.type`, `must be "function" or "custom"; found ${shown(type)}`);
}

function checkCall(call: unknown, input: 'arguments' | 'input', path: string): number {
  if (!isRecord(call)) throw badRequest(path, `must be an object with name and ${input}; it is ${kindOf(call)}`);
  if (typeof call['name'] !== 'string') {
    throw badRequest(`${path}.name`, `must be a string; it is ${kindOf(call['name'])}`);
  }
  const value = call[input];
  if (typeof value === 'string') return value.length;
  throw badRequest(`${path}.${input}`, `must be a string of JSON; it is ${kindOf(value)}`);
}
