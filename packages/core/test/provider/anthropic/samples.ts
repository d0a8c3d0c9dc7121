/**
 * Streams of the Messages API, as its documentation shows them: https://platform.claude.com/docs/en/build-with-claude/streaming. Where a
 * sample stands in another place, it says so.
 */

export type SampleEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** The bytes of a stream. */
export function wire(events: readonly SampleEvent[]): Buffer {
  return Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
}

export function started(usage: object = { input_tokens: 25, output_tokens: 1 }): SampleEvent {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: 'claude-sonnet-4-5', usage };
  return { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } };
}

export const blockStarted = (index: number, content_block: object): SampleEvent => ({
  type: 'content_block_start',
  index,
  content_block,
});
export const delta = (index: number, given: object): SampleEvent => ({
  type: 'content_block_delta',
  index,
  delta: given,
});
export const blockStopped = (index: number): SampleEvent => ({ type: 'content_block_stop', index });
export const textDelta = (index: number, text: string): SampleEvent => delta(index, { type: 'text_delta', text });
export const jsonDelta = (index: number, partial_json: string): SampleEvent =>
  delta(index, { type: 'input_json_delta', partial_json });
export const thinkingDelta = (index: number, thinking: string): SampleEvent =>
  delta(index, { type: 'thinking_delta', thinking });

export function ended(stop_reason: string, usage: object = { output_tokens: 15 }, more: object = {}): SampleEvent {
  return { type: 'message_delta', delta: { stop_reason, stop_sequence: null, ...more }, usage };
}

export const PING: SampleEvent = { type: 'ping' };
export const STOPPED: SampleEvent = { type: 'message_stop' };

/** "Basic streaming request" */
export const TEXT = [
  started(),
  blockStarted(0, { type: 'text', text: '' }),
  PING,
  textDelta(0, 'Grüße'),
  textDelta(0, ', 世界 😀'),
  blockStopped(0),
  ended('end_turn'),
  STOPPED,
];

/** "Streaming request with tool use", with a second call beside the first and a third that takes nothing. */
export const TOOLS = [
  started({ input_tokens: 472, output_tokens: 2 }),
  blockStarted(0, { type: 'text', text: '' }),
  PING,
  textDelta(0, 'I look it up.'),
  blockStopped(0),
  blockStarted(1, { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }),
  jsonDelta(1, ''),
  jsonDelta(1, '{"location":'),
  jsonDelta(1, ' "Zü'),
  jsonDelta(1, 'rich"}'),
  blockStopped(1),
  blockStarted(2, { type: 'tool_use', id: 'toolu_2', name: 'get_weather', input: {} }),
  jsonDelta(2, '{"location": "Oslo"}'),
  blockStopped(2),
  blockStarted(3, { type: 'tool_use', id: 'toolu_3', name: 'get_time', input: {} }),
  jsonDelta(3, ''),
  blockStopped(3),
  ended('tool_use', { output_tokens: 89 }),
  STOPPED,
];

/** "Streaming request with thinking"; the encrypted block is of https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
export const THINKING = [
  started(),
  blockStarted(0, { type: 'thinking', thinking: '', signature: '' }),
  thinkingDelta(0, '1071 = 2 × 462'),
  thinkingDelta(0, ' + 147'),
  delta(0, { type: 'signature_delta', signature: 'c2lnbmVk' }),
  blockStopped(0),
  blockStarted(1, { type: 'redacted_thinking', data: 'ZW5jcnlwdGVk' }),
  blockStopped(1),
  blockStarted(2, { type: 'text', text: '' }),
  textDelta(2, 'It is 21.'),
  blockStopped(2),
  ended('end_turn', { output_tokens: 60, output_tokens_details: { thinking_tokens: 40 } }),
  STOPPED,
];

/** "Streaming request with web search tool use": what the provider runs itself is not the caller's to answer. */
export const WEB_SEARCH = [
  started({ input_tokens: 2679, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 3 }),
  blockStarted(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
  jsonDelta(0, '{"query": "weather"}'),
  blockStopped(0),
  blockStarted(1, {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: [{ type: 'web_search_result' }],
  }),
  blockStopped(1),
  blockStarted(2, { type: 'text', text: '', citations: [] }),
  delta(2, { type: 'citations_delta', citation: { type: 'web_search_result_location', url: 'https://a.example' } }),
  textDelta(2, 'Sunny.'),
  blockStopped(2),
  ended('end_turn', { input_tokens: 10_682, output_tokens: 510, server_tool_use: { web_search_requests: 1 } }),
  STOPPED,
];

/** Stopped by a classifier before the first word: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
export const REFUSED = [
  started({ input_tokens: 18, output_tokens: 1 }),
  ended(
    'refusal',
    { output_tokens: 5 },
    { stop_details: { type: 'refusal', category: 'cyber', explanation: 'Too risky.' } },
  ),
  STOPPED,
];

/** "Error events" */
export const OVERLOADED: SampleEvent = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
