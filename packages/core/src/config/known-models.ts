/**
 * What is known of the common models, by their names. Only what their makers say; who serves a model may know better, so
 * only what no service makes possible is said to be impossible, and where windows differ the largest stands here. As of
 * November 2026:
 *
 * - https://platform.openai.com/docs/models
 * - https://platform.claude.com/docs/en/about-claude/models/overview
 * - https://ai.google.dev/gemini-api/docs/models
 * - https://api-docs.deepseek.com/quick_start/pricing
 * - https://help.aliyun.com/zh/model-studio/models (Qwen)
 * - https://www.llama.com/docs/model-cards-and-prompt-formats
 * - https://docs.mistral.ai/getting-started/models/models_overview
 */
import { bareName } from './model-name.js';
import type { RefusableFeature } from '../request/refusable.js';
import type { Capabilities, Capability, Price } from './settings.js';

/** What is missing is not known. Sizes in tokens. */
export interface KnownModel {
  /** Thinks for a long time before its first word, without having been asked to. */
  readonly reasoning?: boolean | undefined;
  /** Goes on from an assistant message that stands last, where its maker's own API is spoken. */
  readonly prefill?: boolean | undefined;
  /** Prompt and output together. */
  readonly contextWindow?: number | undefined;
  /** The prompt alone, where it has a limit of its own. */
  readonly maxInputTokens?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly capabilities?: Capabilities | undefined;
  /** Refused with a 400, and missed by nobody or said in another way. */
  readonly refuses?: readonly RefusableFeature[] | undefined;
  readonly price?: Price | undefined;
}

/** Undefined for a model that is not among them. */
export function knownModel(name: string): KnownModel | undefined {
  const bare = bareName(name);
  return KNOWN.find(([pattern]) => pattern.test(bare))?.[1];
}

function cannot(...capabilities: readonly Capability[]): { readonly capabilities: Capabilities } {
  return { capabilities: Object.fromEntries(capabilities.map((capability) => [capability, false])) };
}

function window(contextWindow: number, maxOutputTokens?: number): KnownModel {
  return maxOutputTokens === undefined ? { contextWindow } : { contextWindow, maxOutputTokens };
}

/** Prompt and output have limits of their own. */
function apart(maxInputTokens: number, maxOutputTokens: number): KnownModel {
  return { contextWindow: maxInputTokens + maxOutputTokens, maxInputTokens, maxOutputTokens };
}

const TEXT_ONLY = ['vision', 'audio', 'speech', 'video', 'files'] as const;
const NO_SOUND = ['audio', 'speech', 'video'] as const;
const THINKS: KnownModel = { reasoning: true };
/** Can think, and does so where it is asked to. */
const THINKS_IF_ASKED: KnownModel = { reasoning: false };
/** https://platform.openai.com/docs/guides/reasoning; the list is that of https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning */
const NO_MAX_TOKENS: KnownModel = { refuses: ['max_tokens'] };
const NO_SAMPLING: KnownModel = {
  refuses: ['max_tokens', 'temperature', 'top_p', 'presence_penalty', 'frequency_penalty'],
};
/** They call one tool after the other, and refuse to be told so. */
const NO_PARALLEL: KnownModel = { refuses: [...(NO_SAMPLING.refuses ?? []), 'parallel_tool_calls'] };
const PREFILL: KnownModel = { prefill: true };

