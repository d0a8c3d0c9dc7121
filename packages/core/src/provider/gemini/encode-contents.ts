/** The turns of a conversation as `contents`: https://ai.google.dev/api/caching#Content */
import type { AssistantMessage, Conversation, Part, ToolCall, ToolResult, Turn } from '../conversation/conversation.js';
import type { Remarks } from '../conversation/remarks.js';
import { parseArguments } from '../conversation/tool-calls.js';
import { callIdsOf } from './call-ids.js';
import { type WirePart, wirePartsOf } from './content-parts.js';
import type { ModelTraits } from './model-traits.js';
import { signaturesOf, signed, withSignatures } from './thought-signatures.js';
import { type EncodedResult, encodeResult } from './tool-results.js';

export interface WireContent {
  readonly role: 'user' | 'model';
  readonly parts: readonly WirePart[];
}

export function encodeContents(conversation: Conversation, traits: ModelTraits, remarks: Remarks): WireContent[] {
  const encoder = new ContentEncoder(callIdsOf(conversation), traits, remarks);
  return conversation.turns.map((turn) => encoder.encode(turn));
}

class ContentEncoder {
  /** In the order of the conversation. */
  readonly #ids: ReadonlyMap<ToolCall, string>;
  readonly #places: ReadonlyMap<ToolCall, number>;
  readonly #traits: ModelTraits;
  readonly #remarks: Remarks;

  constructor(ids: ReadonlyMap<ToolCall, string>, traits: ModelTraits, remarks: Remarks) {
    this.#ids = ids;
    this.#places = new Map([...ids.keys()].map((call, place) => [call, place]));
    this.#traits = traits;
    this.#remarks = remarks;
  }

  encode(turn: Turn): WireContent {
    if (turn.role === 'user') return { role: 'user', parts: this.#asked(turn.results, turn.parts) };
    const parts = turn.messages.flatMap((message) => this.#answer(message));
    return { role: 'model', parts: this.#traits.signsCalls ? signed(parts) : parts };
  }

  /** Results stand in the order of their calls, which is how those without ids are told apart. */
  #asked(results: readonly ToolResult[], parts: readonly Part[]): WirePart[] {
    const ordered = results.toSorted((one, other) => this.#placeOf(one.call) - this.#placeOf(other.call));
    const told = ordered.map((result) => this.#result(result));
    return [
      ...told.map(({ part }) => part),
      ...told.flatMap(({ beside }) => beside),
      ...wirePartsOf(parts, this.#traits, this.#remarks),
    ];
  }

  #answer(message: AssistantMessage): WirePart[] {
    const { ofCalls, others, hasForeign } = signaturesOf(message);
    if (hasForeign) this.#remarks.change('reasoning signatures of another provider are left out');
    const said = withSignatures(wirePartsOf(message.parts, this.#traits, this.#remarks), others);
    return [...said, ...message.calls.map((call) => this.#call(call, ofCalls.get(call.id)))];
  }

  /** Its arguments have to be an object; of others nothing is lost. */
  #call(call: ToolCall, thoughtSignature: string | undefined): WirePart {
    const parsed = parseArguments(call.arguments);
    if (parsed === undefined) this.#remarks.change('arguments of a tool call that are no JSON object are put into one');
    const args = parsed ?? { invalid_json: call.arguments };
    const part = { functionCall: { id: this.#idOf(call), name: call.name, args } };
    return thoughtSignature === undefined ? part : { ...part, thoughtSignature };
  }

  #result(result: ToolResult): EncodedResult {
    return encodeResult(result, this.#idOf(result.call), this.#traits, this.#remarks);
  }

  #idOf(call: ToolCall): string {
    return this.#ids.get(call) ?? call.id;
  }

  #placeOf(call: ToolCall): number {
    return this.#places.get(call) ?? 0;
  }
}
