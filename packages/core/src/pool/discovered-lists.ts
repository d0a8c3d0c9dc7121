/** What upstreams that discover their models were found to serve, as long as they are the same services. */
import { trimBaseUrl } from '../config/base-url.js';
import type { CheckedUpstreams } from '../config/check-options.js';
import { DEFAULT_BASE_URLS } from '../config/defaults.js';
import type { ListedModels } from '../config/resolve-pool.js';
import type { UpstreamSettings } from '../config/settings.js';

interface Listed {
  readonly baseUrl: string;
  readonly models: readonly string[];
}

export class DiscoveredLists {
  readonly #lists = new Map<string, Listed>();

  /** Whether that is another list than before, whatever its order. */
  learn({ name, baseUrl }: Pick<UpstreamSettings, 'name' | 'baseUrl'>, models: readonly string[]): boolean {
    const known = this.#lists.get(name);
    this.#lists.set(name, { baseUrl, models });
    if (known?.baseUrl !== baseUrl || known.models.length !== models.length) return true;
    const before = new Set(known.models);
    return models.some((model) => !before.has(model));
  }

  /** Of one upstream, while it is known. */
  of(name: string): readonly string[] | undefined {
    return this.#lists.get(name)?.models;
  }

  /** The lists of those who are among these upstreams and where they were; the others are forgotten. */
  known({ upstreams }: { readonly upstreams: CheckedUpstreams }): ListedModels {
    const places = new Map(
      upstreams.map(({ name, provider, baseUrl }) => [name, trimBaseUrl(baseUrl ?? DEFAULT_BASE_URLS[provider] ?? '')]),
    );
    for (const [name, { baseUrl }] of this.#lists) if (places.get(name) !== baseUrl) this.#lists.delete(name);
    return new Map([...this.#lists].map(([name, { models }]) => [name, models]));
  }
}
