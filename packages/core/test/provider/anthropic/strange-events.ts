/** Events of the Messages API as a careless server might send them, for properties. */
import * as fc from 'fast-check';

/** What belongs nowhere. */
export const strange = fc.oneof(
  fc.constantFrom(null, '', 'a', 0, 1, -1, 1e12, 0.5, true),
  fc.constant([]),
  fc.constant({}),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Mostly what belongs there, missing now and then. */
export function usually<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 8, arbitrary: value },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: strange },
  );
}

export const anyText = usually(fc.constantFrom('', 'a', '{"x":', '😀'));
const index = usually(fc.nat(2));
export const anyUsage = usually(
  fc.record({
    input_tokens: usually(fc.nat()),
    output_tokens: usually(fc.nat()),
    output_tokens_details: usually(fc.record({ thinking_tokens: usually(fc.nat()) })),
  }),
);
export const anyBlock = usually(
  fc.record({
    type: usually(fc.constantFrom('text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use')),
    text: anyText,
    thinking: anyText,
    signature: anyText,
    data: anyText,
    id: anyText,
    name: anyText,
    input: usually(fc.constant({})),
  }),
);
const addition = usually(
  fc.record({
    type: usually(fc.constantFrom('text_delta', 'thinking_delta', 'signature_delta', 'input_json_delta')),
    text: anyText,
    thinking: anyText,
    signature: anyText,
    partial_json: anyText,
  }),
);
const ending = usually(
  fc.record({
    stop_reason: usually(fc.constantFrom(null, 'end_turn', 'tool_use', 'refusal')),
    stop_details: usually(fc.record({ explanation: anyText })),
  }),
);
const start = usually(fc.record({ id: anyText, model: anyText, usage: anyUsage }));
const named = (type: string): fc.Arbitrary<unknown> => usually(fc.constant(type));
export const anyEvent = fc.oneof(
  { weight: 1, arbitrary: fc.record({ type: named('message_start'), message: start }) },
  { weight: 4, arbitrary: fc.record({ type: named('content_block_start'), index, content_block: anyBlock }) },
  { weight: 8, arbitrary: fc.record({ type: named('content_block_delta'), index, delta: addition }) },
  { weight: 4, arbitrary: fc.record({ type: named('content_block_stop'), index }) },
  { weight: 2, arbitrary: fc.record({ type: named('message_delta'), delta: ending, usage: anyUsage }) },
  { weight: 1, arbitrary: fc.record({ type: named('message_stop') }) },
  { weight: 1, arbitrary: fc.record({ type: named('error'), error: strange }) },
);
