import { raw } from './plain-reply.js';
import type { Reply } from './reply.js';
import { sse } from './sse.js';

/**
 * Reads the request and never answers.
 *
 * @example
 * upstream.script(hang());
 */
export function hang(): Reply {
  return raw('', 'stall');
}

/** Sends a 200 with the headers of a stream, and nothing more. For other headers: `answer(…).stallAfter('head')`. */
export function headersThenHang(): Reply {
  return sse([]).stallAfter('head');
}

/** Resets the connection (RST) once the request has been read. In the middle of a reply: `.resetAfter()`. */
export function reset(): Reply {
  return raw('', 'reset');
}

/** Closes the connection (FIN) once the request has been read, without a byte. In the middle: `.closeAfter()`. */
export function close(): Reply {
  return raw('', 'close');
}
