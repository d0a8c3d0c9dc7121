/** Streams in OpenAI's form as the documentation of those who speak it shows them, to the byte. Each names its source. */

const event = (data: object | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

const FACTS = { id: 'chatcmpl-123', object: 'chat.completion.chunk', created: 1_694_268_190, model: 'gpt-4.1' };
const chunk = (delta: object, finish: string | null = null, more: object = {}): object => ({
  ...FACTS,
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish, ...more }],
});
const USAGE = { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 };
const COUNTED = { ...FACTS, choices: [], usage: { ...USAGE, prompt_tokens_details: { cached_tokens: 0 } } };
const DONE = event('[DONE]');

/** https://platform.openai.com/docs/api-reference/chat-streaming, with `stream_options.include_usage` */
export const TEXT = [
  chunk({ role: 'assistant', content: '', refusal: null }),
  chunk({ content: 'Grüße' }),
  chunk({ content: ', 世界 😀' }),
  chunk({}, 'stop'),
  COUNTED,
]
  .map(event)
  .join('')
  .concat(DONE);

/** https://platform.openai.com/docs/guides/function-calling#streaming */
export const TOOLS = [
  chunk({
    role: 'assistant',
    content: null,
    tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '' } }],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '"Zürich"}' } }] }),
  chunk({ tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'get_time', arguments: '' } }] }),
  chunk({ tool_calls: [{ index: 1, function: { arguments: '{}' } }] }),
  chunk({}, 'tool_calls'),
]
  .map(event)
  .join('')
  .concat(DONE);

/** https://platform.openai.com/docs/guides/structured-outputs#refusals */
export const REFUSAL = [
  chunk({ role: 'assistant', content: null, refusal: '' }),
  chunk({ refusal: "I'm sorry, " }),
  chunk({ refusal: 'I cannot assist with that.' }),
  chunk({}, 'stop'),
]
  .map(event)
  .join('')
  .concat(DONE);

/** A 200 whose account turns out to be empty: https://platform.openai.com/docs/guides/error-codes */
export const NO_QUOTA = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: '' }),
  {
    error: {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    },
  },
]
  .map(event)
  .join('');

const SAFE = { hate: { filtered: false, severity: 'safe' } };

/** https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming: names that are empty, and results of filters */
export const AZURE = [
  {
    choices: [],
    created: 0,
    id: '',
    model: '',
    object: '',
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }],
  },
  chunk({ role: 'assistant', content: '' }, null, { content_filter_results: {} }),
  chunk({ content: 'Color' }, null, { content_filter_results: SAFE }),
  chunk({}, 'stop', { content_filter_results: {} }),
]
  .map(event)
  .join('')
  .concat(DONE);

/** The same page: what was said so far stays, and a filter ends it. */
export const AZURE_FILTERED = [
  chunk({ role: 'assistant', content: 'How to' }, null, { content_filter_results: SAFE }),
  chunk({}, 'content_filter', { content_filter_results: { hate: { filtered: true, severity: 'high' } } }),
]
  .map(event)
  .join('')
  .concat(DONE);

/**
 * Comments while it queues (https://api-docs.deepseek.com/quick_start/rate_limit), thoughts (https://api-docs.deepseek.com/guides/thinking_mode), and
 * a usage beside the end (https://api-docs.deepseek.com/api/create-chat-completion)
 */
export const DEEPSEEK = [
  ': keep-alive\n\n',
  ': keep-alive\n\n',
  event(chunk({ role: 'assistant', content: null, reasoning_content: '' })),
  event(chunk({ content: null, reasoning_content: '2 + 2…' })),
  ': keep-alive\n\n',
  event(chunk({ content: '4', reasoning_content: null })),
  event({
    ...chunk({ content: '', reasoning_content: null }, 'stop'),
    usage: { ...USAGE, prompt_cache_hit_tokens: 3 },
  }),
  DONE,
].join('');

/** https://openrouter.ai/docs/api-reference/streaming: comments, and an error after content beside an end of its own */
export const OPENROUTER_CUT = [
  ': OPENROUTER PROCESSING\n\n',
  event(chunk({ role: 'assistant', content: 'Once' })),
  event({
    ...FACTS,
    provider: 'openai',
    error: { code: 'server_error', message: 'Provider disconnected unexpectedly' },
    choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
  }),
].join('');
