/** Writes server-sent events. */

/** OpenAI's terminal marker. */
export const DONE_EVENT: Buffer = Buffer.from('data: [DONE]\n\n');

/** A comment, which clients ignore and which keeps proxies from closing a quiet connection. */
export const KEEP_ALIVE: Buffer = Buffer.from(': keep-alive\n\n');

const LINE_END = /\r\n|\r|\n/g;

/** One event with this data, usually JSON. Data of several lines becomes one field for each. */
export function eventBytes(data: string): Buffer {
  return Buffer.from(`data: ${data.replace(LINE_END, '\ndata: ')}\n\n`);
}
