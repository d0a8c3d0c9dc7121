/**
 * What providers call things, as data. Codes are compared whole and count on any status. Texts are looked for only
 * where the status leaves room, because a message may quote the caller's prompt, and nobody shall be able to put a
 * key to rest by writing "insufficient balance" into a chat.
 */
import type { ErrorBody } from './error-body.js';
import type { FailureClass } from './failure.js';

/** Somebody's rules for what may be said refuse a request, whatever its form. In lower case. */
const CONTENT_CODES: ReadonlySet<string> = new Set([
  'content_filter', // Azure 400
  'content_policy_violation', // OpenAI 400
  'responsibleaipolicyviolation', // Azure 400, in innererror
  'datainspectionfailed', // Alibaba DashScope 400
  'data_inspection_failed', // the same, compatible mode
  'moderation_blocked',
]);

export function isContentCode(code: string | undefined): boolean {
  return code !== undefined && CONTENT_CODES.has(code.toLowerCase());
}

/** In the order in which they are asked; quota before rate limit, because providers send both at once. */
const CODES: readonly (readonly [FailureClass, ReadonlySet<string>])[] = [
  [
    'quota',
    new Set([
      'insufficient_quota', // OpenAI 429
      'credit_balance_exhausted', // OpenAI 429
      'billing_hard_limit_reached', // OpenAI 400, 429
      'billing_not_active', // OpenAI 429
      'spend_limit_reached',
      'enforced_spend_limit_reached', // Anthropic 429, in error.details.error_code
      'billing_error', // Anthropic 402
      'insufficient_balance',
      'insufficient_credits',
      'exceeded_current_quota_error', // Moonshot 429
      'arrearage', // Alibaba DashScope 400
      'allocationquota.freetieronly', // Alibaba DashScope 403
      'accountoverdueerror', // Volcengine 403
      'insufficient_user_quota', // one-api, new-api 403
      'pre_consume_token_quota_failed', // new-api 403
      'token_quota_exhausted', // one-api forks 403
      'budget_exceeded', // LiteLLM proxy
    ]),
  ],
  [
    'request',
    new Set([
      'context_length_exceeded', // OpenAI 400
      ...CONTENT_CODES,
      'request_too_large', // Anthropic 413: the caller's 32 MB, no fault of the route
    ]),
  ],
  [
    'model',
    new Set([
      'model_not_found', // OpenAI 404, new-api 503
      'deploymentnotfound', // Azure 404
      'operationnotsupported', // Azure 400: no chat with this model
      'invalid_model', // Mistral 400
      'modelnotfound', // Alibaba DashScope 404
      'model.accessdenied', // Alibaba DashScope 403
      'accessdenied.unpurchased', // Alibaba DashScope 403
      'modelnotopen', // Volcengine 404
      'invalidendpointormodel.notfound', // Volcengine 404
      'model_decommissioned', // Groq 400
      'model_terms_required', // Groq 400
      'model_permission_blocked_project', // Groq 403
    ]),
  ],
  ['misconfigured', new Set(['unsupported_country_region_territory'])], // OpenAI 403: no key and no wait helps
  [
    'credential',
    new Set([
      'invalid_api_key', // OpenAI 401
      'api_key_invalid', // Gemini 400, in error.details[].reason
      'authentication_error', // Anthropic 401
      'permission_error', // Anthropic 403
      'permission_denied', // Gemini 403
      'permission_denied_error', // Moonshot 403
      'unauthenticated', // Gemini 401
      'invalid_authentication_error', // Moonshot 401
      'invalidapikey', // Alibaba DashScope 401
      'account_deactivated', // OpenAI 403
    ]),
  ],
  [
    'overloaded',
    new Set([
      'overloaded_error', // Anthropic 529, also as an event inside a 200
      'server_is_overloaded', // OpenAI 503
      'engine_overloaded_error', // Moonshot 429: its engine, not our share of it
    ]),
  ],
  ['rate-limited', new Set(['rate_limit_exceeded', 'rate_limit_error', 'rate_limit_reached_error'])],
];

