/** Finds the route of a call: which chain, from which model, under which demands. Routes are made once and kept. */
import { unknownName } from '../config/unknown-name.js';
import type { Requirements } from '../config/options.js';
import type { ChainSettings, Settings } from '../config/settings.js';
import { ConfigError } from '../errors.js';
import type { Pool } from '../pool/pool.js';
import { unknownModelError } from '../request/unknown-model.js';
import { createRoute, type Route } from './route.js';

/** Demands come from the application, so there are few; this only bounds a mistake. */
const MOST_ROUTES = 1_000;

export interface RouteChoice {
  readonly chain?: string | undefined;
  readonly require?: Requirements | undefined;
}

export interface Router {
  /**
   * A `model` that names a chain means that chain; one that names a model means that model and what stands behind it.
   *
   * @throws CallError `AIF_BAD_REQUEST` for a model that nobody serves
   * @throws ConfigError for a chain that does not exist: that is the application's mistake, not its user's
   */
  routeFor(model: string | undefined, choice: RouteChoice): Route;
  /** Routes are made anew: settings or pool have changed. */
  forget(): void;
}

export function createRouter(settings: () => Settings, pool: Pool): Router {
  const routes = new Map<string, Route>();

  function chainOf(model: string | undefined, wanted: string): ChainSettings {
    const { chains } = settings();
    const named = model === undefined ? undefined : chains.get(model);
    const chain = named ?? chains.get(wanted);
    if (chain === undefined) throw new ConfigError([unknownName('chain', wanted, chains.keys())]);
    return chain;
  }

  return {
    routeFor(model, { chain: wanted = 'default', require }) {
      const chain = chainOf(model, wanted);
      const { chains, lastResort } = settings();
      const from = model === undefined || chains.has(model) ? undefined : model;
      if (from !== undefined && !pool.byModel.has(from)) {
        throw unknownModelError(from, [...pool.byModel.keys(), ...chains.keys()]);
      }
      const key = require === undefined ? `${chain.name}\n${from ?? ''}` : JSON.stringify([chain.name, from, require]);
      const known = routes.get(key);
      if (known !== undefined) return known;
      if (routes.size >= MOST_ROUTES) routes.clear();
      const route = createRoute({ chain, from, require, lastResort }, pool);
      routes.set(key, route);
      return route;
    },
    forget: () => routes.clear(),
  };
}
