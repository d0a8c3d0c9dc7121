import { cutAt, cutInsideCharacter } from './cut.js';
import type { Point } from './cut.js';
import { encodeStatusAndHeaders, frame } from './framing.js';
import { closeBetweenRequests, delimitByConnectionEnd, overstateLength } from './length-faults.js';
import { byteByByte, splitCharacters, startAfter, throttle } from './pacing.js';
import type { ReceivedRequest } from './received-request.js';
import { errorAfter, garbleAfter } from './sse-faults.js';
import type { ErrorFrame } from './sse-faults.js';
import { endLinesWith, markByteOrder } from './sse-framing.js';
import type { Ending, ReplyHeaders, WireAction, WireActions, WireTransform } from './wire-action.js';

/** Where a reply comes from. The signal is aborted when nobody wants it any more. */
export type ReplySource = (request: ReceivedRequest, signal: AbortSignal) => WireActions | Iterable<WireAction>;

/**
 * What the faulty upstream does with a request: a reply, and what goes wrong with it on the wire.
 *
 * Made by `answer()`, `stream()`, `fail()` and their like. Each method returns a new reply, so one can be kept and
 * varied. Faults apply in the order in which they are written; how the bytes are paced always comes last.
 *
 * @example
 * stream('Two or three words').stallAfter({ events: 2 })
 * answer('Hello').after(50).slow({ bytesPerSecond: 1_000 })
 */
export class Reply {
  readonly #source: ReplySource;
  readonly #faults: readonly WireTransform[];
  readonly #pacing: readonly WireTransform[];

  constructor(source: ReplySource, faults: readonly WireTransform[] = [], pacing: readonly WireTransform[] = []) {
    this.#source = source;
    this.#faults = faults;
    this.#pacing = pacing;
  }

  /** Waits so many milliseconds before the first byte. */
  after(milliseconds: number): Reply {
    return this.#with(startAfter(milliseconds));
  }

  /** Sends an interim response first, such as 100, 102 or 103. May be repeated. */
  interim(status: number, headers: ReplyHeaders = {}): Reply {
    const bytes = encodeStatusAndHeaders(status, headers);
    return this.#with(async function* informed(actions) {
      yield { kind: 'bytes', bytes };
      yield* actions;
    });
  }

  /** Closes the connection (FIN) at a point of the reply. */
  closeAfter(point: Point): Reply {
    return this.#with(cutAt(point, 'close'));
  }

  /** Resets the connection (RST) at a point of the reply. */
  resetAfter(point: Point): Reply {
    return this.#with(cutAt(point, 'reset'));
  }

  /** Sends nothing more from a point of the reply on, and keeps the connection open until the client gives up. */
  stallAfter(point: Point): Reply {
    return this.#with(cutAt(point, 'stall'));
  }

  /**
   * Ends after the first byte of the first character beyond ASCII. The text must have one.
   *
   * @param how what comes after that byte; `close` by default.
   */
  cutInsideCharacter(how: Exclude<Ending, 'finish'> = 'close'): Reply {
    return this.#with(cutInsideCharacter(how));
  }

  /** Makes one event of a stream unreadable, the one after so many others. The stream goes on after it. */
  garbleAfter({ events }: { readonly events: number }): Reply {
    return this.#with(garbleAfter(events));
  }

  /** Puts an error frame after so many events of a stream and ends it there, without `[DONE]`. */
  errorAfter(error: ErrorFrame): Reply {
    return this.#with(errorAfter(error));
  }

  /** Ends the lines of a stream's events in another way than by LF. */
  endLinesWith(end: '\r\n' | '\r'): Reply {
    return this.#with(endLinesWith(end));
  }

  /** Begins the body with a byte order mark. */
  withByteOrderMark(): Reply {
    return this.#with(markByteOrder);
  }

  /** Declares more bytes than are sent, then closes the connection. Only for replies that declare a length. */
  overstateLength(by = 10): Reply {
    return this.#with(overstateLength(by));
  }

  /** Declares no length and no chunks: the body ends where the connection does. */
  withoutLength(): Reply {
    return this.#with(delimitByConnectionEnd);
  }

  /**
   * Keeps the connection, and lets it die without a byte when the next request comes on it: the stale keep-alive socket.
   * Requests lost in this way are counted in `upstream.lostToStaleSockets` and do not use up the script.
   *
   * @param how FIN (`close`, the default) or RST (`reset`).
   */
  thenStale(how: 'close' | 'reset' = 'close'): Reply {
    return this.#with(closeBetweenRequests(how));
  }

  /** Sends every byte by itself, those of the head too. */
  byteByByte(): Reply {
    return this.#paced(byteByByte());
  }

  /** Sends the first byte of each character beyond ASCII apart from its others. Nothing is lost. */
  splitCharacters(): Reply {
    return this.#paced(splitCharacters());
  }

  /** Sends no faster than this. */
  slow({ bytesPerSecond }: { readonly bytesPerSecond: number }): Reply {
    return this.#paced(throttle(bytesPerSecond));
  }

  /** What happens on the wire for this request. The server plays it; tests have no need of it. */
  play(request: ReceivedRequest, signal: AbortSignal): WireActions {
    const source = this.#source;
    let actions: WireActions = (async function* played() {
      yield* source(request, signal);
    })();
    for (const fault of this.#faults) actions = fault(actions);
    actions = frame(actions, request);
    for (const pace of this.#pacing) actions = pace(actions);
    return actions;
  }

  #with(fault: WireTransform): Reply {
    return new Reply(this.#source, [...this.#faults, fault], this.#pacing);
  }

  #paced(pace: WireTransform): Reply {
    return new Reply(this.#source, this.#faults, [...this.#pacing, pace]);
  }
}
