import type { WireAction } from './wire-action.js';

/** One server-sent event. */
export interface SseFrame {
  /** An object is sent as JSON; text as it is, one `data:` line for each of its lines. */
  readonly data?: string | object;
  readonly event?: string;
  readonly id?: string;
  /** A line that clients ignore, such as a ping. */
  readonly comment?: string;
}

/** The bytes of one event, the empty line included. */
export function encodeFrame(frame: SseFrame): Buffer {
  const lines: string[] = [];
  if (frame.comment !== undefined) lines.push(`: ${frame.comment}`);
  if (frame.event !== undefined) lines.push(`event: ${frame.event}`);
  if (frame.id !== undefined) lines.push(`id: ${frame.id}`);
  if (frame.data !== undefined) {
    const data = typeof frame.data === 'string' ? frame.data : JSON.stringify(frame.data);
    for (const line of data.split('\n')) lines.push(`data: ${line}`);
  }
  return Buffer.from(`${lines.join('\n')}\n\n`);
}

/** Cuts a stream of bytes into whole events, so that faults can count those of a server that we do not script. */
export async function* splitEvents(pieces: AsyncIterable<Buffer>): AsyncGenerator<WireAction> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    for (let end = endOfEvent(rest); end > 0; end = endOfEvent(rest)) {
      yield { kind: 'body', bytes: rest.subarray(0, end), event: true };
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) yield { kind: 'body', bytes: rest };
}

/** Where the first event ends, or 0 when it is not complete. */
function endOfEvent(bytes: Buffer): number {
  let first = 0;
  for (const mark of ['\n\n', '\r\n\r\n']) {
    const at = bytes.indexOf(mark);
    if (at >= 0 && (first === 0 || at < first)) first = at + mark.length;
  }
  return first;
}
