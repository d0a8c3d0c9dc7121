/** A whole reply as a completion: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
import type { Failure } from '../../judgement/failure.js';
import { isRecord } from '../../request/bad-request.js';
import type { ChatChoice, ChatCompletion, ChatReplyMessage } from '../../request/chat-types.js';
import { EXPLAINS_EMPTINESS } from '../../stream/chunk-facts.js';
import { isEntryIndex } from '../../stream/entry-index.js';
import type { WireHeaders } from '../../transport/transport.js';
import type { WithThoughts } from '../conversation/thoughts.js';
import type { Decoded } from '../dialect.js';
import { broken, errorInside, parseJson, readJsonReply } from '../json-reply.js';
import { ReplyCallIds } from './call-ids.js';
import { CandidateReader, type Delta, type ReplyImage } from './candidate-reader.js';
import { fieldsOf, listOf, textOf } from './loose-json.js';
import { blockOf, endOf, logprobsOf, refusalIn, UsageCounts } from './reply-facts.js';

export function decodeResponse(headers: WireHeaders, body: Buffer, mayBeEmpty: boolean): Decoded {
  const read = readJsonReply(headers, body);
  if (!read.ok) return listedError(headers, body) ?? read;
  const { candidates, promptFeedback, responseId, modelVersion, usageMetadata } = read.reply;
  const id = textOf(responseId);
  const listed = listOf(candidates).filter(isRecord);
  if (listed.length === 0) {
    const blocked = blockOf(promptFeedback, headers);
    return blocked === undefined ? broken('the reply has no candidates') : { ok: false, failure: blocked };
  }
  const ids = new ReplyCallIds();
  const choices: ChatChoice[] = [];
  for (const [position, candidate] of listed.entries()) {
    const reader = new CandidateReader(ids);
    const choice = choiceOf(candidate, position, reader, id);
    if ('kind' in choice) return { ok: false, failure: choice };
    const stopped = mayBeEmpty && candidate['finishReason'] === 'STOP';
    if (!reader.anything && !stopped && !EXPLAINS_EMPTINESS.has(choice.finish_reason))
      return broken('the answer is empty');
    choices.push(choice);
  }
  const counts = new UsageCounts();
  counts.add(usageMetadata);
  const usage = counts.whole();
  const completion: ChatCompletion = {
    id,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: textOf(modelVersion),
    choices,
    ...(usage === undefined ? {} : { usage }),
  };
  return { ok: true, completion };
}

/** Google reports some errors in a list. */
function listedError(headers: WireHeaders, body: Buffer): Decoded | undefined {
  const text = body.toString('utf8');
  if (!/^\s*\[/.test(text)) return undefined;
  const isError = Boolean(fieldsOf(listOf(parseJson(text))[0])['error']);
  return isError ? { ok: false, failure: errorInside(headers, text) } : undefined;
}

function choiceOf(candidate: object, position: number, reader: CandidateReader, id: string): ChatChoice | Failure {
  const { content, finishReason, index, logprobsResult } = fieldsOf(candidate);
  const delta = reader.read(fieldsOf(content)['parts'], id);
  if (delta === undefined) return { kind: 'protocol', problem: 'the reply is nested too deeply' };
  const end = endOf(textOf(finishReason), reader) ?? (reader.calls ? 'tool_calls' : 'stop');
  if (typeof end === 'object') return end;
  return {
    index: isEntryIndex(index) ? index : position,
    message: messageOf(delta, refusalIn(candidate, end)),
    logprobs: logprobsOf(logprobsResult),
    finish_reason: end,
  };
}

interface ReplyMessage extends ChatReplyMessage, WithThoughts {
  images?: ReplyImage[];
}

function messageOf(delta: Delta, refusal: string | undefined): ReplyMessage {
  const { content, reasoning_content: thought, reasoning_details: details, tool_calls: calls, images } = delta;
  const message: ReplyMessage = { role: 'assistant', content: content ?? null, refusal: refusal ?? null };
  if (thought !== undefined) message.reasoning_content = thought;
  if (details !== undefined) message.reasoning_details = details;
  if (images !== undefined) message.images = images;
  if (calls !== undefined)
    message.tool_calls = calls.map(({ id, type, function: called }) => ({ id, type, function: called }));
  return message;
}
