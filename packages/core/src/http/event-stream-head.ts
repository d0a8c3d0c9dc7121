/** The headers of a response of server-sent events. */
import type { ServerResponse } from 'node:http';

/** What other middleware has set stays: CORS, request ids, cookies. Only a length cannot be known. */
export function setEventStreamHead(res: ServerResponse): void {
  res.setHeader('content-type', 'text/event-stream; charset=utf-8');
  res.setHeader('cache-control', cacheControl(res.getHeader('cache-control')));
  // Nginx would hold the events back.
  res.setHeader('x-accel-buffering', 'no');
  res.removeHeader('content-length');
}

/** What the application says of caching stays too, but nobody on the way may compress events, for that holds them back. */
function cacheControl(given: number | string | string[] | undefined): string {
  if (given === undefined) return 'no-cache, no-transform';
  const said = String(given);
  return /(?:^|,)\s*no-transform\s*(?:,|$)/i.test(said) ? said : `${said}, no-transform`;
}
