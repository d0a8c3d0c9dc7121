/**
 * The shapes of OpenAI's chat completions. Requests may be values of the `openai` package's own types, and completions
 * and chunks of ours may be handed to code that expects theirs; `test/types/openai-shapes.test.ts` holds us to both.
 */

/** Known fields complete in the editor, and fields that only some service knows are allowed beside them. */
export type Open<Shape> = Shape | (Shape & { readonly [field: string]: unknown });

/** One of the known names, which the editor offers, or any other. */
type Suggested<Known extends string> = Known | (string & {});

// ---- The request

/** What the application asks. `model` names a model or a chain; without it the route's or the default chain is used. */
export type ChatRequest<Model extends string = string> = Open<ChatRequestFields<Model>>;

/** The fields that OpenAI documents. Absent, `undefined` and, where OpenAI allows it, `null` all mean "not set". */
export interface ChatRequestFields<Model extends string = string> {
  messages: readonly ChatMessage[];
  model?: Suggested<Model> | undefined;
  /** 0 to 2. */
  temperature?: number | null | undefined;
  /** 0 to 1. */
  top_p?: number | null | undefined;
  /** Output tokens at most; older models and most resellers. */
  max_tokens?: number | null | undefined;
  /** Output tokens at most, reasoning included; newer OpenAI models. */
  max_completion_tokens?: number | null | undefined;
  /** -2 to 2. */
  presence_penalty?: number | null | undefined;
  /** -2 to 2. */
  frequency_penalty?: number | null | undefined;
  /** Choices to generate, 1 to 128. @default 1 */
  n?: number | null | undefined;
  /** Where to stop; OpenAI takes up to 4. */
  stop?: string | readonly string[] | null | undefined;
  /** Not sent: `chat` and `stream` decide it. */
  stream?: boolean | null | undefined;
  /** Not sent: `chat` and `stream` decide it. */
  stream_options?: { include_usage?: boolean; include_obfuscation?: boolean } | null | undefined;
  response_format?: ChatResponseFormat | undefined;
  tools?: readonly ChatTool[] | undefined;
  tool_choice?: ChatToolChoice | undefined;
  parallel_tool_calls?: boolean | undefined;
  /** The older form of `tools`. */
  functions?: readonly ChatFunction[] | undefined;
  /** The older form of `tool_choice`. */
  function_call?: 'none' | 'auto' | { name: string } | undefined;
  reasoning_effort?: Suggested<'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'> | null | undefined;
  verbosity?: Suggested<'low' | 'medium' | 'high'> | null | undefined;
  seed?: number | null | undefined;
  logprobs?: boolean | null | undefined;
  top_logprobs?: number | null | undefined;
  logit_bias?: Readonly<Record<string, number>> | null | undefined;
  modalities?: readonly Suggested<'text' | 'audio'>[] | null | undefined;
  audio?: object | null | undefined;
  prediction?: object | null | undefined;
  web_search_options?: object | undefined;
  service_tier?: Suggested<'auto' | 'default' | 'flex' | 'priority'> | null | undefined;
  store?: boolean | null | undefined;
  metadata?: Readonly<Record<string, string>> | null | undefined;
  /** The application's own user, opaque to the service. */
  user?: string | undefined;
  safety_identifier?: string | null | undefined;
  prompt_cache_key?: string | null | undefined;
  /** Ours: fields for one provider, by its name (`openai`, `anthropic`, `gemini`, `azure`); others are not sent them. */
  providerOptions?: Readonly<Record<string, object | null | undefined>> | null | undefined;
}

export type ChatRole = 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';

/** One message of the conversation. One shape for all roles, so that messages read from a database fit as they are. */
export type ChatMessage = Open<ChatMessageFields>;

export interface ChatMessageFields {
  role: Suggested<ChatRole>;
  /** May be left out by an assistant that called a tool or refused. */
  content?: string | readonly ChatContentPart[] | null | undefined;
  name?: string | undefined;
  /** What an assistant called. */
  tool_calls?: readonly ChatToolCall[] | null | undefined;
  /** Which of those calls a `tool` message answers. */
  tool_call_id?: string | undefined;
  /** The older form of `tool_calls`. */
  function_call?: ChatFunctionCall | null | undefined;
  refusal?: string | null | undefined;
  audio?: { id: string } | null | undefined;
}

export type ChatContentPart = Open<
  ChatTextPart | ChatImagePart | ChatAudioPart | ChatVideoPart | ChatFilePart | ChatRefusalPart
>;

export interface ChatTextPart {
  type: 'text';
  text: string;
}

