/** The shapes of OpenAI's chat completions, as far as this project reads them; unknown fields pass through. */

/** The OpenAI-shaped request. `model` may name a model or a chain, or be left out. */
export interface ChatRequest {
  model?: string | undefined;
  messages: readonly ChatMessage[];
}

export interface ChatMessage {
  role: string;
}

/** The OpenAI-shaped reply. */
export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  created: number;
  model: string;
}
