/** Reads bytes out of base64 and `data:` URLs, no more of them than are needed. */

/** Of a `data:` URL's type and parameters. */
const LONGEST_HEAD = 200;

/** Where the base64 begins: behind the head of a `data:` URL; -1 for any other URL. */
function base64Start(data: string): number {
  if (!data.startsWith('data:')) return /^[a-z][a-z0-9+.-]*:/i.test(data.slice(0, 20)) ? -1 : 0;
  const comma = data.slice(0, LONGEST_HEAD).indexOf(',');
  return comma < 0 || !data.slice(0, comma).endsWith(';base64') ? -1 : comma + 1;
}

/** The bytes that base64 of this length stands for. */
export function bytesOf(data: string): number {
  const start = base64Start(data);
  if (start < 0) return 0;
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor(((data.length - start) * 3) / 4) - padding);
}

/** The first `most` bytes, or fewer; none of what is not there to be read. */
export function firstBytes(data: string, most: number): Uint8Array {
  const start = base64Start(data);
  return start < 0 ? NOTHING : Buffer.from(data.slice(start, start + Math.ceil(most / 3) * 4), 'base64');
}

const NOTHING = new Uint8Array(0);
