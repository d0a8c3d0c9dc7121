/** Completions of any kind that a service may answer with, and streams of them cut and mixed in any way. */
import * as fc from 'fast-check';
import type {
  ChatChunk,
  ChatChunkChoice,
  ChatCompletion,
  ChatDelta,
  ChatToolCallDelta,
} from '../../src/request/chat-types.js';
import { chunksOf } from '../../src/stream/chunks-of.js';

type Fields = Readonly<Record<string, unknown>>;
type Arbitraries = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const text = fc.string({ unit: 'binary', maxLength: 12 });
const filled = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const textOrNull = fc.option(text);

/** As JSON has it: no -0, and nothing shared. */
const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)));

/** An object with the given fields, some of which may be missing, and with others that nobody has heard of. */
function open(
  required: Arbitraries,
  optional: Arbitraries = {},
  reserved: readonly string[] = [],
): fc.Arbitrary<Fields> {
  const known = new Set([...Object.keys(required), ...Object.keys(optional), ...reserved, '__proto__']);
  const name = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('constructor', 'toString', 'x_service'));
  const unknown = fc.dictionary(
    name.filter((one) => !known.has(one)),
    json,
    { maxKeys: 3, noNullPrototype: true },
  );
  const whole = fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });
  return fc.tuple(unknown, whole).map(([others, fields]) => Object.assign({}, others, fields));
}

const toolCall = fc.oneof(
  open({ id: text, type: fc.constant('function'), function: open({ name: text, arguments: text }) }, {}, [
    'index',
    'custom',
  ]),
  open({ id: text, type: fc.constant('custom'), custom: open({ name: text, input: text }) }, {}, ['index', 'function']),
);

const reasoningDetail = fc.oneof(
  open({ type: fc.constant('reasoning.text'), text }, { signature: textOrNull, index: fc.nat(2), id: textOrNull }),
  open({ type: fc.constant('reasoning.summary'), summary: text }, { index: fc.nat(2) }),
  open({ type: fc.constant('reasoning.encrypted'), data: text }, { index: fc.nat(2) }),
);

const message = open(
  { role: fc.constant('assistant'), content: textOrNull, refusal: fc.option(filled) },
  {
    tool_calls: fc.array(toolCall, { maxLength: 3 }),
    function_call: fc.option(open({ name: text, arguments: text })),
    reasoning_content: textOrNull,
    reasoning: textOrNull,
    reasoning_details: fc.array(reasoningDetail, { maxLength: 4 }),
    annotations: fc.array(open({ type: fc.constant('url_citation') }), { maxLength: 2 }),
    images: fc.array(json, { maxLength: 2 }),
    audio: fc.option(open({ id: text, data: text, expires_at: fc.nat(), transcript: text })),
  },
);

const tokens = fc.option(fc.array(fc.record({ token: text, logprob: fc.integer() }), { maxLength: 3 }));

const choices = open(
  {
    message,
    logprobs: fc.option(open({ content: tokens, refusal: tokens })),
    finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter', 'function_call'),
  },
  {},
  ['index', 'delta'],
);

/** The choices are numbered from 0 on. */
export const completions: fc.Arbitrary<ChatCompletion> = open(
  {
    id: text,
    object: fc.constant('chat.completion'),
    created: fc.nat(),
    model: text,
    choices: fc
      .array(choices, { minLength: 1, maxLength: 3 })
      .map((list) => list.map((one, index) => Object.assign({ index }, one))),
    usage: open({ prompt_tokens: fc.nat(), completion_tokens: fc.nat(), total_tokens: fc.nat() }),
  },
  { system_fingerprint: textOrNull, service_tier: textOrNull },
  ['obfuscation'],
).map((fields) => fields as unknown as ChatCompletion);

/** A completion, and a stream of it. */
export interface Streamed {
  readonly completion: ChatCompletion;
  /** Texts come in pieces, and choices and calls at the same time. */
  readonly chunks: readonly ChatChunk[];
}

export function streamedFrom(given: fc.Arbitrary<ChatCompletion>): fc.Arbitrary<Streamed> {
  return fc.tuple(given, fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 20 })).map(([completion, numbers]) => {
    let at = 0;
    const next: Next = () => numbers[at++ % numbers.length] ?? 0;
    const whole = chunksOf(completion, { includeUsage: true });
    const pieces = whole.flatMap((chunk) => chunksInPieces(chunk, next));
    return { completion, chunks: mixed(pieces, next) };
  });
}

/** Says the next number of a list, over and over. */
type Next = () => number;

/** What else the chunk holds comes with its first piece. */
function chunksInPieces(chunk: ChatChunk, next: Next): ChatChunk[] {
  const [choice] = chunk.choices;
  if (choice === undefined) return [chunk];
  const { delta, index } = choice;
  const later = { index, logprobs: null, finish_reason: null };
  const call = delta.tool_calls?.[0];
  const deltas = call === undefined ? wordsInPieces(delta, next) : callInPieces(call, next);
  const pieces: ChatChunkChoice[] = deltas.map((piece, at) =>
    Object.assign({}, at === 0 ? choice : later, { delta: piece }),
  );
  return pieces.map((one) => Object.assign({}, chunk, { choices: [one] }));
}

function wordsInPieces(delta: ChatDelta, next: Next): ChatDelta[] {
  const pieces: ChatDelta[] = [{ ...delta }];
  for (const name of ['content', 'refusal', 'reasoning_content', 'reasoning']) {
    const whole: unknown = Reflect.get(delta, name);
    if (typeof whole !== 'string') continue;
    for (const [at, part] of cut(whole, next).entries()) Object.assign((pieces[at] ??= {}), { [name]: part });
  }
  return pieces;
}

function callInPieces(call: ChatToolCallDelta, next: Next): ChatDelta[] {
  const { index, function: called, custom } = call;
  const parts = cut(called?.arguments ?? custom?.input ?? '', next);
  return parts.map((part, at) => {
    const piece = called ? { function: { arguments: part } } : { custom: { input: part } };
    if (at > 0) return { tool_calls: [{ index, ...piece }] };
    const whole = called ? { function: { ...called, arguments: part } } : { custom: { ...custom, input: part } };
    return { tool_calls: [{ ...call, ...whole }] };
  });
}

/** Also inside a surrogate pair. */
function cut(whole: string, next: Next): string[] {
  const parts: string[] = [];
  for (let at = 0; at < whole.length;) {
    const length = next() + 1;
    parts.push(whole.slice(at, at + length));
    at += length;
  }
  return parts.length === 0 ? [''] : parts;
}

/** Keeps the order within each call and within what else a choice says, and the usage at the end. */
function mixed(chunks: readonly ChatChunk[], next: Next): ChatChunk[] {
  const queues = new Map<string, ChatChunk[]>();
  for (const chunk of chunks) {
    const [choice] = chunk.choices;
    const name = `${choice?.index} ${choice?.delta.tool_calls?.[0]?.index}`;
    const queue = queues.get(name);
    if (queue === undefined) queues.set(name, [chunk]);
    else queue.push(chunk);
  }
  const left = [...queues.values()];
  const usage = left.pop() ?? [];
  const found: ChatChunk[] = [];
  while (left.length > 0) {
    const at = next() % left.length;
    const chunk = left[at]?.shift();
    if (chunk === undefined) left.splice(at, 1);
    else found.push(chunk);
  }
  return [...found, ...usage];
}
