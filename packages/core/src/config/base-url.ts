/** What a base URL may look like. */
import type { Fault } from './fault.js';

const EXAMPLE = 'such as https://api.openai.com/v1';
/** Routes that people copy along with the base URL; ours are added to each request. */
const ROUTE = /\/(?:chat\/completions|completions|responses|embeddings|models)$/u;

/** What to say about a base URL that is no string. An explicit `undefined` must not mean the default: it would send a key elsewhere. */
export function missingBaseUrl(value: unknown): string {
  return value === undefined || value === null
    ? "a URL; it is missing: is the environment variable set? Leave `baseUrl` out altogether for the provider's own service"
    : `a URL, ${EXAMPLE}`;
}

export function findBaseUrlFault(value: string): Fault | undefined {
  if (value.trim() === '') return { expected: `a URL, ${EXAMPLE}; it is blank: is the environment variable set?` };
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return { expected: `a URL that begins with https:// or http://, ${EXAMPLE}`, suggestion: withScheme(value.trim()) };
  }
  if (url.username !== '' || url.password !== '') {
    return { expected: 'a URL without user and password; they belong into `keys` or `headers`' };
  }
  if (/[?#]/u.test(value)) {
    return {
      expected: 'a URL without query and fragment; what an upstream wants besides the key belongs into `headers`',
    };
  }
  const trimmed = trimBaseUrl(value);
  const route = ROUTE.exec(trimmed)?.[0];
  if (route === undefined) return undefined;
  return {
    expected: `the base of the API; leave "${route}" off, it is added to each request`,
    suggestion: trimmed.slice(0, -route.length),
  };
}

/** In normal form and without trailing slashes. */
export function trimBaseUrl(value: string): string {
  const { origin, pathname } = new URL(value);
  let end = pathname.length;
  while (pathname[end - 1] === '/') end -= 1;
  return origin + pathname.slice(0, end);
}

function withScheme(value: string): string | undefined {
  if (!/^[\w.-]+(?::\d+)?(?:\/[^\s@]*)?$/u.test(value)) return undefined;
  return /^(?:localhost|127\.)/u.test(value) ? `http://${value}` : `https://${value}`;
}