/** The first that fits. `gpt-4` is not among them: it has been the name of too many models. */
const KNOWN: readonly (readonly [RegExp, KnownModel])[] = [
  // OpenAI
  [/^gpt-5(?:\.\d+)?-chat\b/, { ...window(128_000, 16_384), ...THINKS_IF_ASKED, ...cannot(...NO_SOUND) }],
  [/^gpt-5(?![.\w])/, { ...apart(272_000, 128_000), ...THINKS, ...NO_SAMPLING, ...cannot(...NO_SOUND, 'stop') }],
  // Those take a temperature where they are told not to think.
  [
    /^gpt-5\.[1-3](?![.\w])/,
    { ...apart(272_000, 128_000), ...THINKS, ...NO_MAX_TOKENS, ...cannot(...NO_SOUND, 'stop') },
  ],
  [/^gpt-5\.\d/, { ...THINKS, ...NO_MAX_TOKENS, ...cannot(...NO_SOUND, 'stop') }],
  [/^gpt-4\.1\b/, { ...window(1_047_576, 32_768), ...cannot(...NO_SOUND) }],
  [
    /^gpt-(?:4o-)?(?:mini-)?audio\b/,
    { ...window(128_000, 16_384), ...cannot('vision', 'video', 'files', 'jsonSchema') },
  ],
  [/^gpt-4o-2024-05-13\b/, { ...window(128_000, 4_096), ...cannot(...NO_SOUND, 'jsonSchema') }],
  [/^(?:chat)?gpt-4o\b/, { ...window(128_000, 16_384), ...cannot(...NO_SOUND) }],
  [/^gpt-4-(?:turbo-preview|1106|0125)\b/, { ...window(128_000, 4_096), ...cannot(...TEXT_ONLY, 'jsonSchema') }],
  [/^gpt-4-turbo\b/, { ...window(128_000, 4_096), ...cannot(...NO_SOUND, 'files', 'jsonSchema') }],
  [/^gpt-3\.?5-turbo\b/, { ...window(16_385, 4_096), ...cannot(...TEXT_ONLY, 'jsonSchema') }],
  [
    /^o1-mini\b/,
    {
      ...window(128_000, 65_536),
      ...THINKS,
      ...NO_SAMPLING,
      ...cannot(...TEXT_ONLY, 'tools', 'jsonSchema', 'jsonMode'),
    },
  ],
  [
    /^o1-preview\b/,
    {
      ...window(128_000, 32_768),
      ...THINKS,
      ...NO_SAMPLING,
      ...cannot(...TEXT_ONLY, 'tools', 'jsonSchema', 'jsonMode'),
    },
  ],
  [
    /^o3-mini\b/,
    { ...window(200_000, 100_000), ...THINKS, ...NO_PARALLEL, ...cannot(...TEXT_ONLY, 'parallelTools', 'stop') },
  ],
  [/^o1\b/, { ...window(200_000, 100_000), ...THINKS, ...NO_PARALLEL, ...cannot(...NO_SOUND, 'parallelTools') }],
  [
    /^o[34]\b/,
    { ...window(200_000, 100_000), ...THINKS, ...NO_PARALLEL, ...cannot(...NO_SOUND, 'parallelTools', 'stop') },
  ],
  [/^gpt-oss\b/, { ...window(131_072, 131_072), ...THINKS, ...cannot(...TEXT_ONLY) }],

  // Anthropic
  [/^claude-3[-.]7\b/, { ...window(200_000, 64_000), ...THINKS_IF_ASKED, ...PREFILL, ...cannot(...NO_SOUND) }],
  [/^claude-3[-.]5\b/, { ...window(200_000, 8_192), ...THINKS_IF_ASKED, ...PREFILL, ...cannot(...NO_SOUND) }],
  [/^claude-3\b/, { ...window(200_000, 4_096), ...THINKS_IF_ASKED, ...PREFILL, ...cannot(...NO_SOUND) }],
  [/^claude-[a-z]+-4[-.][6-9]\b/, { ...window(1_000_000, 128_000), ...THINKS_IF_ASKED, ...cannot(...NO_SOUND) }],
  [/^claude-[a-z]+-4[-.]5\b/, { ...window(200_000, 64_000), ...THINKS_IF_ASKED, ...PREFILL, ...cannot(...NO_SOUND) }],
  [/^claude-opus-4\b/, { ...window(200_000, 32_000), ...THINKS_IF_ASKED, ...PREFILL, ...cannot(...NO_SOUND) }],
  [/^claude-[a-z]+-4\b/, { ...window(200_000, 64_000), ...THINKS_IF_ASKED, ...PREFILL, ...cannot(...NO_SOUND) }],
  [/^claude\b/, cannot(...NO_SOUND)],

  // Google
  [/^gemini-1\.5-pro\b/, { ...apart(2_097_152, 8_192), ...cannot('speech') }],
  [/^gemini-[\d.]+-flash(?:-\w+)*-image\b/, { ...apart(32_768, 32_768), ...cannot('tools', 'speech') }],
  [/^gemini-(?:1\.5|2\.0)-flash\b/, { ...apart(1_048_576, 8_192), ...cannot('speech') }],
  [
    /^gemini-(?:2\.5|3(?:\.\d+)?)-pro\b(?!.*-(?:tts|image))/,
    { ...apart(1_048_576, 65_536), ...THINKS, ...cannot('speech') },
  ],
  [
    /^gemini-(?:2\.5|3(?:\.\d+)?)-flash\b(?!.*-tts)/,
    { ...apart(1_048_576, 65_536), ...THINKS_IF_ASKED, ...cannot('speech') },
  ],

  // DeepSeek; its own names without a version have had windows of many sizes
  [/^deepseek-chat\b/, cannot(...TEXT_ONLY, 'jsonSchema')],
  [/^deepseek-reasoner\b/, { ...THINKS, ...cannot(...TEXT_ONLY, 'jsonSchema') }],
  [/^deepseek-r1\b/, { ...window(163_840), ...THINKS, ...cannot(...TEXT_ONLY) }],
  [/^deepseek-(?:coder|v3)/, { ...window(163_840), ...cannot(...TEXT_ONLY) }],

  // Qwen
  [/^qwen[\d.]*-(?:vl|omni)\b/, {}],
  [/^qwq\b/, { ...window(131_072), ...THINKS, ...cannot(...TEXT_ONLY) }],
  [/^qwen3-(?:.*-)?thinking\b/, { ...window(262_144), ...THINKS, ...cannot(...TEXT_ONLY) }],
  [/^qwen3(?![.\d])/, { ...window(1_000_000), ...cannot(...TEXT_ONLY) }],
  [/^qwen-?2(?:\.5)?(?![.\d])/, cannot(...TEXT_ONLY)],
  [/^qwen-(?:max|plus|turbo|flash|long|coder)\b/, cannot(...TEXT_ONLY)],

  // Llama
  [/^(?:meta-)?llama-?4\b/, cannot(...NO_SOUND, 'files')],
  [/^(?:meta-)?llama-?v?3[.p-]?2.*(?:vision|11b|90b)/, { ...window(131_072), ...cannot(...NO_SOUND, 'files') }],
  [/^(?:meta-)?llama-?v?3[.p-]?[1-3]/, { ...window(131_072), ...cannot(...TEXT_ONLY) }],
  [/^(?:meta-)?llama-?v?3\b/, cannot(...TEXT_ONLY)],

  // Mistral
  [/^(?:codestral|mistral-nemo|mistral-7b|mixtral|open-(?:mistral|mixtral|codestral))/, cannot(...TEXT_ONLY)],
  [/^mistral-large-24\d\d\b/, { ...window(131_072), ...cannot(...TEXT_ONLY) }],
  [/^magistral\b/, { ...THINKS, ...cannot(...NO_SOUND) }],
  [/^pixtral\b/, { ...window(131_072), ...cannot(...NO_SOUND) }],
];
