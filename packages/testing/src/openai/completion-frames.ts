/** A completion as the stream of the same answer, as server-sent events. */
import type { SseFrame } from '../faulty-upstream/sse-frame.js';
import { chunkMaker, doneFrame } from './chunk.js';
import { fieldsIn, isFields } from './fields.js';
import type { Fields } from './fields.js';
import { asksForUsage } from './usage.js';
import { words } from './words.js';

/** The texts of a message, in the order in which models write them. */
const TEXTS = ['reasoning_content', 'content', 'refusal'];

/** What has been sent by then. */
const SENT: ReadonlySet<string> = new Set(['role', ...TEXTS]);

/**
 * For each choice the role, its texts word by word, its tool calls one by one, the `finish_reason`; then usage if the request
 * asks for it, and `[DONE]`. Fields of the completion that we do not know are in each chunk.
 *
 * @param request the fields of its body.
 */
export function* completionFrames(completion: Fields, request: Fields): Generator<SseFrame> {
  const { choices, usage, ...envelope } = completion;
  const chunk = chunkMaker(envelope);
  for (const [index, choice] of fieldsIn(choices).entries()) {
    for (const part of choiceParts({ index, ...choice })) yield chunk([part]);
  }
  if (isFields(usage) && asksForUsage(request)) yield chunk([], { usage });
  yield doneFrame;
}

/** The log probabilities come in one piece, with the first of what they are about. */
function* choiceParts({ message, finish_reason: finish = null, logprobs, ...place }: Fields): Generator<object> {
  const said = isFields(message) ? message : {};
  const { role = 'assistant', content } = said;
  yield { ...place, delta: { role, content: typeof content === 'string' ? '' : null }, finish_reason: null };
  let probabilities = logprobs;
  for (const delta of deltasOf(said)) {
    yield { ...place, delta, finish_reason: null, ...(probabilities !== undefined && { logprobs: probabilities }) };
    probabilities = undefined;
  }
  yield { ...place, delta: {}, finish_reason: finish, ...(probabilities !== undefined && { logprobs: probabilities }) };
}

function* deltasOf({ tool_calls: calls, ...fields }: Fields): Generator<object> {
  for (const name of TEXTS) {
    const text = fields[name];
    if (typeof text !== 'string') continue;
    for (const word of words(text)) yield { [name]: word };
  }
  for (const [index, call] of fieldsIn(calls).entries()) yield { tool_calls: [{ index, ...call }] };
  const others = Object.entries(fields).filter(([name, value]) => !SENT.has(name) && value !== null);
  if (others.length > 0) yield Object.fromEntries(others);
}
