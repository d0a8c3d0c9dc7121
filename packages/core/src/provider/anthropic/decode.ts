/** A whole message as a completion: https://platform.claude.com/docs/en/api/messages */
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { ChatCompletion, ChatReplyMessage, ChatToolCall } from '../../request/chat-types.js';
import { EXPLAINS_EMPTINESS } from '../../stream/chunk-facts.js';
import type { WireHeaders } from '../../transport/transport.js';
import type { Thought, WithThoughts } from '../conversation/thoughts.js';
import type { Decoded } from '../dialect.js';
import { broken, readJsonReply, writeJson } from '../json-reply.js';
import { argumentsOf } from './call-input.js';
import { finishReasonOf, refusalIn, UsageCounts } from './reply-facts.js';
import { encryptedThought, signedThought } from './thinking-blocks.js';

export function decodeMessage(headers: WireHeaders, body: Buffer): Decoded {
  const read = readJsonReply(headers, body);
  if (!read.ok) return read;
  const { content, stop_reason: stopReason, usage, id, model } = read.reply;
  if (!Array.isArray(content)) return broken('the reply has no content');
  if (writeJson(content) === undefined) return broken('the reply is nested too deeply');
  const message = messageOf(content, refusalIn(read.reply));
  const reason = finishReasonOf(textOf(stopReason), message.tool_calls !== undefined);
  const isExplained = EXPLAINS_EMPTINESS.has(reason) || stopReason === 'stop_sequence';
  if (saysNothing(message) && !isExplained) return broken('the answer is empty');
  const counts = new UsageCounts();
  counts.add(usage);
  const whole = counts.whole();
  const completion: ChatCompletion = {
    id: textOf(id),
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: textOf(model),
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
    ...(whole === undefined ? {} : { usage: whole }),
  };
  return { ok: true, completion };
}

type ReplyMessage = ChatReplyMessage & WithThoughts;

/** Blocks of other types belong to tools that the provider runs itself. */
function messageOf(content: readonly unknown[], refusal: string | undefined): ReplyMessage {
  const blocks = content.map((block, index) => ({ block: isRecord(block) ? block : {}, index }));
  const said = blocks.map(({ block }) => (block['type'] === 'text' ? textOf(block['text']) : '')).join('');
  const thought = blocks.map(({ block }) => (block['type'] === 'thinking' ? textOf(block['thinking']) : '')).join('');
  const thoughts = blocks.map(({ block, index }) => thoughtOf(block, index)).filter((one) => one !== undefined);
  const calls = blocks.map(({ block }) => callOf(block)).filter((call) => call !== undefined);
  const message: ReplyMessage = { role: 'assistant', content: said === '' ? null : said, refusal: refusal ?? null };
  if (thought !== '') message.reasoning_content = thought;
  if (thoughts.length > 0) message.reasoning_details = thoughts;
  if (calls.length > 0) message.tool_calls = calls;
  return message;
}

function thoughtOf({ type, thinking, signature, data }: Fields, index: number): Thought | undefined {
  if (type === 'redacted_thinking' && textOf(data) !== '') return encryptedThought(textOf(data), index);
  if (type !== 'thinking' || textOf(signature) === '') return undefined;
  return signedThought(textOf(thinking), textOf(signature), index);
}

function callOf({ type, id, name, input }: Fields): ChatToolCall | undefined {
  if (type !== 'tool_use') return undefined;
  return { id: textOf(id), type: 'function', function: { name: textOf(name), arguments: argumentsOf(input) ?? '' } };
}

function saysNothing({ content, refusal, tool_calls: calls, reasoning_content: thought }: ReplyMessage): boolean {
  return content === null && refusal === null && calls === undefined && thought === undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
