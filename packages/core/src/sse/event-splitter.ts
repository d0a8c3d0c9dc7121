/**
 * Splits the bytes of a response into server-sent events, however they are cut into chunks, by the rules of the HTML standard:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 *
 * One deviation: the standard drops an event without the empty line behind it, `end` dispatches it. Services forget that line at the
 * end of a stream, and what was cut is told by its JSON. `id` and `retry` are read over: nobody reconnects.
 */
import { HeldBytes } from './held-bytes.js';

/** Who is told of the events. */
export interface SseListener {
  /**
   * `type` is the event's `event` field, empty where it has none.
   *
   * `source` holds the event's own bytes from `start` to `end`, the empty line included, where they may be passed on as they are:
   * exactly one `data:` line and the empty line, both ended by LF or both by CR LF. Of events that follow each other in one buffer
   * without anything between, `end` is the next one's `start`. Without a `source` both are 0.
   */
  onEvent(data: string, type: string, source: Buffer | undefined, start: number, end: number): void;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** The buffers pushed are kept by nobody but the listener. The listener may `stop` it, and must not push. */
export class EventSplitter {
  readonly #listener: SseListener;
  readonly #held = new HeldBytes();
  /** A byte order mark may stand in front of the first event alone. */
  #isFirst = true;
  #stopped = false;

  constructor(listener: SseListener) {
    this.#listener = listener;
  }

  /** Bytes of the unfinished event. */
  get pending(): number {
    return this.#held.length;
  }

  push(chunk: Buffer): void {
    if (this.#stopped) return;
    const from = this.#held.length > 0 ? this.#complete(chunk) : 0;
    const rest = this.#readEvents(chunk, from);
    if (!this.#stopped) this.#held.append(chunk, rest, chunk.length);
  }

  /** After the last chunk: dispatches what came without its empty line. */
  end(): void {
    if (this.#stopped) return;
    const rest = this.#held.take();
    this.#readLines(rest, 0, rest.length);
    this.#stopped = true;
  }

  /** Nothing is dispatched any more, not even what is left of the chunk. */
  stop(): void {
    this.#stopped = true;
    this.#held.take();
  }

  /** Adds to the held event what of the chunk belongs to it, and dispatches it if it is whole; returns the position behind. */
  #complete(chunk: Buffer): number {
    const end = endOfEvent(chunk, 0, this.#held.last);
    this.#held.append(chunk, 0, end === -1 ? chunk.length : end);
    if (end === -1) return chunk.length;
    this.#readEvents(this.#held.take(), 0);
    return end;
  }

  /** Dispatches the events that are whole; returns the position behind them. */
  #readEvents(chunk: Buffer, from: number): number {
    let at = from;
    // The next of each, looked for again only when it has been passed: no byte is searched once for each event.
    let feed = -1;
    let carriageReturn = -1;
    while (at < chunk.length && !this.#stopped) {
      if (feed < at) feed = indexOrEnd(chunk, LF, at);
      if (carriageReturn < at) carriageReturn = indexOrEnd(chunk, CR, at);
      let end = this.#readUsual(chunk, at, Math.min(feed, carriageReturn));
      if (end === -1) {
        end = endOfEvent(chunk, at, undefined);
        if (end === -1) return at;
        this.#readLines(chunk, at, end);
      }
      at = end;
    }
    return at;
  }

  /** The one shape that nearly every event has, read fast. Returns the position behind it, or -1 for any other shape. */
  #readUsual(chunk: Buffer, start: number, lineEnd: number): number {
    if (!isDataLine(chunk, start)) return -1;
    const end = endAlike(chunk, lineEnd);
    if (end === -1) return -1;
    this.#isFirst = false;
    const value = chunk[start + 5] === SPACE ? start + 6 : start + 5;
    this.#listener.onEvent(chunk.toString('utf8', value, lineEnd), '', chunk, start, end);
    return end;
  }

  /** Any other event, line by line. */
  #readLines(bytes: Buffer, from: number, end: number): void {
    let at = this.#isFirst && hasByteOrderMark(bytes, from) ? from + 3 : from;
    this.#isFirst = false;
    let data: string | undefined;
    let type = '';
    while (at < end) {
      const lineEnd = endOfLine(bytes, at);
      const [field, value] = splitLine(bytes.toString('utf8', at, lineEnd));
      if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
      else if (field === 'event') type = value;
      at = behindLineEnd(bytes, lineEnd);
    }
    if (data !== undefined) this.#listener.onEvent(data, type, undefined, 0, 0);
  }
}

/**
 * The position behind the empty line that ends the event, or -1. `previous` is the byte of the event in front of `from`. Where a CR
 * ends both the event and the chunk, the LF that may follow begins the next one: as an empty line, which says nothing.
 */
function endOfEvent(bytes: Buffer, from: number, previous: number | undefined): number {
  let at = previous === CR && bytes[from] === LF ? from + 1 : from;
  let isLineStart = previous === undefined || previous === LF || previous === CR;
  while (at < bytes.length) {
    const lineEnd = endOfLine(bytes, at);
    if (lineEnd === bytes.length) return -1;
    const isEmpty = isLineStart && lineEnd === at;
    at = behindLineEnd(bytes, lineEnd);
    if (isEmpty) return at;
    isLineStart = true;
  }
  return -1;
}

/** The LF or CR that ends the line, or the end of the bytes. */
function endOfLine(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === LF || byte === CR) return at;
  }
  return bytes.length;
}

function behindLineEnd(bytes: Buffer, lineEnd: number): number {
  return bytes[lineEnd] === CR && bytes[lineEnd + 1] === LF ? lineEnd + 2 : lineEnd + 1;
}

/** Behind a line end and the empty line after it, if both are LF or both CR LF; else -1. Some clients know no other ends. */
function endAlike(bytes: Buffer, lineEnd: number): number {
  if (bytes[lineEnd] === LF) return bytes[lineEnd + 1] === LF ? lineEnd + 2 : -1;
  const isPair = bytes[lineEnd + 1] === LF && bytes[lineEnd + 2] === CR && bytes[lineEnd + 3] === LF;
  return isPair && bytes[lineEnd] === CR ? lineEnd + 4 : -1;
}

/** Compared by number: it is asked for every event. */
function isDataLine(bytes: Buffer, at: number): boolean {
  return (
    bytes[at] === 0x64 &&
    bytes[at + 1] === 0x61 &&
    bytes[at + 2] === 0x74 &&
    bytes[at + 3] === 0x61 &&
    bytes[at + 4] === 0x3a
  );
}

/** A field's name and value; a comment's name is empty. */
function splitLine(line: string): readonly [field: string, value: string] {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)];
}

function hasByteOrderMark(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
}

function indexOrEnd(bytes: Buffer, byte: number, from: number): number {
  const index = bytes.indexOf(byte, from);
  return index === -1 ? bytes.length : index;
}
