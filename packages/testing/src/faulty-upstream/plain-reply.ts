import { Reply } from './reply.js';
import { mergeHeaders } from './reply-headers.js';
import type { Ending, ReplyHeaders, WireAction } from './wire-action.js';

/** A status, headers and a whole body. */
export interface PlainReply {
  readonly status: number;
  readonly headers?: ReplyHeaders | undefined;
  readonly contentType: string;
  /** An object is sent as JSON. */
  readonly body: string | Buffer | object;
}

/** The actions of a reply whose body is known from the start. */
export function* plainActions({ status, headers, contentType, body }: PlainReply): Generator<WireAction> {
  const bytes = toBytes(body);
  yield {
    kind: 'head',
    status,
    headers: mergeHeaders({ 'content-type': contentType }, headers),
    framing: { length: bytes.length },
  };
  yield { kind: 'body', bytes };
  yield { kind: 'end', how: 'finish' };
}

/**
 * Answers with an HTML page, as proxies and wrong addresses do.
 *
 * @example
 * html(502)
 */
export function html(status = 502, body?: string): Reply {
  const page = `<html>\n<head><title>${status}</title></head>\n<body><center><h1>${status}</h1></center></body>\n</html>\n`;
  return new Reply(() => plainActions({ status, contentType: 'text/html; charset=utf-8', body: body ?? page }));
}

/**
 * Sends exactly these bytes, HTTP or not.
 *
 * @param ending what happens then; the connection is closed by default.
 * @example
 * raw('HTTP/1.1 200 O', 'stall')
 */
export function raw(bytes: string | Buffer, ending: Ending = 'close'): Reply {
  return new Reply(() => [
    { kind: 'bytes', bytes: toBytes(bytes) },
    { kind: 'end', how: ending },
  ]);
}

function toBytes(body: string | Buffer | object): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
