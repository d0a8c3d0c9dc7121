/** What a client sees of a stream to the byte, where the packages are lenient. */
import { createParser } from 'eventsource-parser';
import { expect } from 'vitest';

/** A response of server-sent events, in full. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  /** The `data` of each event, in order. */
  readonly data: readonly string[];
  readonly names: readonly string[];
  readonly ids: readonly string[];
  readonly comments: readonly string[];
  /** The events that are chunks. */
  readonly chunks: readonly Chunk[];
}

/** As far as the rules below look. */
export interface Chunk {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: { readonly role?: string; readonly content?: string | null };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object | null;
  readonly ai_failover?: object;
}

/** Asks for a stream with its usage, by bare HTTP. */
export async function read(url: string, request: object): Promise<Told> {
  const body = JSON.stringify({ stream: true, stream_options: { include_usage: true }, ...request });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/chat/completions`, { method: 'POST', headers, body });
  const data: string[] = [];
  const names: string[] = [];
  const ids: string[] = [];
  const comments: string[] = [];
  const parser = createParser({
    onEvent: (event) => {
      data.push(event.data);
      if (event.event !== undefined) names.push(event.event);
      if (event.id !== undefined) ids.push(event.id);
    },
    onComment: (comment) => comments.push(comment),
    onError: (error) => expect.unreachable(error.message),
  });
  parser.feed(await response.text());
  const chunks = data.filter((text) => text !== '[DONE]').map((text) => JSON.parse(text) as Chunk);
  return { status: response.status, headers: response.headers, data, names, ids, comments, chunks };
}

export function textOf({ chunks }: Told, index = 0): string {
  const choices = chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.index === index);
  return choices.map(({ delta }) => delta.content ?? '').join('');
}

/** What OpenAI's own streams keep to, and clients of any language may count on. */
export function expectWellFormed({ status, headers, data, chunks }: Told): void {
  expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  expect([data.at(-1), data.filter((text) => text === '[DONE]').length]).toEqual(['[DONE]', 1]);
  for (const fact of ['id', 'object', 'created', 'model'] as const) {
    expect(new Set(chunks.map((chunk) => chunk[fact])).size, `one ${fact}`).toBe(1);
  }
  expect(chunks[0]?.object).toBe('chat.completion.chunk');
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const indexes = [...new Set(choices.map(({ index }) => index))].toSorted((one, other) => one - other);
  expect(indexes).toEqual([...indexes.keys()]);
  for (const index of indexes) expectWellFormedChoice(choices.filter((choice) => choice.index === index));
  expectUsageLast(chunks);
}

/** A role at its beginning and nowhere else, a finish at its end and nowhere else. */
function expectWellFormedChoice(pieces: Chunk['choices']): void {
  expect(pieces.map(({ delta }) => delta.role)).toEqual(pieces.map((_, at) => (at === 0 ? 'assistant' : undefined)));
  const finishes = pieces.map(({ finish_reason: reason }) => typeof reason === 'string');
  expect(finishes).toEqual(pieces.map((_, at) => at === pieces.length - 1));
}

/** Not every upstream reports one. */
function expectUsageLast(chunks: readonly Chunk[]): void {
  const reporting = chunks.filter(({ usage }) => usage !== undefined && usage !== null);
  if (reporting.length === 0) return;
  expect(reporting).toEqual([chunks.at(-1)]);
  expect(reporting[0]?.choices).toEqual([]);
}
