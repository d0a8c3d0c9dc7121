/** What server-sent events say: their data, JSON where it is JSON. Lines end with LF. */
export function dataIn(text: string): unknown[] {
  const frames = text.split('\n\n').filter((frame) => frame.startsWith('data: '));
  return frames.map((frame): unknown => (frame === 'data: [DONE]' ? '[DONE]' : JSON.parse(frame.slice(6))));
}

/** The text of the first choice, put together from the chunks. */
export function contentIn(data: readonly unknown[]): string {
  return data.map(contentOfChunk).join('');
}

function contentOfChunk(chunk: unknown): string {
  const { choices = [] } = chunk as { readonly choices?: readonly { readonly delta: { readonly content?: string } }[] };
  return choices[0]?.delta.content ?? '';
}
