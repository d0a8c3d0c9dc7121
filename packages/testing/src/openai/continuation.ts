/** What a model would say that is asked to go on with an answer of which a part has been said. */
import { fieldsIn } from './fields.js';
import type { Fields } from './fields.js';

/** How many characters a model repeats that is told to begin by repeating. */
const REPEATED = 60;

/** What a model says that takes no prefill. */
export const PREFILL_REFUSED =
  'This model does not support assistant message prefill. The conversation must end with a user message.';

export type Continuation =
  /** The conversation asks for a new answer. */
  | { readonly kind: 'new'; readonly text: string }
  /** It ends with the beginning of the answer, as if the model had written it. */
  | { readonly kind: 'prefill'; readonly text: string }
  /** Its last message asks to begin by repeating the end of what the message before it says. */
  | { readonly kind: 'repeat'; readonly text: string };

/**
 * What there is to say of the whole answer, by the messages of a request.
 *
 * @throws Error when the conversation asks to go on with something that is not in the answer: a mistake of the test.
 */
export function continuationOf(answer: string, messages: unknown): Continuation {
  const all = fieldsIn(messages).map(messageOf);
  const [before, last] = [all.at(-2), all.at(-1)];
  if (last?.role === 'assistant') return { kind: 'prefill', text: answer.slice(endOfSaid(answer, last.text)) };
  if (last?.role !== 'user' || before?.role !== 'assistant' || !/\brepeat/i.test(last.text)) {
    return { kind: 'new', text: answer };
  }
  const rest = answer.slice(endOfSaid(answer, before.text));
  return { kind: 'repeat', text: repeatedOf(before.text, last.text) + rest };
}

/** Where in the answer ends what has been said of it: the longest end of it that the answer contains. */
function endOfSaid(answer: string, said: string): number {
  if (said === '') return 0;
  for (let start = 0; start < said.length; start += 1) {
    const at = answer.indexOf(said.slice(start));
    if (at >= 0) return at + said.length - start;
  }
  throw new Error(`the answer to go on with does not contain the end of ${JSON.stringify(said)}`);
}

/** An answer that was cut inside a character is shown without that half of it, which counts among what is to be repeated. */
function repeatedOf(said: string, instruction: string): string {
  const [tail, without] = [tailOf(said, REPEATED), tailOf(said, REPEATED - 1)];
  return !instruction.includes(tail) && instruction.includes(without) ? without : tail;
}

/** The last characters from the first that is not white space on, and never the second half of one. */
function tailOf(text: string, length: number): string {
  return text
    .slice(-length)
    .replace(/^[\uDC00-\uDFFF]/, '')
    .trimStart();
}

function messageOf({ role, content }: Fields): { readonly role: unknown; readonly text: string } {
  return { role, text: textOf(content) };
}

/** Content is a text or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return fieldsIn(content)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}
