/**
 * Streams of the Gemini API, built after its reference (https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse) and the
 * recordings of Google's own client (https://github.com/googleapis/js-genai, test/system/recordings). Where a sample has another source,
 * it says so.
 */

export type SampleEvent = Readonly<Record<string, unknown>>;

/** The bytes of a stream. */
export function wire(events: readonly SampleEvent[]): Buffer {
  return Buffer.from(events.map((each) => `data: ${JSON.stringify(each)}\r\n\r\n`).join(''));
}

export const FACTS = { modelVersion: 'gemini-2.5-flash', responseId: 'GMusaMCLO_iQjrEP2P-28QE' };

/** An event with one candidate, whose index is left out as Google leaves out each 0. */
export function event(parts: readonly object[], more: object = {}, usage?: object): SampleEvent {
  const candidate = { content: { parts, role: 'model' }, ...more };
  return { candidates: [candidate], ...(usage === undefined ? {} : { usageMetadata: usage }), ...FACTS };
}

export const text = (words: string): object => ({ text: words });
export const thought = (words: string): object => ({ text: words, thought: true });
export const call = (name: string, args: object, more: object = {}): object => ({
  functionCall: { name, args },
  ...more,
});

export const STOP = { finishReason: 'STOP' };

/** generateContentStream_ML_Dev_should_stream_generate_content_with_specified_parameters */
export const TEXT = [
  event([text('Grüße')], { index: 0 }, { promptTokenCount: 7, candidatesTokenCount: 51, thoughtsTokenCount: 45 }),
  event([text(', 世界')], { index: 0 }, { promptTokenCount: 7, candidatesTokenCount: 102, thoughtsTokenCount: 45 }),
  event(
    [text(' 😀')],
    { index: 0, finishReason: 'MAX_TOKENS' },
    { promptTokenCount: 7, candidatesTokenCount: 153, thoughtsTokenCount: 45, totalTokenCount: 205 },
  ),
];

/**
 * Calls side by side, of which the first is signed: https://ai.google.dev/gemini-api/docs/generate-content/thought-signatures. The ids of
 * newer models: https://ai.google.dev/gemini-api/docs/generate-content/function-calling
 */
export const CALLS = [
  event([text('I look it up.')]),
  event([
    {
      functionCall: { id: '8f2b1a3c', name: 'get_weather', args: { city: 'Zürich' } },
      thoughtSignature: 'c2lnbmF0dXJl',
    },
    { functionCall: { id: 'm6rogicj', name: 'get_weather', args: { city: 'Oslo' } } },
  ]),
  event(
    [call('get_time', {})],
    { ...STOP, finishMessage: 'Model generated function call(s).' },
    { promptTokenCount: 125, candidatesTokenCount: 20, thoughtsTokenCount: 42, totalTokenCount: 187 },
  ),
];

/**
 * Summaries of thoughts (https://ai.google.dev/gemini-api/docs/generate-content/thinking), and a signature that comes last, on an empty
 * part (https://github.com/vercel/ai/issues/18073).
 */
export const THOUGHTS = [
  event([thought('**Adding**\n\n')]),
  event([thought('2 + 2'), text('It')]),
  event([text(' is 4.')]),
  event([{ text: '', thoughtSignature: 'ZW1wdHk=' }], STOP, {
    promptTokenCount: 15,
    cachedContentTokenCount: 8,
    candidatesTokenCount: 1,
    thoughtsTokenCount: 52,
  }),
];

/** generateContentStream_ML_Dev_should_stream_generate_content_with_image_output */
export const PICTURE = [
  event([text('Here it is.')]),
  event([{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }]),
  event([], STOP, { promptTokenCount: 15, candidatesTokenCount: 1290 }),
];

/** Stopped by a filter: https://ai.google.dev/gemini-api/docs/safety-settings. Then no content comes at all. */
export const UNSAFE = [
  event([text('How to')]),
  {
    candidates: [
      {
        finishReason: 'SAFETY',
        finishMessage: 'Too risky.',
        safetyRatings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true }],
      },
    ],
    usageMetadata: { promptTokenCount: 18, totalTokenCount: 18 },
    ...FACTS,
  },
];

/** A prompt that was not let through: https://github.com/vercel/ai/issues/19758 */
export const BLOCKED: SampleEvent = {
  promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
  usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
  ...FACTS,
};

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
export const OVERLOADED: SampleEvent = {
  error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' },
};
