/** Headers of a reply. A list is sent as one line for each value. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** How the client is told where the body ends: by a declared length, by chunks, or by the end of the connection. */
export type Framing = { readonly length: number } | 'chunked' | 'connection-end';

/**
 * What happens to the connection when the actions are over.
 *
 * - `finish`: the reply is whole; the connection is kept if both sides allow it.
 * - `close`: FIN. `reset`: RST. `stall`: it stays open and nothing more is sent.
 */
export type Ending = 'finish' | 'close' | 'reset' | 'stall';

/** One thing that happens on the wire. Every reply is a sequence of these; faults rewrite the sequence. */
export type WireAction =
  | { readonly kind: 'head'; readonly status: number; readonly headers: ReplyHeaders; readonly framing: Framing }
  /** Part of the body, before framing. `event` marks a whole server-sent event. */
  | { readonly kind: 'body'; readonly bytes: Buffer; readonly event?: boolean }
  /** Bytes that go out exactly as they are. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | {
      /** Always the last one. */
      readonly kind: 'end';
      readonly how: Ending;
      /** After `finish`: whether the connection may carry another request. Decided by the framing. */
      readonly keepAlive?: boolean;
      /** How a kept connection dies when the next request comes on it. */
      readonly stale?: 'close' | 'reset';
    };

/** A reply as it unfolds. */
export type WireActions = AsyncIterable<WireAction>;

/** Rewrites a reply: every fault and every way of pacing is one of these. */
export type WireTransform = (actions: WireActions) => WireActions;
