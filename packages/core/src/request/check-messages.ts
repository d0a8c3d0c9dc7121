/** Checks the conversation of a request: known roles, and the content and fields that each role needs. */
import { Attachment } from '../tokens/attachment.js';
import type { Prompt } from '../tokens/prompt.js';
import { badRequest, isRecord, isUnset, kindOf, shown } from './bad-request.js';
import type { Fields } from './bad-request.js';
import { checkContent } from './content-parts.js';
import { isLongCallId } from './call-ids.js';
import { isFilledArray } from './continuable.js';
import type { Findings } from './findings.js';

/** Notes what `messages` need and what of them a model reads. Paths are only built for a fault. */
export function checkMessages(messages: unknown, found: Findings): void {
  if (!Array.isArray(messages)) {
    throw badRequest(
      'messages',
      messages === undefined ? 'is required: an array of messages' : `must be an array, not ${kindOf(messages)}`,
    );
  }
  const list: readonly unknown[] = messages;
  if (list.length === 0) throw badRequest('messages', 'must have at least one message');
  for (let index = 0; index < list.length; index++) checkMessage(list[index], index, found);
}

function checkMessage(message: unknown, index: number, found: Findings): void {
  if (!isRecord(message)) {
    throw badRequest(`messages[${index}]`, `must be an object with a role and content, not ${kindOf(message)}`);
  }
  if (!isUnset(message['name']) && typeof message['name'] !== 'string') {
    throw badRequest(`messages[${index}].name`, `must be a string, not ${kindOf(message['name'])}`);
  }
  found.prompt.addMessage();
  if (typeof message['name'] === 'string') found.prompt.addText(message['name']);
  switch (message['role']) {
    case 'user':
    case 'system':
    case 'developer':
      return checkContent(message['content'], index, found);
    case 'assistant':
      return checkAssistant(message, index, found);
    case 'tool':
      found.hasLongCallIds ||= isLongCallId(requireString(message, 'tool_call_id', index));
      found.needs.add('tools');
      return checkContent(message['content'], index, found);
    case 'function':
      requireString(message, 'name', index);
      found.needs.add('tools');
      if (!isUnset(message['content'])) checkContent(message['content'], index, found);
      return;
    default:
      throw badRequest(
        `messages[${index}].role`,
        `must be one of system, developer, user, assistant, tool, function; found ${shown(message['role'])}`,
      );
  }
}

function requireString(message: Fields, field: string, index: number): string {
  const value = message[field];
  if (typeof value === 'string' && value !== '') return value;
  const found = value === '' ? 'must not be empty' : `must be a string; it is ${kindOf(value)}`;
  throw badRequest(`messages[${index}].${field}`, found);
}

function checkAssistant(message: Fields, index: number, found: Findings): void {
  const { tool_calls: toolCalls, function_call: functionCall, refusal, audio, content } = message;
  const { needs, prompt } = found;
  if (!isUnset(toolCalls)) checkToolCalls(toolCalls, index, found);
  if (!isUnset(functionCall)) {
    addCall(prompt, checkCall(functionCall, 'arguments', `messages[${index}].function_call`));
  }
  if (!isUnset(refusal)) {
    if (typeof refusal !== 'string') {
      throw badRequest(`messages[${index}].refusal`, `must be a string, not ${kindOf(refusal)}`);
    }
    prompt.addText(refusal);
  }
  if (isFilledArray(toolCalls) || !isUnset(functionCall)) needs.add('tools');
  if (!isUnset(audio)) {
    needs.add('audio');
    prompt.addAttachment(new Attachment('audio', ''));
  }
  if (!isUnset(content)) return checkContent(content, index, found);
  if (isUnset(toolCalls) && isUnset(functionCall) && isUnset(refusal) && isUnset(audio)) {
    throw badRequest(
      `messages[${index}].content`,
      'is required of an assistant message without tool_calls, function_call, refusal or audio',
    );
  }
}

/** An empty array passes: OpenAI refuses it, others write it themselves, and the upstream's words say what is wrong. */
function checkToolCalls(toolCalls: unknown, message: number, found: Findings): void {
  if (!Array.isArray(toolCalls)) {
    throw badRequest(`messages[${message}].tool_calls`, `must be an array, not ${kindOf(toolCalls)}`);
  }
  const list: readonly unknown[] = toolCalls;
  for (const [index, call] of list.entries()) {
    const path = `messages[${message}].tool_calls[${index}]`;
    if (!isRecord(call)) throw badRequest(path, `must be an object, not ${kindOf(call)}`);
    if (typeof call['id'] !== 'string') throw badRequest(`${path}.id`, `must be a string; it is ${kindOf(call['id'])}`);
    found.hasLongCallIds ||= isLongCallId(call['id']);
    addCall(found.prompt, checkTypedCall(call, path));
  }
}

/** Types that only some service knows pass through; without a type it is a function, as before there were others. */
function checkTypedCall(call: Fields, path: string): CheckedCall | undefined {
  const type = call['type'];
  if (type === undefined || type === 'function') return checkCall(call['function'], 'arguments', `${path}.function`);
  if (type === 'custom') return checkCall(call['custom'], 'input', `${path}.custom`);
  if (typeof type === 'string') return undefined;
  throw badRequest(`${path}.type`, `must be "function" or "custom"; found ${shown(type)}`);
}

interface CheckedCall {
  readonly name: string;
  readonly input: string;
}

function addCall(prompt: Prompt, call: CheckedCall | undefined): void {
  prompt.addToolCall();
  if (call === undefined) return;
  prompt.addText(call.name);
  prompt.addText(call.input);
}

function checkCall(call: unknown, input: 'arguments' | 'input', path: string): CheckedCall {
  if (!isRecord(call)) throw badRequest(path, `must be an object with name and ${input}; it is ${kindOf(call)}`);
  const { name } = call;
  if (typeof name !== 'string') throw badRequest(`${path}.name`, `must be a string; it is ${kindOf(name)}`);
  const value = call[input];
  if (typeof value === 'string') return { name, input: value };
  throw badRequest(`${path}.${input}`, `must be a string of JSON; it is ${kindOf(value)}`);
}
