/** The JSON of an unstreamed reply, for all dialects. */
import type { Failure } from '../judgement/failure.js';
import { isRecord } from '../request/bad-request.js';
import type { Fields } from '../request/bad-request.js';
import type { WireHeaders } from '../transport/transport.js';

export type JsonReply =
  | { readonly ok: true; readonly reply: Fields; readonly text: string }
  | { readonly ok: false; readonly failure: Failure };

/** Enough of an error's body for whoever judges it. */
const MAX_ERROR_BODY = 64 * 1024;

/** An error object inside a 200 is a failure; so is whatever is no JSON object. */
export function readJsonReply(headers: WireHeaders, body: Buffer): JsonReply {
  const read = readJsonObject(headers, body);
  return read.ok && read.reply['error'] ? { ok: false, failure: errorInside(headers, read.text) } : read;
}

/** What it says is not looked at. */
export function readJsonObject(headers: WireHeaders, body: Buffer): JsonReply {
  const encoding = firstValue(headers['content-encoding']);
  if (encoding !== undefined && encoding !== 'identity') {
    return broken('the reply is compressed, which was not asked for');
  }
  if (body.length === 0) return broken('the reply is empty');
  const type = firstValue(headers['content-type']);
  // A missing type is common among small servers; a wrong one is a login page or a proxy's error.
  if (type !== undefined && !/\bjson\b/i.test(type)) return broken('the reply is not JSON by its content-type');
  const text = body.toString('utf8', hasByteOrderMark(body) ? 3 : 0);
  const reply = parseJson(text);
  if (reply === undefined) return broken('the reply is not valid JSON');
  if (!isRecord(reply)) return broken('the reply is no JSON object');
  return { ok: true, reply, text };
}

/** Some servers put one in front, which is no JSON. */
export function hasByteOrderMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

/** Never throws; `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `undefined` for what is nested too deeply: more can be read than can be written. */
export function writeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** @param text the body, or the data of an event, that reports an error */
export function errorInside(headers: WireHeaders, text: string): Failure {
  return { kind: 'error-body', headers, body: text.slice(0, MAX_ERROR_BODY) };
}

/** @param problem in our own words: no byte of the upstream's goes in */
export function broken(problem: string): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: { kind: 'protocol', problem } };
}

function firstValue(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