/** Words too general to override a status; they decide for an error that has none, inside a 200. */
const GENERAL_CODES: ReadonlyMap<string, FailureClass> = new Map([
  ['slow_down', 'overloaded'], // OpenAI; on a 429 the status says rate-limited: our ramp was too steep
  ['unavailable', 'overloaded'],
  ['service_unavailable_error', 'overloaded'],
  ['resource_exhausted', 'rate-limited'],
  ['too_many_requests', 'rate-limited'],
  ['requests', 'rate-limited'], // OpenAI's error.type on a 429
  ['tokens', 'rate-limited'],
  ['server_error', 'server'],
  ['api_error', 'server'],
  ['internal', 'server'],
  ['internal_error', 'server'],
  ['internal_server_error', 'server'],
  ['timeout_error', 'server'],
  ['deadline_exceeded', 'server'],
  ['upstream_error', 'server'], // one-api
  ['bad_response_status_code', 'server'], // one-api
  ['invalid_request_error', 'request'],
  ['invalid_argument', 'request'],
  ['invalid_prompt', 'request'],
]);

/** Statuses as `Texts.on` names them: an error inside a 200, and any 5xx. */
const INSIDE_200 = 0;
const ANY_5XX = 500;

interface Texts {
  readonly class: FailureClass;
  readonly on: readonly number[];
  readonly pattern: RegExp;
}

