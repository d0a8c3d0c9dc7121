/** What a client makes of a streamed answer. */

export interface ReadEvents {
  /** The text of all chunks. */
  readonly text: string;
  /** Whether the answer says that it is whole. */
  readonly done: boolean;
  readonly error: { readonly message: string; readonly code: string | null } | undefined;
  readonly keepAlives: number;
}

/** Reads the whole body of a response of server-sent events. */
export function readEvents(body: string): ReadEvents {
  const events = body.split(/\n\n|\r\n\r\n/).filter((event) => event !== '');
  const data = events.filter((event) => event.startsWith('data:')).map((event) => event.slice('data:'.length).trim());
  const parsed = data.filter((one) => one !== '[DONE]').map((one) => JSON.parse(one));
  return {
    text: parsed.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join(''),
    done: data.at(-1) === '[DONE]',
    error: parsed.find(({ error }) => error !== undefined)?.error,
    keepAlives: events.filter((event) => event.startsWith(':')).length,
  };
}
