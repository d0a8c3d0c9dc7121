/** The bytes of the frames that came together, as one piece: a write of each by itself costs half of the throughput. */
import type { Frame } from '../stream/frame.js';

/** Events that lie one behind the other. */
interface Run {
  readonly source: Buffer;
  readonly start: number;
  end: number;
}

/** Neighbours in a buffer go out as they lie there; frames of our own making are serialised. */
export function frameBytes(frames: readonly Frame[]): Buffer {
  const pieces: Buffer[] = [];
  let run: Run | undefined;
  for (const { chunk, source, start, end } of frames) {
    if (run !== undefined && source === run.source && start === run.end) {
      run.end = end;
      continue;
    }
    if (run !== undefined) pieces.push(bytesOf(run));
    run = source && { source, start, end };
    if (source === undefined) pieces.push(Buffer.from(eventOf(chunk)));
  }
  if (run !== undefined) pieces.push(bytesOf(run));
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
}

/** As a rule all that one read of the socket has brought. */
function bytesOf({ source, start, end }: Run): Buffer {
  return start === 0 && end === source.length ? source : source.subarray(start, end);
}

/** One server-sent event. JSON has no line breaks. */
export function eventOf(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
