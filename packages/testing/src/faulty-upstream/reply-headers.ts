import type { ReplyHeaders } from './wire-action.js';

/** The value of a header, whatever the case of its name. */
export function headerOf(headers: ReplyHeaders, wanted: string): string | undefined {
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === wanted) ?? [];
  return typeof value === 'object' ? value.join(', ') : value;
}

/** The defaults, except those that the test names itself. Names of defaults are in lower case. */
export function mergeHeaders(defaults: ReplyHeaders, own: ReplyHeaders = {}): ReplyHeaders {
  const left = Object.entries(defaults).filter(([name]) => headerOf(own, name) === undefined);
  return { ...Object.fromEntries(left), ...own };
}
