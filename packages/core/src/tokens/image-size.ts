/** The width and height of an image, as the head of its file says. */
import { firstBytes } from './base64-data.js';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Enough for all but a JPEG with much in front of the picture, such as a preview. */
const SHORT_HEAD = 64;
const LONG_HEAD = 65_536;

/** Of a PNG, JPEG, GIF or WebP in a `data:` URL; undefined where it cannot be read cheaply. */
export function imageSize(url: string): ImageSize | undefined {
  const head = firstBytes(url, SHORT_HEAD);
  if (head.length < 10) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const size = head[0] === 0xff && head[1] === 0xd8 ? jpegSize(firstBytes(url, LONG_HEAD)) : fixedSize(view);
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

/** Of the formats that have it in a fixed place. */
function fixedSize(view: DataView): ImageSize | undefined {
  const start = view.getUint32(0);
  if (start === 0x89504e47 && view.byteLength >= 24) {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (start === 0x47494638) return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (start === 0x52494646 && view.byteLength >= 30 && view.getUint32(8) === 0x57454250) return webpSize(view);
  return undefined;
}

function webpSize(view: DataView): ImageSize | undefined {
  switch (view.getUint32(12)) {
    case 0x56503820: // "VP8 "
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 0x5650384c: {
      // "VP8L": two times 14 bits, less one
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503858: // "VP8X": two times 24 bits, less one
      return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
    default:
      return undefined;
  }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

/** Goes from segment to segment until the one that describes the picture. */
function jpegSize(bytes: Uint8Array): ImageSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    else at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}

/** SOF0 to SOF15, without the tables among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
