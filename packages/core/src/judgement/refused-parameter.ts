/**
 * Which parameter an upstream refused, of those that a request can be sent without or that have another name. Not one whose value alone
 * is wrong: that is the caller's to hear.
 */
import { REFUSABLE_PARAMETERS, type RefusableParameter } from '../request/refusable.js';

/** Some name them in camel case. */
const NAMES = new Map<string, RefusableParameter>(
  REFUSABLE_PARAMETERS.flatMap((name) =>
    name === 'thoughts'
      ? []
      : [
          [name, name],
          [name.replaceAll('_', ''), name],
        ],
  ),
);

const NAME = `(${[...NAMES.keys()].join('|')})`;
/** Those that are words of a sentence too: "User is not allowed …" says nothing of a parameter. */
const WORDS: ReadonlySet<string> = new Set(['user', 'store', 'metadata', 'n', 'verbosity']);
const PLAIN_NAME = `(${[...NAMES.keys()].filter((name) => !WORDS.has(name)).join('|')})`;
const QUOTE = '["\'`]?';

const PATTERNS: readonly RegExp[] = [
  // OpenAI: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."; "Unrecognized
  // request argument supplied: max_completion_tokens"; "Unknown parameter: 'reasoning_effort'."; xAI: "Argument not supported on this model: reasoningEffort"
  `^(?:unknown|unsupported|unrecognized|unexpected) (?:request )?(?:parameter|argument|field|property)(?:s|\\(s\\))?(?: supplied)?:? ${QUOTE}${NAME}\\b(?!\\.\\w)`,
  `^argument not supported on this model: ${QUOTE}${NAME}\\b`,
  // OpenAI: "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported."
  `^unsupported value: ${QUOTE}(temperature|top_p|presence_penalty|frequency_penalty)${QUOTE} does not support [^ ]{1,40} with this model\\. only the default`,
  // Anthropic: "`temperature` is deprecated for this model."; Groq: "property 'top_k' is unsupported"; "top_p is not supported by this model"
  `^(?:the )?(?:(?:parameter|property|field|argument) ${QUOTE}${NAME}${QUOTE}|["'\`]${NAME}["'\`]|${PLAIN_NAME})(?: (?:parameter|property|field|argument))? is (?:currently )?(?:not (?:yet )?(?:supported|permitted|allowed)|unsupported|deprecated)\\b(?! to\\b)`,
  // FastAPI's 422, as Mistral and vLLM send it: "body.max_completion_tokens: Extra inputs are not permitted"
  `^(?:validation error at #/|body\\.)?${NAME}: extra (?:inputs|fields) (?:are )?not permitted`,
  // Servers in Go and Rust
  `^(?:json: |failed to deserialize the json body into the target type: )?unknown field ["'\`]${NAME}["'\`]`,
  // LiteLLM: "bedrock does not support parameters: ['top_p']"; "gpt-5 models (including gpt-5-codex) don't support temperature=0.2."
  `^[\\w./-]{1,60} does not support parameters?: [[{]?["'\`]?${NAME}\\b`,
  `^[\\w./-]{1,60} models (?:\\([^)]{1,60}\\) )?(?:don't|do not) support ${NAME}=`,
  // xAI: "Model grok-4 does not support parameter presencePenalty."
  `^model [\\w./:-]{1,80} does not support parameter ${QUOTE}${NAME}\\b`,
].map((pattern) => new RegExp(pattern, 'i'));

const WHERE = '(?:this|the|your|these) (?:[\\w-]+ )?(?:models?|endpoint|deployment|api|provider|server)\\b';

/**
 * How the sentence goes on where a value is refused, or two things that do not go together: "is not supported when 'reasoning_effort' is
 * 'high'", "is not allowed outside the range 0 to 1", "is not supported: xhigh". That is the caller's to hear.
 */
const WITH_A_CONDITION = new RegExp(
  `^${QUOTE}(?: (?:parameter|argument|property|field))?(?: is (?:currently )?not (?:yet )?(?:supported|permitted|allowed))?(?: (?:with|for|by|on|in) ${WHERE})?` +
    `(?:,? (?:when|with(?! ${WHERE})|together|along|alongside|in combination|outside|above|below|(?:for |of )?values?|range|only|unless|while|if)\\b|: ?[^ ])`,
  'i',
);

/** Fields of earlier answers that come back in the messages. */
const THOUGHT = 'reasoning(?:_content|_details)?';

const THOUGHTS: readonly RegExp[] = [
  // Groq: "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]"
  `^'messages\\.\\d+' : for 'role:assistant' the following must be satisfied\\[\\('messages\\.\\d+' : property '${THOUGHT}' is unsupported`,
  // Cerebras: "messages.2.assistant.reasoning_content: property 'messages.2.assistant.reasoning_content' is unsupported"; FastAPI's 422, as
  // Mistral sends it: "body.messages.5.assistant.reasoning_content: Extra inputs are not permitted"
  `^(?:body\\.)?messages\\.\\d+(?:\\.assistant)?\\.${THOUGHT}: (?:property '[\\w.]{1,80}' is unsupported|extra (?:inputs|fields) (?:are )?not permitted)`,
  // OpenAI: "Unknown parameter: 'messages[1].reasoning_content'."; "Additional properties are not allowed ('reasoning_content' was unexpected)"
  `^(?:unknown|unsupported|unrecognized) (?:parameter|request argument supplied): ${QUOTE}messages\\[\\d+\\]\\.${THOUGHT}\\b`,
  `^additional properties are not allowed \\('${THOUGHT}'(?:, '${THOUGHT}')* (?:was|were) unexpected\\)`,
].map((pattern) => new RegExp(pattern, 'i'));

/** @param words the provider's own */
export function refusedParameter(words: string): RefusableParameter | undefined {
  for (const pattern of PATTERNS) {
    const [refusal, ...named] = pattern.exec(words) ?? [];
    const name = named.find((one) => one !== undefined);
    if (refusal === undefined || name === undefined) continue;
    return WITH_A_CONDITION.test(words.slice(refusal.length)) ? undefined : NAMES.get(name.toLowerCase());
  }
  return THOUGHTS.some((pattern) => pattern.test(words)) ? 'thoughts' : undefined;
}
