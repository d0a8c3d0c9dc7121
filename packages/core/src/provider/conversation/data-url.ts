/** Reads `data:` URLs (RFC 2397), in which OpenAI's requests carry images and files. */

export interface InlineData {
  /** In lower case, without parameters, such as `image/png`. */
  readonly mediaType: string;
  readonly base64: string;
}

/** What RFC 2397 says of a URL without a type. */
const DEFAULT_TYPE = 'text/plain';

/** A media type and its parameters are shorter; the data are not searched for a comma. */
const LONGEST_HEAD = 1_000;

/** `undefined` for any other URL. The data are not checked: they may be megabytes, and who gets them says what is wrong. */
export function parseDataUrl(url: string): InlineData | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.slice(0, LONGEST_HEAD).indexOf(',');
  if (comma === -1) return undefined;
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  const mediaType = type.trim().toLowerCase() || DEFAULT_TYPE;
  const data = url.slice(comma + 1);
  const isBase64 = parameters.at(-1)?.trim().toLowerCase() === 'base64';
  const base64 = isBase64 ? data : inBase64(data);
  return base64 === undefined ? undefined : { mediaType, base64 };
}

/** The bytes that base64 stands for, as text; what is not base64 in it is skipped. */
export function textOfBase64(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** Of percent-encoded text; `undefined` where the encoding is broken. */
function inBase64(data: string): string | undefined {
  try {
    return Buffer.from(decodeURIComponent(data), 'utf8').toString('base64');
  } catch {
    return undefined;
  }
}

const MEDIA_TYPE = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/;

/** A media type for a trail: what does not look like one is not shown. */
export function shownType(mediaType: string): string {
  return MEDIA_TYPE.test(mediaType) ? mediaType : 'an unknown type';
}
