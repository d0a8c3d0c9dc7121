/**
 * Whether an upstream refused a request because of how we asked: as a stream, with `stream_options`, or with a parameter that nobody
 * depends on. It can be asked without, and what it refuses is remembered; so nothing may be taken for a refusal that is none. The patterns stand at
 * the beginning of a message: the first words are the provider's own, and what they quote of a prompt comes later.
 */
import type { RefusableFeature } from '../request/refusable.js';
import type { Verdict } from './failure.js';
import { ownWords } from './own-words.js';
import { refusedParameter } from './refused-parameter.js';

const REFUSES_OPTIONS: readonly RegExp[] = [
  // OpenAI: "Unrecognized request argument supplied: stream_options"; Azure: "Unknown parameter: 'stream_options'."
  /^(?:unknown|unsupported|unrecognized|unexpected) (?:request )?(?:parameter|argument|field|property)(?:s|\(s\))?(?: supplied)?:? ["'`]?(?:stream_options(?:\.include_usage)?|include_usage)\b(?!\.\w)/i,
  // Groq: "property 'stream_options' is unsupported, did you mean 'stream'?"; TensorRT-LLM: "stream_options is not supported"
  /^(?:the )?(?:(?:parameter|property|field|argument) )?["'`]?(?:stream_options(?:\.include_usage)?|include_usage)["'`]?(?: (?:parameter|property|field|argument))? is (?:currently )?(?:not (?:yet )?(?:supported|permitted|allowed)|unsupported)\b/i,
  // FastAPI's 422, as Mistral and vLLM send it: "body.stream_options.include_usage: Extra inputs are not permitted";
  // Azure with data sources: "Validation error at #/stream_options: Extra inputs are not permitted"
  /^(?:validation error at #\/|body\.)?stream_options(?:[./]include_usage)?: extra (?:inputs|fields) (?:are )?not permitted/i,
  // The same as a list in the text. vLLM: "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), …"; and as JSON
  // where a gateway quotes it: '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"…'
  /^(?:1 validation error:\s*)?(?:\{"object": ?"error", ?"message": ?)?(?:\{"detail": ?)?\[?\{["']type["']: ?["']extra_forbidden["'], ?["']loc["']: ?[[(]["']body["'], ?["']stream_options["']/i,
  // Databricks: 'Bad request: json: unknown field "stream_options"'; servers written in Rust put it in backticks
  /^(?:json: |failed to deserialize the json body into the target type: )?unknown field ["'`]stream_options["'`]/i,
  // LiteLLM: "bedrock does not support parameters: ['stream_options']"
  /^[\w./-]{1,60} does not support parameters: [[{]["']stream_options["']/i,
  // OpenAI: "The 'stream_options' parameter is only allowed when 'stream' is enabled."; vLLM: "Stream options can only be
  // defined when `stream=True`." A gateway on the way has taken `stream` out.
  /^(?:the )?["'`]?stream[_ ]options["'`]?(?: parameter)? (?:is only allowed|can only be (?:defined|set|used)) when\b/i,
];

const REFUSES_STREAM: readonly RegExp[] = [
  // OpenAI, o1: "Unsupported value: 'stream' does not support true with this model. Only the default (false) value is supported."
  /^unsupported value: 'stream' does not support true\b/i,
  // OpenAI, o3 and gpt-5, which only those who have shown who they are may stream
  /^your organization must be verified to stream this model/i,
  /^(?:unknown|unsupported|unrecognized|unexpected) (?:request )?(?:parameter|argument|field|property)(?: supplied)?:? (?:'stream'|"stream"|`stream`|stream(?![\w.-]))(?: is not supported)?/i,
  // Hugging Face: "Error in `stream`: `stream` is not supported for this model"
  /^(?:error in `stream`: )?(?:the )?(?:parameter )?(?:'stream'|"stream"|`stream`|stream)(?: parameter)? is (?:not (?:supported|allowed)|unsupported)/i,
  // "Streaming is not supported for this model."; "Streaming completion is not support yet, please remove 'stream' …"
  /^streaming(?: mode| requests?| responses?| completions?| output)? (?:is|are) (?:currently )?not (?:yet )?(?:support(?:ed)?|available|allowed|enabled)/i,
  // "This model does not support streaming."
  /^(?:(?:this|the|your|selected|requested) )?(?:model|endpoint|deployment|provider)(?: ["'`]?[\w./:@-]{1,100}["'`]?)? (?:does not|doesn't) support streaming/i,
  // Bedrock, through a gateway
  /^the model is unsupported for streaming/i,
  /^(?:(?:当前|该|此|所选)?(?:模型|接口|渠道))?暂?不支持流式(?:输出|调用|响应|返回|请求|模式)?/,
];

/**
 * What may follow where streaming is refused: the end of the sentence, or the model of which it is said. Something that
 * cannot be streamed together with something else, such as tools, can be streamed without.
 */
const ENDS =
  /^(?: yet)?(?: (?:for|with|by|on|in|at) (?:this|the|your) (?:(?:current|selected|requested) )?(?:model|endpoint|deployment|api|provider|server)(?: ["'`]?[\w./:@-]{1,100}["'`]?)?)?(?:[.;!。！（(]|,? ?please\b| \(| ?$)/i;

/** Compared whole; gateways in front of models that do not stream use them. */
const STREAM_CODES: ReadonlySet<string> = new Set(['streaming_not_supported', 'stream_not_supported']);

/** Which feature it was. Only of class `request`, and not of a prompt that was too long. */
export function refusedFeature(verdict: Verdict): Exclude<RefusableFeature, 'prefill'> | undefined {
  const { class: judged, contextLength, code, providerMessage = '' } = verdict;
  if (judged !== 'request' || contextLength === true) return undefined;
  const words = ownWords(providerMessage);
  if (REFUSES_OPTIONS.some((refusal) => refusal.test(words))) return 'stream-options';
  if (STREAM_CODES.has(code?.toLowerCase() ?? '') || refusesStream(words)) return 'stream';
  return refusedParameter(words);
}

function refusesStream(words: string): boolean {
  return REFUSES_STREAM.some((refusal) => {
    const [refused] = refusal.exec(words) ?? [];
    return refused !== undefined && ENDS.test(words.slice(refused.length));
  });
}
