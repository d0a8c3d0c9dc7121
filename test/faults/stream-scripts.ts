/** What the upstreams of the table of streams say: all the same answer, whole or not. */
import { gzipSync } from 'node:zlib';
import { answer, continueAnswer, raw, stream, type Reply, type SseFrame, type StreamPart } from '@ai-failover/testing';

/** One for each event behind the role. The thirtieth has characters of two bytes. */
export const WORDS: readonly string[] = Array.from({ length: 60 }, (_, index) => {
  const word = index === 29 ? 'Grüße' : `word${index + 1}`;
  return index === 0 ? word : ` ${word}`;
});

/** The whole answer. */
export const TEXT = WORDS.join('');

/** Says it, and goes on with whatever of it it is asked to go on with. */
export const WELL = continueAnswer(TEXT);

/** The answer's first words. */
export function firstWords(count: number): string {
  return WORDS.slice(0, count).join('');
}

export function withoutWord(number: number): string {
  return WORDS.toSpliced(number - 1, 1).join('');
}

/** Long enough that what comes behind it is read by itself. */
export const APART: StreamPart = { wait: 60 };

/** So many words, then whatever else; neither an end nor `[DONE]`. */
export function begun(words: number, ...others: readonly StreamPart[]): Reply {
  return stream([...WORDS.slice(0, words), ...others], { finish: false, done: false });
}

/** An event that reports an error. */
export function errorFrame(error: object): StreamPart {
  return { data: { error } };
}

/** The whole answer without `[DONE]`, and one more event when its end has been read. */
export function endThen(data: object): Reply {
  const end = { data: chunkOf({}, 'stop') };
  return stream([...WORDS, end, APART, { data }], { finish: false, usage: false, done: false });
}

/** An event that calls a tool, or goes on with it. */
export function toolCall({ id, ...called }: { id?: string; name?: string; arguments: string }): StreamPart {
  return { delta: { tool_calls: [{ index: 0, ...(id !== undefined && { id, type: 'function' }), function: called }] } };
}

/** The events of an answer, for streams that are unusual in other ways: role, words, end, `[DONE]`. */
export function framesOf(words: readonly string[]): SseFrame[] {
  const deltas = [{ role: 'assistant', content: '' }, ...words.map((content) => ({ content }))];
  return [...deltas.map((delta) => ({ data: chunkOf(delta) })), { data: chunkOf({}, 'stop') }, { data: '[DONE]' }];
}

function chunkOf(delta: object, reason: string | null = null): object {
  const choices = [{ index: 0, delta, finish_reason: reason }];
  return { id: 'chatcmpl-0', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm', choices };
}

/** So many events of so many bytes that say nothing yet. */
export function prelude(events: number, bytes = 1_000): SseFrame[] {
  const data = { ...chunkOf({ content: '' }), padding: 'x'.repeat(bytes) };
  return Array.from({ length: events }, () => ({ data }));
}

export interface Piece {
  /** The content-type; empty for none. */
  readonly type?: string;
  /** Bytes that are announced and do not come: the connection is closed instead. */
  readonly missing?: number;
}

/** Head and body in one packet, so that they are read at once. */
export function inOnePiece(
  body: readonly SseFrame[] | string,
  { type = 'text/event-stream', missing }: Piece = {},
): Reply {
  const text = typeof body === 'string' ? body : body.map(({ data }) => `data: ${dataOf(data)}\n\n`).join('');
  const length = Buffer.byteLength(text) + (missing ?? 0);
  const head = `HTTP/1.1 200 OK\r\n${type && `content-type: ${type}\r\n`}content-length: ${length}\r\n\r\n`;
  return raw(head + text, missing === undefined ? 'finish' : 'close');
}

function dataOf(data: SseFrame['data']): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}

/** Says that it is compressed, and is. */
export function compressed(): Reply {
  const body = gzipSync('data: [DONE]\n\n');
  return answer({ body, contentType: 'text/event-stream', headers: { 'content-encoding': 'gzip' } });
}