/** Anchored where the status is one of the caller's faults: the first words of a message are the provider's own. */
const TEXTS: readonly Texts[] = [
  // one-api answers 401 for a token without balance, DeepSeek "Insufficient Balance", SiliconFlow 403.
  {
    class: 'quota',
    on: [INSIDE_200, 401, 403, 429, ANY_5XX],
    pattern:
      /insufficient (?:account |user )?(?:balance|credits?|quota|funds)|balance is (?:too low|insufficient)|(?:quota|credits?) (?:is |are )?(?:not enough|exhausted|used up)|(?:spend(?:ing)?|billing|api usage) (?:hard )?limits?\b/i,
  },
  {
    class: 'quota',
    on: [INSIDE_200, 401, 403, 429, ANY_5XX],
    pattern: /余额不足|额度(?:已用尽|已用完|已耗尽|不足)|配额(?:不足|已用尽)|预扣费额度失败|欠费|请充值/,
  },
  { class: 'quota', on: [403, 429], pattern: /\b(?:per[- ]day|daily|rpd|tpd)\b|每日|每天|今日|当日/i },
  // Anthropic says both with a plain invalid_request_error.
  {
    class: 'quota',
    on: [400],
    pattern:
      /^(?:your credit balance is too low|you have reached your (?:specified )?(?:workspace )?api usage limits|余额不足)/i,
  },
  // OpenRouter's moderation.
  { class: 'request', on: [403], pattern: /\b(?:input was flagged|requires moderation)\b/i },
  { class: 'request', on: [404], pattern: /^no endpoints found that support\b/i },
  { class: 'misconfigured', on: [403], pattern: /\b(?:country|region|territory|location)\b.{0,60}\bnot supported/i },
  {
    class: 'misconfigured',
    on: [400],
    pattern: /^(?:user location is not supported|gemini api free tier is not available)/i,
  },
  {
    class: 'model',
    on: [403, 404, 410],
    pattern:
      /\bmodels?\b.{0,140}(?:not found|not exist|not (?:available|enabled|active)|not have access|decommissioned|deprecated)|\bno access to (?:the |this )?model\b|无权(?:访问|使用)模型|模型.{0,60}(?:不存在|未开通|已下线)/i,
  },
  { class: 'model', on: [404], pattern: /^model:|^not found the model\b|^no (?:allowed providers|endpoints found)\b/i }, // Anthropic, Moonshot, OpenRouter
  {
    class: 'model', // DeepSeek, vLLM, Mistral, LiteLLM's proxy, Zhipu
    on: [400],
    pattern:
      /^(?:model not exist|the model `[^`]{1,120}` does not exist|invalid model: |.{0,40}invalid model name passed in|模型不存在)/i,
  },
  {
    class: 'credential',
    on: [403, INSIDE_200],
    pattern:
      /\b(?:invalid|incorrect|expired|disabled|revoked)\b.{0,20}\b(?:key|token)\b|\bapi key\b.{0,40}\b(?:invalid|not valid|expired|disabled)|\b(?:unauthori[sz]ed|forbidden|authentication|permission)\b|(?:无效|过期|禁用).{0,4}令牌|令牌.{0,10}(?:无效|过期|不可用|禁用)/i,
  },
  { class: 'credential', on: [400], pattern: /^api key (?:not valid|expired)/i }, // Gemini
];

/** How much of a message is searched: what it quotes comes later. */
const SEARCHED = 300;

/** The class that the provider's own words mean, or `undefined` if the status has to decide. */
export function classOfWords(error: ErrorBody, status: number | undefined): FailureClass | undefined {
  const codes = error.codes.map((code) => code.toLowerCase());
  const named = CODES.find(([, known]) => codes.some((code) => known.has(code)))?.[0];
  if (named === 'quota') return named;
  const gemini = classOfGeminiQuota(error, codes);
  if (gemini !== undefined) return gemini;
  const told = classOfText(error.message, status);
  if (told === 'quota') return told;
  // A 5xx that speaks of a key speaks of the reseller's own, not of ours.
  if (named === 'credential' && status !== undefined && status >= 500) return told;
  return named ?? told;
}

/** The class of a general word, for errors without a status. */
export function classOfGeneralCode(error: ErrorBody): FailureClass | undefined {
  return error.codes.map((code) => GENERAL_CODES.get(code.toLowerCase())).find((found) => found !== undefined);
}

/**
 * Gemini calls every limit a quota and sends the same text, "You exceeded your current quota", for a minute's and a
 * day's: only the quota's id and a limit of 0 (no free tier) tell them apart.
 * https://ai.google.dev/gemini-api/docs/rate-limits
 */
function classOfGeminiQuota(error: ErrorBody, codes: readonly string[]): FailureClass | undefined {
  if (!codes.includes('resource_exhausted')) return undefined;
  const gone = error.quotaIds.some((id) => /perday/i.test(id)) || /\blimit: 0(?![\d.])/.test(error.message ?? '');
  return gone ? 'quota' : 'rate-limited';
}

function classOfText(message: string | undefined, status: number | undefined): FailureClass | undefined {
  if (message === undefined) return undefined;
  const searched = message.trimStart().slice(0, SEARCHED);
  const on = statusGroup(status);
  if (on === 429 && /exceeded your current quota/i.test(searched)) return 'quota';
  return TEXTS.find((texts) => texts.on.includes(on) && texts.pattern.test(searched))?.class;
}

function statusGroup(status: number | undefined): number {
  if (status === undefined) return INSIDE_200;
  if (status === 422) return 400;
  return status >= 500 ? ANY_5XX : status;
}

const CONTEXT_LENGTH =
  /context[_ ](?:length|window|size|limit)|prompt is too long|input (?:is )?too long|too many (?:input |prompt )?tokens|input token count.{0,60}exceed|exceeds? (?:the )?(?:maximum|max|model)(?: allowed)?(?: number of)?(?: input)? tokens?|exceeded model token limit|reduce the length of (?:the|your) (?:messages|prompt|input)|range of input length should be|上下文.{0,10}(?:长度|窗口|超)|输入.{0,20}(?:过长|超长|超出)/i;

/** Whether a refused request was too long for the model, in any provider's words. */
export function isContextLength(error: ErrorBody): boolean {
  const named = error.codes.some((code) => code.toLowerCase() === 'context_length_exceeded');
  return named || CONTEXT_LENGTH.test(error.message ?? '');
}
