/** The languages that a caller reads, and the best of those that we have. */

/** More is an attack or a mistake: browsers send fewer than ten languages in less than 200 characters. */
const MOST_CHARACTERS = 1_000;
const MOST_LANGUAGES = 20;

const LANGUAGE = /^[a-z]{1,8}(?:-[a-z0-9]{1,8})*$/i;
const QUALITY = /^q=([01](?:\.\d{0,3})?)$/i;

/**
 * The languages of an `accept-language` header, the most wanted first (RFC 9110, 12.5.4). Entries that are not readable,
 * those with `q=0`, and `*`, which names no language, are left out.
 */
export function parseAcceptLanguage(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, MOST_CHARACTERS)
    .split(',')
    .slice(0, MOST_LANGUAGES)
    .flatMap(parseEntry)
    .toSorted((a, b) => b.quality - a.quality)
    .map((entry) => entry.language);
}

function parseEntry(entry: string): { language: string; quality: number }[] {
  const [language = '', ...parameters] = entry.split(';').map((part) => part.trim());
  if (!LANGUAGE.test(language)) return [];
  const written = parameters.find((parameter) => /^q=/i.test(parameter));
  const quality = written === undefined ? 1 : Number(QUALITY.exec(written)?.[1] ?? 0);
  return quality > 0 && quality <= 1 ? [{ language, quality }] : [];
}

/**
 * The entry of `available`, as spelled there, that fits the first possible of `locales`: the locale itself, then without
 * its last subtags (`pt-BR`, `pt`), then any of the same language (`pt-PT`). `undefined` if no language fits.
 */
export function bestLocale(locales: readonly string[], available: readonly string[]): string | undefined {
  const spelled = new Map(available.toReversed().map((locale) => [normal(locale), locale]));
  for (const locale of locales) {
    const subtags = normal(locale).split('-');
    for (let length = subtags.length; length > 0; length--) {
      const found = spelled.get(subtags.slice(0, length).join('-'));
      if (found !== undefined) return found;
    }
    const sameLanguage = available.find((other) => normal(other).startsWith(`${subtags[0]}-`));
    if (sameLanguage !== undefined) return sameLanguage;
  }
  return undefined;
}

/** `pt_BR` is how many systems write `pt-BR`. */
function normal(locale: string): string {
  return locale.toLowerCase().replaceAll('_', '-');
}
