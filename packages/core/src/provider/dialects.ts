/** Which dialect a provider speaks. */
import type { UpstreamSettings } from '../config/settings.js';
import type { Dialect } from './dialect.js';
import { openai } from './openai.js';

const DIALECTS: Readonly<Record<UpstreamSettings['provider'], Dialect>> = { openai };

export function dialectFor(provider: UpstreamSettings['provider']): Dialect {
  return DIALECTS[provider];
}
