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
  return inSlices(1, 0);
}

/** Holds what goes out to a rate, in slices of at least a byte every 20 ms. */
export function throttle(bytesPerSecond: number): WireTransform {
  const slice = Math.max(1, Math.floor(bytesPerSecond / 50));
  return inSlices(slice, (slice / bytesPerSecond) * 1_000);
}

function inSlices(size: number, milliseconds: number): WireTransform {
  return async function* sliced(actions: WireActions): AsyncGenerator<WireAction> {
    for await (const action of actions) {
      if (action.kind !== 'bytes') {
        yield action;
        continue;
      }
      for (let start = 0; start < action.bytes.length; start += size) {
        yield { kind: 'bytes', bytes: action.bytes.subarray(start, start + size) };
        yield { kind: 'wait', milliseconds };
      }
    }
  };
}
