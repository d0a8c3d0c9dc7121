/** What is asked of an upstream beside its calls. */
import { z } from 'zod';
import { parsePointer } from '../quota/json-pointer.js';
import { DEFAULT_BASE_URLS } from './defaults.js';
import { type Fault, functionOption, report, stringWithout } from './fault.js';
import { findNameFault } from './name-faults.js';
import { duration, share } from './number-options.js';
import type { ProviderName } from './options.js';
import type { ReadQuota } from './watch-options.js';

const POINTER = 'a JSON pointer, such as /data/remaining';
const QUOTA = "where to read it, such as { path: '/v1/usage', used: '/used', limit: '/limit' }, or a function";
const PAGE = 'the URL of a summary, such as https://status.openai.com/api/v2/summary.json';

const pointer = () => stringWithout(findPointerFault, POINTER);

export const quotaOptionsSchema = z
  .strictObject(
    {
      path: stringWithout(findPathFault, "a path, such as '/v1/usage'").optional(),
      used: pointer().optional(),
      limit: z
        .union([pointer(), z.number().positive().refine(Number.isFinite)], { error: `${POINTER}, or a number above 0` })
        .optional(),
      remaining: pointer().optional(),
      resetsAt: pointer().optional(),
      read: functionOption<ReadQuota>('a function that returns { remaining, limit?, resetsAt? }').optional(),
      interval: duration(1_000).optional(),
      timeout: duration(1).optional(),
      warnBelow: share().optional(),
    },
    { error: QUOTA },
  )
  .superRefine(({ path, used, limit, remaining, resetsAt, read }, context) => {
    if ((path === undefined) === (read === undefined)) {
      report(context, { expected: 'either `path` or `read`' });
      return;
    }
    const places = { used, limit, remaining, resetsAt };
    if (read !== undefined) {
      for (const [name, place] of Object.entries(places)) {
        if (place !== undefined) report(context, { expected: 'nothing here: `read` returns it' }, [name]);
      }
    } else if (remaining === undefined && (used === undefined || limit === undefined)) {
      report(context, { expected: '`remaining`, or both `used` and `limit`' });
    }
  });

/** Not `functionOption`: where a check lets others go on, a union takes its branch for the one that was meant. */
const readSchema = z.custom<ReadQuota>((value) => typeof value === 'function', { error: QUOTA });

export const quotaSchema = z.union([quotaOptionsSchema, readSchema], { error: QUOTA });

export const statusPageOptionsSchema = z.strictObject(
  {
    url: stringWithout(findPageFault, PAGE),
    components: z
      .array(stringWithout(findNameFault, 'the name of a component'), { error: "a list of names, such as ['API']" })
      .min(1, { error: 'at least one component; leave `components` out for the whole page' })
      .optional(),
    interval: duration(30_000).optional(),
  },
  { error: `${PAGE}, or { url, components?, interval? }` },
);

export const statusPageSchema = z.union([stringWithout(findPageFault, PAGE), statusPageOptionsSchema], {
  error: `${PAGE}, or { url, components?, interval? }`,
});

/** The URL that a path means. Only for a base URL without a fault. */
export function quotaUrl(path: string, provider: ProviderName, baseUrl: string | undefined): URL | undefined {
  const base = baseUrl ?? DEFAULT_BASE_URLS[provider];
  return base !== undefined && URL.canParse(path, base) ? new URL(path, base) : undefined;
}

/** The upstream's key goes there, so it must be the upstream. What is no path at all is told elsewhere. */
export function findOriginFault(path: string, provider: ProviderName, baseUrl: string | undefined): Fault | undefined {
  const base = baseUrl ?? DEFAULT_BASE_URLS[provider];
  if (base === undefined || !URL.canParse(base) || findPathFault(path) !== undefined) return undefined;
  if (quotaUrl(path, provider, baseUrl)?.origin === new URL(base).origin) return undefined;
  return { expected: 'a place of the same origin as `baseUrl`, because the key is sent there; for others, a function' };
}

function findPathFault(value: string): Fault | undefined {
  const isUrl = /^https?:\/\//iu.test(value);
  if (!isUrl && !value.startsWith('/')) {
    return { expected: 'a path that begins with a slash, or a URL', suggestion: suggestedPath(value) };
  }
  const base = 'https://upstream.invalid';
  if (!URL.canParse(value, base)) return { expected: 'a path, or a URL' };
  const { username, password } = new URL(value, base);
  if (username !== '' || password !== '') return { expected: 'a URL without user and password' };
  return value.includes('#') ? { expected: 'a path without a fragment' } : undefined;
}

function suggestedPath(value: string): string | undefined {
  return /^[\w./-]+$/u.test(value) ? `/${value}` : undefined;
}

function findPointerFault(value: string): Fault | undefined {
  if (parsePointer(value) !== undefined) return undefined;
  const meant = value.replace(/^#?\/?/u, '/').replaceAll('.', '/');
  return { expected: POINTER, suggestion: /^[\w/-]+$/u.test(meant) ? meant : undefined };
}

function findPageFault(value: string): Fault | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return { expected: PAGE };
  if (url.username !== '' || url.password !== '' || /[?#]/u.test(value)) {
    return { expected: `${PAGE}, without user, password, query and fragment` };
  }
  if (url.pathname !== '/') return undefined;
  return { expected: PAGE, suggestion: `${url.origin}/api/v2/summary.json` };
}
