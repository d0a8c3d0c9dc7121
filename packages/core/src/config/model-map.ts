/**
 * A public map of models in the format of LiteLLM's `model_prices_and_context_window.json`: an object of entries by name,
 * with or without the provider in front. https://docs.litellm.ai/docs/provider_registration/add_model_pricing
 */
import { given } from '../given.js';
import { isRecord } from '../request/bad-request.js';
import type { Fields } from '../request/bad-request.js';
import type { KnownModel } from './known-models.js';
import { bareName } from './model-name.js';
import type { Capability, Price } from './settings.js';

/** Entries for anything else than answering are passed over. */
const MODES: ReadonlySet<unknown> = new Set([undefined, null, 'chat', 'completion', 'responses']);

const FLAGS: readonly (readonly [Capability, string])[] = [
  ['tools', 'supports_function_calling'],
  ['parallelTools', 'supports_parallel_function_calling'],
  ['vision', 'supports_vision'],
  ['audio', 'supports_audio_input'],
  ['speech', 'supports_audio_output'],
  ['video', 'supports_video_input'],
  ['files', 'supports_pdf_input'],
  ['jsonSchema', 'supports_response_schema'],
];

/** A name that occurs with several providers in front stands for the entry with the shortest name. */
export class ModelMap {
  readonly #entries = new Map<string, Fields>();
  readonly #bare = new Map<string, string>();

  constructor(map: Fields) {
    for (const [name, entry] of Object.entries(map)) {
      if (!isRecord(entry) || !MODES.has(entry['mode'])) continue;
      const key = name.toLowerCase();
      this.#entries.set(key, entry);
      const bare = bareName(key);
      const known = this.#bare.get(bare);
      if (known === undefined || key.length < known.length) this.#bare.set(bare, key);
    }
  }

  /** `name` with or without a provider in front; first as it stands, then that of `provider`, then anybody's. */
  find(name: string, provider: string): KnownModel | undefined {
    const key = name.toLowerCase();
    const entry =
      this.#entries.get(key) ??
      this.#entries.get(`${provider}/${bareName(key)}`) ??
      this.#entries.get(this.#bare.get(bareName(key)) ?? '');
    return entry && knownFrom(entry);
  }
}

/** What the entry does not say, or says in another form than it should, is not known. */
function knownFrom(entry: Fields): KnownModel {
  const maxInputTokens = tokens(entry['max_input_tokens']);
  const maxOutputTokens = tokens(entry['max_output_tokens']);
  const flags = FLAGS.map(([capability, field]) => [capability, flag(entry[field])] as const);
  return {
    // Who cannot think at all need not be marked.
    reasoning: entry['supports_reasoning'] === true ? true : undefined,
    prefill: flag(entry['supports_assistant_prefill']),
    contextWindow: maxInputTokens && largestWindow(maxInputTokens, maxOutputTokens),
    maxInputTokens,
    maxOutputTokens,
    capabilities: given(Object.fromEntries(flags)),
    price: priceFrom(entry),
  };
}

/** The map does not say whether prompt and output share a window, and nothing that fits may be thought too long. */
function largestWindow(input: number, output: number | undefined): number {
  return output === undefined || output >= input ? input : input + output;
}

/** The map has dollars per token. One that is half known is not known. */
function priceFrom(entry: Fields): Price | undefined {
  const input = perMillion(entry['input_cost_per_token']);
  const output = perMillion(entry['output_cost_per_token']);
  if (input === undefined || output === undefined) return undefined;
  return { input, output, cachedInput: perMillion(entry['cache_read_input_token_cost']) ?? input };
}

/** Rounded, so that what the map writes as 1.1e-06 and an option as 1.1 is the same price. */
function perMillion(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return undefined;
  return Number((value * 1e6).toPrecision(12));
}

function tokens(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
