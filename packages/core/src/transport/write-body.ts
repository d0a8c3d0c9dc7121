/** A large body is written piece by piece, so that an upstream that does not take it is noticed. */

/** Characters that surely fit into the buffers of a socket, at most three bytes each. */
export const WRITE_AT_ONCE = 64 * 1024;

const PIECE = 64 * 1024;

/** The next piece is asked for once the one before has been taken. */
export function* bodyInPieces(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += PIECE) yield body.subarray(start, start + PIECE);
}
