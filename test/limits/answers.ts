/** What a provider with hidden limits answers, in the dialects that the simulation speaks. */
import type { UpstreamSettings } from '@ai-failover/core';
import type { Load } from './hidden-limits.ts';

/** A request as it was sent, as far as it matters here. */
export interface SentBody {
  readonly messages: readonly unknown[];
  readonly max_tokens?: number;
  readonly stream?: boolean;
}

/** Four characters a token, more or less; an answer uses a part of what it may. */
export function loadOf({ messages, max_tokens: maximum = 100 }: SentBody, random: () => number): Load {
  const prompt = Math.ceil((JSON.stringify(messages).length / 4) * (0.9 + 0.2 * random()));
  return { prompt, maximum, answer: Math.ceil(maximum * (0.3 + 0.7 * random())) };
}

export function answerTo(
  { stream = false }: SentBody,
  { prompt, answer }: Load,
  provider: UpstreamSettings['provider'],
): string {
  if (provider === 'anthropic') {
    const usage = { input_tokens: prompt, output_tokens: answer };
    const content = [{ type: 'text', text: 'Here.' }];
    const facts = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_sequence: null };
    return JSON.stringify({ ...facts, content, stop_reason: 'end_turn', usage });
  }
  const usage = { prompt_tokens: prompt, completion_tokens: answer, total_tokens: prompt + answer };
  const facts = { id: 'chatcmpl-1', created: 0, model: 'm' };
  if (!stream) {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Here.' }, finish_reason: 'stop' }];
    return JSON.stringify({ ...facts, object: 'chat.completion', choices, usage });
  }
  const choices = [{ index: 0, delta: { role: 'assistant', content: 'Here.' }, finish_reason: 'stop' }];
  const chunk = JSON.stringify({ ...facts, object: 'chat.completion.chunk', choices });
  return `data: ${chunk}\n\ndata: [DONE]\n\n`;
}

export function refusalOf(provider: UpstreamSettings['provider']): string {
  const message = 'Rate limit reached.';
  if (provider === 'anthropic') return JSON.stringify({ type: 'error', error: { type: 'rate_limit_error', message } });
  return JSON.stringify({ error: { message, type: 'rate_limit', param: null, code: 'rate_limit_exceeded' } });
}
