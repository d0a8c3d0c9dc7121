import type { WireAction, WireActions, WireTransform } from './wire-action.js';

/** Waits before anything else happens. */
export function startAfter(milliseconds: number): WireTransform {
  return async function* delayed(actions: WireActions): AsyncGenerator<WireAction> {
    yield { kind: 'wait', milliseconds };
    yield* actions;
  };
}

/** Sends every byte, the head's too, by itself. */
export function byteByByte(): WireTransform {
  return inSlices(slicesOf(1), 0);
}

/** Sends nothing of a character beyond ASCII together with its first byte. */
export function splitCharacters(): WireTransform {
  return inSlices(slicesAtLeads, 0);
}

/** Holds what goes out to a rate, in slices of at least a byte every 20 ms. */
export function throttle(bytesPerSecond: number): WireTransform {
  const slice = Math.max(1, Math.floor(bytesPerSecond / 50));
  return inSlices(slicesOf(slice), (slice / bytesPerSecond) * 1_000);
}

type Slicing = (bytes: Buffer) => Iterable<Buffer>;

function inSlices(slicesFrom: Slicing, milliseconds: number): WireTransform {
  return async function* sliced(actions: WireActions): AsyncGenerator<WireAction> {
    for await (const action of actions) {
      if (action.kind !== 'bytes') {
        yield action;
        continue;
      }
      for (const bytes of slicesFrom(action.bytes)) {
        yield { kind: 'bytes', bytes };
        yield { kind: 'wait', milliseconds };
      }
    }
  };
}

function slicesOf(size: number): Slicing {
  return function* slices(bytes) {
    for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
  };
}

/** Each slice but the last ends with the first byte of a character that has several. */
function* slicesAtLeads(bytes: Buffer): Generator<Buffer> {
  let start = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte < 0xc2) continue;
    yield bytes.subarray(start, at + 1);
    start = at + 1;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}
