/** Which models an upstream says it serves: the two forms that lists of models have. */

/** More than any service lists; the rest is not read. */
const MOST_MODELS = 10_000;
const LONGEST_NAME = 200;

/** OpenAI's and Anthropic's: `{ data: [{ id }], has_more? }`. Some small servers send the bare list. */
export function idsOfData(body: unknown): readonly string[] | undefined {
  const list = Array.isArray(body) ? body : field(body, 'data');
  return field(body, 'has_more') === true ? undefined : namesIn(list, 'id');
}

/** Gemini's: `{ models: [{ name: 'models/gemini-2.5-flash' }], nextPageToken? }`, without the collection before the name. */
export function namesOfModels(body: unknown): readonly string[] | undefined {
  const more = field(body, 'nextPageToken');
  if (typeof more === 'string' && more !== '') return undefined;
  return namesIn(field(body, 'models'), 'name')?.map((name) => name.replace(/^models\//, ''));
}

/**
 * Whether a name is among those of a list. Lists often name versions only, by a date or a tag, and take the name without one for the newest:
 * Anthropic's has `claude-sonnet-4-5-20250929` for `claude-sonnet-4-5`, Ollama's `llama3:latest` for `llama3`. A name that says which version it
 * means has to be there as it is.
 */
export function namedIn(listed: readonly string[]): (name: string) => boolean {
  const names = new Set(listed.map(plain));
  const unversioned = new Set(listed.map((name) => plain(name).replace(VERSION, '')));
  return (name) => {
    const wanted = plain(name);
    return names.has(wanted) || unversioned.has(wanted.replace(NEWEST, ''));
  };
}

const NEWEST = /[-:]latest$/;
const VERSION = /(?:[-:@](?:latest|\d{8}|\d{4}-\d{2}-\d{2}|\d{3,4}))$/;

/** Google's lists name models with their collection. */
function plain(name: string): string {
  return name.toLowerCase().replace(/^models\//, '');
}

function namesIn(list: unknown, nameField: string): string[] | undefined {
  if (!Array.isArray(list) || list.length > MOST_MODELS) return undefined;
  const names = list.map((entry) => field(entry, nameField)).filter((name) => typeof name === 'string');
  return names.filter((name) => name.length > 0 && name.length <= LONGEST_NAME);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
