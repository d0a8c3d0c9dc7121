/** A request in the words of `generateContent`, and what had to be said differently: https://ai.google.dev/api/generate-content */
import type { DeploymentSettings } from '../../config/settings.js';
import { given } from '../../given.js';
import { isRecord, isUnset } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import type { Conversation } from '../conversation/conversation.js';
import { remarkLeftOut } from '../conversation/left-out.js';
import { optionsFor } from '../conversation/provider-options.js';
import { readConversation } from '../conversation/read-conversation.js';
import { Remarks } from '../conversation/remarks.js';
import { translatedOnce, type Translation } from '../conversation/translation.js';
import { type WirePart, wirePartsOf } from './content-parts.js';
import { encodeContents, type WireContent } from './encode-contents.js';
import { encodeFormat } from './encode-format.js';
import { encodeSampling, SAMPLING } from './encode-sampling.js';
import { encodeThinking } from './encode-thinking.js';
import { encodeTools } from './encode-tools.js';
import { fieldsOf } from './loose-json.js';
import { type ModelTraits, traitsOf } from './model-traits.js';

export const translationOf = translatedOnce(translate);

function translate(request: OpenAIRequest, deployment: DeploymentSettings): Translation {
  const remarks = new Remarks();
  const traits = traitsOf(deployment);
  const { generationConfig: ownConfig, ...own } = optionsFor('gemini', request);
  const conversation = readConversation(request.messages, remarks);
  const { fields: tools, calls } = encodeTools(request, remarks);
  const format = encodeFormat(request, calls, traits, remarks);
  const limit = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const config = given({
    maxOutputTokens: limit,
    ...encodeSampling(request, traits, remarks),
    stopSequences: stopSequences(request, remarks),
    ...format,
    responseModalities: modalities(request, remarks),
    thinkingConfig: encodeThinking(request, limit, traits, remarks),
    ...fieldsOf(ownConfig),
  });
  if (conversation.turns.at(-1)?.role === 'assistant' && !(deployment.prefillSaid ?? traits.prefill)) {
    remarks.object('cannot go on from an assistant message that stands last');
  }
  remarkLeftOut(request, READ, remarks);
  // Older models refuse tools beside a format even where they are not to be called.
  const isInTheWay = calls === 'never' && !traits.jsonWithTools && 'responseMimeType' in format;
  const body = given({
    ...saidBy(conversation, traits, remarks),
    ...(isInTheWay ? {} : tools),
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
    serviceTier: serviceTier(request, remarks),
    ...own,
  });
  return { body, remarks };
}

interface Said {
  readonly systemInstruction?: { readonly parts: readonly WirePart[] };
  readonly contents: readonly WireContent[];
}

function saidBy(conversation: Conversation, traits: ModelTraits, remarks: Remarks): Said {
  const contents = encodeContents(conversation, traits, remarks);
  const parts = wirePartsOf(conversation.instructions, traits, remarks);
  if (parts.length === 0) return { contents };
  if (traits.instructions) return { systemInstruction: { parts }, contents };
  remarks.change('instructions are put in front of the first message');
  const [first, ...others] = contents;
  return { contents: [{ role: 'user', parts: [...parts, ...(first?.parts ?? [])] }, ...others] };
}

const MOST_STOPS = 5;

function stopSequences({ stop }: OpenAIRequest, remarks: Remarks): string[] | undefined {
  if (isUnset(stop)) return undefined;
  const all = (typeof stop === 'string' ? [stop] : stop).filter((sequence) => sequence !== '');
  if (all.length > MOST_STOPS) remarks.change(`stop sequences beyond the first ${MOST_STOPS} are left out`);
  return all.length === 0 ? undefined : all.slice(0, MOST_STOPS);
}

/** Pictures beside text are asked for as OpenRouter's clients do it. */
function modalities({ modalities: wanted, audio }: OpenAIRequest, remarks: Remarks): string[] | undefined {
  const all: readonly unknown[] = Array.isArray(wanted) ? wanted : [];
  if (isRecord(audio) || all.some((modality) => modality !== 'text' && modality !== 'image')) {
    remarks.object('cannot answer with anything but text and pictures');
  }
  return all.includes('image') ? all.map((modality) => String(modality).toUpperCase()) : undefined;
}

const TIERS: ReadonlyMap<unknown, string> = new Map([
  ['default', 'standard'],
  ['standard', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
]);

/** https://ai.google.dev/gemini-api/docs/priority-inference */
function serviceTier({ service_tier: tier }: OpenAIRequest, remarks: Remarks): string | undefined {
  if (isUnset(tier) || tier === 'auto') return undefined;
  const taken = TIERS.get(tier);
  if (taken === undefined) remarks.change('service_tier is left out');
  return taken;
}

/** Read above, or where the fields are encoded. */
const READ: ReadonlySet<string> = new Set([
  ...SAMPLING,
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'response_format',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'reasoning_effort',
  'service_tier',
  'modalities',
  'audio',
]);
