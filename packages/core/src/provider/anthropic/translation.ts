/** A request in the words of the Messages API, and what had to be said differently. */
import type { DeploymentSettings } from '../../config/settings.js';
import { given } from '../../given.js';
import { isRecord, isUnset } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { OpenAIRequest } from '../../request/checked-request.js';
import { remarkLeftOut } from '../conversation/left-out.js';
import { optionsFor } from '../conversation/provider-options.js';
import { readConversation } from '../conversation/read-conversation.js';
import { textPart } from '../conversation/message-parts.js';
import { Remarks } from '../conversation/remarks.js';
import { translatedOnce, type Translation } from '../conversation/translation.js';
import { blocksOf } from './content-blocks.js';
import { encodeFormat } from './encode-format.js';
import { encodeSampling } from './encode-sampling.js';
import { encodeThinking, isThinking } from './encode-thinking.js';
import { encodeTools, isForced } from './encode-tools.js';
import { encodeTurns } from './encode-turns.js';
import { traitsOf } from './model-traits.js';

export const translationOf = translatedOnce(translate);

function translate(request: OpenAIRequest, deployment: DeploymentSettings): Translation {
  const remarks = new Remarks();
  const traits = traitsOf(deployment);
  const { output_config: ownConfig, ...own } = optionsFor('anthropic', request);
  const conversation = readConversation(request.messages, remarks);
  const tools = encodeTools(request, conversation, remarks);
  const facts = {
    request,
    conversation,
    traits,
    forced: isForced(tools),
    most: deployment.maxOutputTokens,
    own: own['thinking'],
  };
  const { effort, ...thinking } = encodeThinking(facts, remarks);
  const thinks = isThinking(thinking, traits);
  const { format, instruction } = encodeFormat(request, traits, remarks);
  const system = blocksOf([...conversation.instructions, ...(instruction ? [textPart(instruction)] : [])], remarks);
  if (conversation.turns.at(-1)?.role === 'assistant' && !(deployment.prefillSaid ?? traits.prefill)) {
    remarks.object('cannot go on from an assistant message that stands last');
  }
  remarkOnOthers(request, remarks);
  const body = {
    model: deployment.modelId,
    system: system.length === 0 ? undefined : system,
    messages: encodeTurns(conversation, thinks, remarks),
    ...tools,
    ...thinking,
    ...encodeSampling(request, traits, thinks, remarks),
    output_config: outputConfig({ effort, format }, ownConfig),
    stop_sequences: stopSequences(request, remarks),
    metadata: metadataOf(request, remarks),
    service_tier: serviceTier(request, remarks),
    ...own,
  };
  return { body: given(body), remarks };
}

function outputConfig(ours: Fields, own: unknown): Fields | undefined {
  const config = { ...given(ours), ...(isRecord(own) ? own : {}) };
  return Object.keys(config).length === 0 ? undefined : config;
}

/** Those of nothing but white space are refused. */
function stopSequences({ stop }: OpenAIRequest, remarks: Remarks): string[] | undefined {
  if (isUnset(stop)) return undefined;
  const all = typeof stop === 'string' ? [stop] : stop;
  const taken = all.filter((sequence) => sequence.trim() !== '');
  if (taken.length < all.length) remarks.change('stop sequences of white space are left out');
  return taken.length === 0 ? undefined : taken;
}

const LONGEST_USER = 256;

function metadataOf({ user, safety_identifier: identifier }: OpenAIRequest, remarks: Remarks): Fields | undefined {
  const id = user ?? identifier;
  if (typeof id !== 'string' || id === '') return undefined;
  if (id.length <= LONGEST_USER) return { user_id: id };
  remarks.change('user is left out');
  return undefined;
}

/** https://platform.claude.com/docs/en/api/service-tiers: the better tier is used where the account has it, or never. */
function serviceTier({ service_tier: tier }: OpenAIRequest, remarks: Remarks): string | undefined {
  if (isUnset(tier)) return undefined;
  if (tier === 'auto' || tier === 'priority') return 'auto';
  if (tier === 'default' || tier === 'standard_only') return 'standard_only';
  remarks.change('service_tier is left out');
  return undefined;
}

/** Read above, or below. */
const READ: ReadonlySet<string> = new Set([
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'n',
  'stop',
  'response_format',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'reasoning_effort',
  'service_tier',
  'user',
  'modalities',
  'audio',
]);

function remarkOnOthers(request: OpenAIRequest, remarks: Remarks): void {
  const { n, modalities, audio } = request;
  if ((n ?? 1) > 1) remarks.object('cannot give several answers');
  const speaks = Array.isArray(modalities) && modalities.some((modality) => modality !== 'text');
  if (speaks || isRecord(audio)) remarks.object('cannot answer with anything but text');
  remarkLeftOut(request, READ, remarks);
}
