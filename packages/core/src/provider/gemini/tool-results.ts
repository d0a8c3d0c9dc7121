/** What a tool gave back: https://ai.google.dev/gemini-api/docs/generate-content/function-calling */
import type { Part, ToolResult } from '../conversation/conversation.js';
import type { Remarks } from '../conversation/remarks.js';
import { type WirePart, wirePartsOf } from './content-parts.js';
import { textOf } from './loose-json.js';
import type { ModelTraits } from './model-traits.js';

export interface EncodedResult {
  /** Always a `functionResponse`: there have to be as many as calls. */
  readonly part: WirePart;
  /** What it cannot hold, for behind all results. */
  readonly beside: readonly WirePart[];
}

/**
 * Text stays text, whatever it holds: as an object its long numbers would lose digits, and a `$ref` in it is refused
 * (https://github.com/vercel/ai/issues/14369).
 */
export function encodeResult(result: ToolResult, id: string, traits: ModelTraits, remarks: Remarks): EncodedResult {
  const { name } = result.call;
  if (result.missing) {
    const response = { error: 'The result of this call is not known.' };
    return { part: { functionResponse: { id, name, response } }, beside: [] };
  }
  const output = result.parts.filter(isText).map(({ text }) => textOf(text));
  const media = wirePartsOf(
    result.parts.filter((part) => !isText(part)),
    traits,
    remarks,
  );
  const { inside, outside } = split(media, traits);
  const parts = inside.length === 0 ? {} : { parts: inside };
  const part = { functionResponse: { id, name, response: { output: output.join('\n') }, ...parts } };
  if (outside.length === 0) return { part, beside: [] };
  remarks.change('media of a tool result are put behind it');
  return { part, beside: [{ text: `Result of the tool call ${name}:` }, ...outside] };
}

/** Of newer models a result may hold these: https://ai.google.dev/gemini-api/docs/generate-content/function-calling#multimodal */
const FITTING: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'application/pdf',
  'text/plain',
]);

function split(media: readonly WirePart[], { mediaInResults }: ModelTraits) {
  const inside: Required<Pick<WirePart, 'inlineData'>>[] = [];
  const outside: WirePart[] = [];
  for (const part of media) {
    const { inlineData } = part;
    if (mediaInResults && inlineData !== undefined && FITTING.has(inlineData.mimeType)) inside.push({ inlineData });
    else outside.push(part);
  }
  return { inside, outside };
}

function isText({ type }: Part): boolean {
  return type === 'text';
}
