/** Which dialect a provider speaks. */
import type { UpstreamSettings } from '../config/settings.js';
import type { Dialect } from './dialect.js';
import { anthropic } from './anthropic/dialect.js';
import { azure } from './azure.js';
import { gemini } from './gemini/dialect.js';
import { openai } from './openai.js';

const DIALECTS: Readonly<Record<UpstreamSettings['provider'], Dialect>> = { openai, anthropic, gemini, azure };

export function dialectFor(provider: UpstreamSettings['provider']): Dialect {
  return DIALECTS[provider];
}
