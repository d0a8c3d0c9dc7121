import { answerActions, created, defaultText, fieldsOf, modelAsked, usageFor } from './openai-answer.js';
import type { Usage } from './openai-answer.js';
import type { ReceivedRequest } from './received-request.js';
import { Reply } from './reply.js';
import { sseActions } from './sse.js';
import type { SseOptions, SsePause } from './sse.js';
import type { SseFrame } from './sse-frame.js';

/** One piece of a stream: text, any other delta, a bare event such as a ping, or a pause. */
export type StreamPart = string | { readonly delta: object } | SseFrame | SsePause;

/** How a stream unfolds. */
export interface StreamOptions extends SseOptions {
  /** @default the model that was asked for */
  readonly model?: string;
  /** Milliseconds before each piece but the first. @default 0 */
  readonly interval?: number;
  /** Milliseconds between the role and the first piece. To be silent altogether, use `.after()`. @default 0 */
  readonly firstContentAfter?: number;
  /** `false` leaves out the chunk with the `finish_reason`. @default 'stop' */
  readonly finish?: string | false;
  /** @default when the request asks for it by `stream_options.include_usage` */
  readonly usage?: Usage | boolean;
  /** Whether `[DONE]` ends the stream. @default true */
  readonly done?: boolean;
}

/**
 * Answers with an OpenAI stream: a chunk with the role, one for each piece, the `finish_reason`, usage, `[DONE]`.
 *
 * @param content a text, which is sent word by word, or the pieces themselves.
 * @example
 * stream('Sent word by word', { interval: 20 })
 * stream(['Hel', 'lo', { wait: 100 }, { comment: 'ping' }, { delta: { tool_calls: [] } }], { finish: 'tool_calls' })
 */
export function stream(content: string | readonly StreamPart[] = defaultText, options: StreamOptions = {}): Reply {
  const parts = typeof content === 'string' ? words(content) : content;
  return new Reply((request) => sseActions(frames(parts, options, request), options));
}

/**
 * Answers as the request asks, streamed or not, like a healthy upstream.
 *
 * @example
 * await createFaultyUpstream({ script: reply('Hello') });
 */
export function reply(text: string = defaultText): Reply {
  return new Reply((request) => {
    const streamed = fieldsOf(request)['stream'] === true;
    return streamed ? sseActions(frames(words(text), {}, request)) : answerActions({ text }, request);
  });
}

function* frames(
  parts: readonly StreamPart[],
  options: StreamOptions,
  request: ReceivedRequest,
): Generator<SseFrame | SsePause> {
  const { interval = 0, firstContentAfter = 0, finish = 'stop', done = true } = options;
  const chunk = chunkMaker(options, request);
  yield chunk({ role: 'assistant', content: '' });
  let pause = firstContentAfter;
  for (const part of parts) {
    if (pause > 0) yield { wait: pause };
    pause = interval;
    if (typeof part === 'string') yield chunk({ content: part });
    else yield 'delta' in part ? chunk(part.delta) : part;
  }
  if (finish !== false) yield chunk({}, finish);
  const usage = usageWanted(parts, options, request);
  if (usage) yield chunk(undefined, null, { usage });
  if (done) yield { data: '[DONE]' };
}

type ChunkMaker = (delta: object | undefined, finish?: string | null, more?: object) => SseFrame;

function chunkMaker(options: StreamOptions, request: ReceivedRequest): ChunkMaker {
  const model = options.model ?? modelAsked(request);
  return (delta, finish = null, more = {}) => ({
    data: {
      id: `chatcmpl-${request.index}`,
      object: 'chat.completion.chunk',
      created,
      model,
      choices: delta ? [{ index: 0, delta, finish_reason: finish }] : [],
      ...more,
    },
  });
}

function usageWanted(
  parts: readonly StreamPart[],
  options: StreamOptions,
  request: ReceivedRequest,
): Usage | undefined {
  if (typeof options.usage === 'object') return options.usage;
  const streamOptions = fieldsOf(request)['stream_options'];
  const asked = typeof streamOptions === 'object' && streamOptions !== null && 'include_usage' in streamOptions;
  if (!(options.usage ?? (asked && streamOptions.include_usage === true))) return undefined;
  return usageFor(parts.filter((part) => typeof part === 'string').join(''));
}

function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}
