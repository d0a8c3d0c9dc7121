/**
 * Signatures of Gemini's thoughts: https://ai.google.dev/gemini-api/docs/generate-content/thought-signatures
 *
 * They stand on parts of a reply, have to come back on the same part, and on the first call of each answer they are demanded. On their
 * way through the application each is an entry of `reasoning_details`; one of a call has the call's id.
 */
import type { AssistantMessage } from '../conversation/conversation.js';
import type { EncryptedThought, Thought, ThoughtFormat } from '../conversation/thoughts.js';
import type { WirePart } from './content-parts.js';

export const FORMAT: ThoughtFormat = 'google-gemini-v1';

/** What the API takes in place of a signature for calls that the model did not make itself. It is valid base64. */
export const UNSIGNED = 'skip_thought_signature_validator';

/** @param index the place of the part in its reply */
export function signatureEntry(data: string, index: number, callId?: string): EncryptedThought {
  const entry = { type: 'reasoning.encrypted', data, format: FORMAT, index } as const;
  return callId === undefined ? entry : { ...entry, id: callId };
}

/** The signatures of a message, those of this provider. */
export interface Signatures {
  /** By the application's id of the call. */
  readonly ofCalls: ReadonlyMap<string, string>;
  /** In their order. */
  readonly others: readonly string[];
  /** Another provider's stand beside them. */
  readonly hasForeign: boolean;
}

/** One that belongs to a call which is not there any more is asked for by nobody. */
export function signaturesOf({ thoughts }: AssistantMessage): Signatures {
  const own = thoughts.filter(({ format }) => format === FORMAT).toSorted((one, other) => one.index - other.index);
  const ofCalls = new Map<string, string>();
  const others: string[] = [];
  for (const thought of own) {
    const callId = thought.type === 'reasoning.encrypted' ? thought.id : undefined;
    if (callId === undefined) others.push(dataOf(thought));
    else ofCalls.set(callId, dataOf(thought));
  }
  return { ofCalls, others, hasForeign: own.length < thoughts.length };
}

/**
 * What was said, with its signatures. In a stream the last one comes on an empty part behind the text; whole, it stands on the text.
 * Both are taken, and only one text is left of either.
 */
export function withSignatures(said: readonly WirePart[], signatures: readonly string[]): WirePart[] {
  const parts = [...said];
  const before = signatures.slice(0, -1).map((signature): WirePart => ({ text: '', thoughtSignature: signature }));
  const last = signatures.at(-1);
  if (last === undefined) return parts;
  const place = parts.findLastIndex(({ text }) => text !== undefined);
  if (place === -1) return [...before, { text: '', thoughtSignature: last }, ...parts];
  parts[place] = { ...parts[place], thoughtSignature: last };
  return [...before, ...parts];
}

/** The first call of an answer without a signature says that it has none. */
export function signed(answer: readonly WirePart[]): readonly WirePart[] {
  const place = answer.findIndex(({ functionCall }) => functionCall !== undefined);
  const first = answer[place];
  if (first === undefined || first.thoughtSignature !== undefined) return answer;
  return answer.with(place, { ...first, thoughtSignature: UNSIGNED });
}

function dataOf(thought: Thought): string {
  return thought.type === 'reasoning.encrypted' ? thought.data : thought.signature;
}
