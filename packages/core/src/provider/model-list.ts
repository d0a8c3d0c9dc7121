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
