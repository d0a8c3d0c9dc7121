/** Answers beyond plain text as OpenAI gives them: whole, and the events by which the same answer is streamed. */
import { answer, sse, type ReceivedRequest, type Responder } from '@ai-failover/testing';

export interface Answer {
  readonly name: string;
  /** What the request asks for beside its messages. */
  readonly asked: object;
  /** The `chat.completion`. */
  readonly whole: object;
  /** The chunks, without usage. */
  readonly chunks: readonly object[];
}

/** The counts of every answer here. */
export const USAGE = {
  prompt_tokens: 25,
  completion_tokens: 17,
  total_tokens: 42,
  prompt_tokens_details: { cached_tokens: 8 },
  completion_tokens_details: { reasoning_tokens: 3 },
};

/** An upstream that gives this answer as it is asked. */
export function giving({ whole, chunks }: Answer): Responder {
  const events = [...chunks, usageChunk].map((data) => ({ data }));
  return (request) => (wantsStream(request) ? sse([...events, { data: '[DONE]' }]) : answer({ body: whole }));
}

export function wantsStream(request: ReceivedRequest): boolean {
  return request.json()['stream'] === true;
}

const facts = { id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG', created: 1_741_570_283, model: 'gpt-4.1-2025-04-14' };
const more = { service_tier: 'default', system_fingerprint: 'fp_fc9f1d7035' };

const chunkFacts = { ...facts, object: 'chat.completion.chunk', ...more };
const usageChunk = { ...chunkFacts, choices: [], usage: USAGE };

function completion(...choices: readonly object[]): object {
  return { ...facts, object: 'chat.completion', choices, usage: USAGE, ...more };
}

function chunk(delta: object, fields: object = {}): object {
  return { ...chunkFacts, choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...fields }], usage: null };
}

function choice(message: object, fields: object = {}): object {
  const said = { role: 'assistant', content: null, refusal: null, ...message };
  return { index: 0, message: said, logprobs: null, finish_reason: 'stop', ...fields };
}

const WEATHER = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
} as const;
const TIME = { type: 'function', function: { name: 'time', parameters: { type: 'object', properties: {} } } } as const;

function call(index: number, id: string, name: string): object {
  return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] };
}

function fragment(index: number, text: string): object {
  return { tool_calls: [{ index, function: { arguments: text } }] };
}

export const TOOLS: Answer = {
  name: 'two tools at once',
  asked: { tools: [WEATHER, TIME], parallel_tool_calls: true },
  whole: completion(
    choice(
      {
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Köln"}' } },
          { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } },
        ],
      },
      { finish_reason: 'tool_calls' },
    ),
  ),
  chunks: [
    chunk({ role: 'assistant', content: null, refusal: null }),
    chunk(call(0, 'call_1', 'weather')),
    ...['{"', 'city', '":"', 'Kö', 'ln', '"}'].map((text) => chunk(fragment(0, text))),
    chunk(call(1, 'call_2', 'time')),
    chunk(fragment(1, '{}')),
    chunk({}, { finish_reason: 'tool_calls' }),
  ],
};

export const CHOICES: Answer = {
  name: 'two choices',
  asked: { n: 2, max_tokens: 4 },
  whole: completion(
    choice({ content: 'On its way.' }),
    choice({ content: 'It left Köln' }, { index: 1, finish_reason: 'length' }),
  ),
  chunks: [
    chunk({ role: 'assistant', content: '', refusal: null }),
    chunk({ content: 'On' }),
    chunk({ role: 'assistant', content: '', refusal: null }, { index: 1 }),
    chunk({ content: 'It' }, { index: 1 }),
    chunk({ content: ' its' }),
    chunk({ content: ' left' }, { index: 1 }),
    chunk({ content: ' way.' }),
    chunk({}, { finish_reason: 'stop' }),
    chunk({ content: ' Köln' }, { index: 1 }),
    chunk({}, { index: 1, finish_reason: 'length' }),
  ],
};

function token(text: string, logprob: number): object {
  const bytes = [...Buffer.from(text)];
  return { token: text, bytes, logprob, top_logprobs: [{ token: text, bytes, logprob }] };
}

export const LOGPROBS: Answer = {
  name: 'figures about each token',
  asked: { logprobs: true, top_logprobs: 1 },
  whole: completion(
    choice({ content: 'Köln!' }, { logprobs: { content: [token('Köln', -0.25), token('!', -1.5)], refusal: null } }),
  ),
  chunks: [
    chunk({ role: 'assistant', content: '', refusal: null }, { logprobs: { content: [], refusal: null } }),
    chunk({ content: 'Köln' }, { logprobs: { content: [token('Köln', -0.25)], refusal: null } }),
    chunk({ content: '!' }, { logprobs: { content: [token('!', -1.5)], refusal: null } }),
    chunk({}, { finish_reason: 'stop' }),
  ],
};

export const REFUSAL: Answer = {
  name: 'a refusal',
  asked: {},
  whole: completion(choice({ refusal: "I'm sorry, I can't help with that." })),
  chunks: [
    chunk({ role: 'assistant', content: null, refusal: '' }),
    ...["I'm", ' sorry,', " I can't", ' help with that.'].map((refusal) => chunk({ refusal })),
    chunk({}, { finish_reason: 'stop' }),
  ],
};

export const ANSWERS: readonly Answer[] = [TOOLS, CHOICES, LOGPROBS, REFUSAL];
