/** Thoughts of Claude on their way to the application: https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
import type { EncryptedThought, SignedThought, ThoughtFormat } from '../conversation/thoughts.js';

export const FORMAT: ThoughtFormat = 'anthropic-claude-v1';

/** @param index the place of the block in its reply */
export function signedThought(text: string, signature: string, index: number): SignedThought {
  return { type: 'reasoning.text', text, signature, format: FORMAT, index };
}

/** A `redacted_thinking` block. */
export function encryptedThought(data: string, index: number): EncryptedThought {
  return { type: 'reasoning.encrypted', data, format: FORMAT, index };
}
