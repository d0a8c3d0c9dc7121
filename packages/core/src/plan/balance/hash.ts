/** Hashes for spreading, not for secrets: the same in every process and on every machine. */

/** 32 bits of a text: FNV-1a over its UTF-16 units, stirred, because on short texts it leaves the high bits alike. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return stirred(hash);
}

/** A number in (0, 1), evenly spread over all pairs. */
export function mixed(one: number, other: number): number {
  return (stirred(one ^ Math.imul(other, 0x9e3779b1)) + 0.5) / 2 ** 32;
}

/** Each bit of the result depends on each bit given: the last step of MurmurHash3. */
function stirred(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
