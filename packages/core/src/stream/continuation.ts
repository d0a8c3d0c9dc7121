/** How a model is asked to go on with an answer that another one began. */
import type { ChatMessage } from '../request/chat-types.js';
import type { Continuation } from '../request/checked-request.js';
import { tokensOfText } from '../tokens/token-counter.js';
import { joinByPrefill, joinByRepeating } from './join.js';
import type { Join } from './join.js';
import { seamOf } from './seam.js';
import type { SentText } from './sent-text.js';
import { trailingHalf, wellFormed } from './surrogates.js';

/** What the next candidate is asked, and what becomes of its answer. */
export interface Resumption {
  /** `undefined` for the request as it was, because nothing of the answer has been sent. */
  readonly continuation: Continuation | undefined;
  readonly join: Join;
}

/**
 * How to go on from what was `sent`: by prefill where the model takes it, else by repeating. `undefined` where it cannot be
 * done: there is nothing to repeat in an answer that ended in a long run of white space.
 */
export function continueFrom(sent: SentText, takesPrefill: boolean): Resumption | undefined {
  const text = sent.text();
  if (seamOf(text).shown === '') return { continuation: undefined, join: joinByPrefill(text) };
  if (takesPrefill) return { continuation: continueByPrefill(text), join: joinByPrefill(text) };
  const tail = sent.tail();
  if (seamOf(tail).shown === '') return undefined;
  return { continuation: continueByRepeating(text, tail), join: joinByRepeating(tail) };
}

/**
 * The model finds the answer's beginning as its own and goes on with it. Goes with `joinByPrefill(text)`. Trailing white space
 * is left out, because models refuse it or go astray behind it.
 */
export function continueByPrefill(text: string): Continuation {
  return { messages: [answerSoFar(seamOf(text).shown)], spentTokens: tokensOfText(text) };
}

/**
 * The model is shown the answer's beginning and told to repeat the end of it before it goes on. Goes with
 * `joinByRepeating(tail)`. What it repeats is allowed for: it counts against the upstream's limit once more.
 */
export function continueByRepeating(text: string, tail: string): Continuation {
  return {
    messages: [answerSoFar(withoutHalf(text)), { role: 'user', content: instruction(wellFormed(withoutHalf(tail))) }],
    spentTokens: tokensOfText(text.slice(0, text.length - tail.length)),
  };
}

function answerSoFar(text: string): ChatMessage {
  return { role: 'assistant', content: wellFormed(text) };
}

/** A model that was shown half a character could not repeat it. The join still waits for it. */
function withoutHalf(text: string): string {
  return text.slice(0, text.length - trailingHalf(text).length);
}

/**
 * The characters stand as they are, without escapes, because models copy what they see, and close to their tags, so that
 * white space at their end is theirs.
 */
function instruction(tail: string): string {
  const tag = tagFor(tail);
  return `Your last message was cut off on its way. Write the rest of it, in the same language, tone and format, so that \
both parts read as one.

Begin by repeating exactly the characters between <${tag}> and </${tag}>, with which your message ended. They may start in \
the middle of a word; every space and line break counts. Go on directly behind them with what comes next; if nothing is \
missing, stop there.

<${tag}>${tail}</${tag}>

Add nothing else: no comment, no apology, no quotation marks, no tags, no new code block, and nothing that stands before \
these characters in your message.`;
}

/** A name that does not occur in the text itself. */
function tagFor(text: string): string {
  let tag = 'ending';
  for (let number = 2; text.includes(tag); number += 1) tag = `ending-${number}`;
  return tag;
}
