/**
 * A conversation in OpenAI's form as turns, for providers that demand more order than OpenAI does: instructions apart, the user's and the
 * assistant's turns strictly in alternation, and one result for each tool call directly behind it.
 */
import type { Fields } from '../../request/bad-request.js';
import type { Thought } from './thoughts.js';

export interface Conversation {
  /**
   * The text parts of system and developer messages, in their order. Those from the middle of the conversation stand here as well:
   * only some models know instructions elsewhere, and Anthropic's own layer for OpenAI's clients does the same.
   */
  readonly instructions: readonly Part[];
  /** At least one; the first is the user's, and none is empty. */
  readonly turns: readonly Turn[];
}

/** A content part in OpenAI's form. Text is never blank, because some providers refuse that. */
export type Part = Fields;

export type Turn = UserTurn | AssistantTurn;

/** All that came between two answers. */
export interface UserTurn {
  readonly role: 'user';
  /** One for each call of the turn in front, in the order in which they came; they have to stand before the parts. */
  readonly results: readonly ToolResult[];
  readonly parts: readonly Part[];
}

export interface AssistantTurn {
  readonly role: 'assistant';
  /** Nearly always one. */
  readonly messages: readonly AssistantMessage[];
}

export interface AssistantMessage {
  /** Of any provider; see their `format`. */
  readonly thoughts: readonly Thought[];
  readonly parts: readonly Part[];
  readonly calls: readonly ToolCall[];
}

export interface ToolCall {
  /** As the application has it: it may be of any form, empty, or that of another call too. */
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it, which may be invalid. Of a custom tool `{"input": …}`. */
  readonly arguments: string;
}

export interface ToolResult {
  /** One of those in the turn in front, the very object. */
  readonly call: ToolCall;
  readonly parts: readonly Part[];
  /** The application has sent none. */
  readonly missing: boolean;
}