export interface ChatImagePart {
  type: 'image_url';
  /** An `https:` or a `data:` URL. */
  image_url: { url: string; detail?: Suggested<'auto' | 'low' | 'high'> };
}

export interface ChatAudioPart {
  type: 'input_audio';
  /** Base64. */
  input_audio: { data: string; format: Suggested<'wav' | 'mp3'> };
}

/** Not OpenAI's own; Qwen, GLM, vLLM and OpenRouter take it. */
export interface ChatVideoPart {
  type: 'video_url';
  video_url: { url: string };
}

export interface ChatFilePart {
  type: 'file';
  file: { file_data?: string; file_id?: string; filename?: string };
}

export interface ChatRefusalPart {
  type: 'refusal';
  refusal: string;
}

export interface ChatFunction {
  name: string;
  description?: string | undefined;
  /** A JSON Schema. */
  parameters?: Readonly<Record<string, unknown>> | undefined;
  strict?: boolean | null | undefined;
}

/** What the model may call. */
export type ChatTool = Open<
  | { type: 'function'; function: ChatFunction }
  | { type: 'custom'; custom: { name: string; description?: string | undefined; format?: object | undefined } }
>;

export type ChatToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { type: 'function'; function: { name: string } }
  | { type: 'custom'; custom: { name: string } }
  | {
      type: 'allowed_tools';
      allowed_tools: { mode: 'auto' | 'required'; tools: readonly Readonly<Record<string, unknown>>[] };
    };

export type ChatResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      json_schema: {
        name: string;
        description?: string | undefined;
        schema?: Readonly<Record<string, unknown>> | undefined;
        strict?: boolean | null | undefined;
      };
    };

// ---- The reply

/** The whole answer. */
export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Seconds since 1970. */
  created: number;
  model: string;
  choices: ChatChoice[];
  usage?: ChatUsage;
  system_fingerprint?: string;
}

export interface ChatChoice {
  index: number;
  message: ChatReplyMessage;
  finish_reason: ChatFinishReason;
  logprobs: ChatLogprobs | null;
}

export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

export interface ChatReplyMessage {
  role: 'assistant';
  content: string | null;
  refusal: string | null;
  tool_calls?: ChatToolCall[];
  /** The older form of `tool_calls`. */
  function_call?: ChatFunctionCall | null;
  /** The thoughts of DeepSeek's, Qwen's and similar models. */
  reasoning_content?: string | null;
  annotations?: ChatAnnotation[];
  audio?: { id: string; data: string; expires_at: number; transcript: string } | null;
}

export interface ChatAnnotation {
  type: 'url_citation';
  url_citation: { start_index: number; end_index: number; title: string; url: string };
}

export interface ChatFunctionCall {
  name: string;
  /** JSON, as the model wrote it; it may be invalid. */
  arguments: string;
}

export type ChatToolCall =
  | { id: string; type: 'function'; function: ChatFunctionCall }
  | { id: string; type: 'custom'; custom: { name: string; input: string } };

export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number; audio_tokens?: number };
  completion_tokens_details?: {
    reasoning_tokens?: number;
    audio_tokens?: number;
    accepted_prediction_tokens?: number;
    rejected_prediction_tokens?: number;
  };
}

export interface ChatLogprobs {
  content: ChatTokenLogprob[] | null;
  refusal: ChatTokenLogprob[] | null;
}

export interface ChatTokenLogprob {
  token: string;
  bytes: number[] | null;
  logprob: number;
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[];
}

// ---- The streamed reply

/** One piece of a streamed answer. */
export interface ChatChunk {
  id: string;
  object: 'chat.completion.chunk';
  /** Seconds since 1970. */
  created: number;
  model: string;
  /** Empty in the chunk that only brings the usage. */
  choices: ChatChunkChoice[];
  usage?: ChatUsage | null;
  system_fingerprint?: string;
}

export interface ChatChunkChoice {
  index: number;
  delta: ChatDelta;
  finish_reason: ChatFinishReason | null;
  logprobs?: ChatLogprobs | null;
}

/** What one chunk adds to a choice. */
export interface ChatDelta {
  role?: 'developer' | 'system' | 'user' | 'assistant' | 'tool';
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  tool_calls?: ChatToolCallDelta[];
  function_call?: { name?: string; arguments?: string };
}

export interface ChatToolCallDelta {
  index: number;
  id?: string;
  type?: 'function' | 'custom';
  function?: { name?: string; arguments?: string };
  custom?: { name?: string; input?: string };
}
