/** Which lanes share a limiter. */
import { now } from '../clock.js';
import type { DeploymentSettings, Limits } from '../config/settings.js';
import type { LimitNews } from '../limiter/learned-limits.js';
import { LimiterPlace } from '../limiter/limiter-place.js';
import type { Limiter } from '../limiter/limiter.js';
import type { Key } from './key.js';

/** Whose limit it is. What is missing is not told apart: all keys of an account, all models of equal limits. */
export interface LimitOwner {
  readonly upstream: string;
  readonly deployment: string | undefined;
  /** Position of the key, from 1. */
  readonly key: number | undefined;
}

/** Where the limiter of a lane is. */
export type PlaceFor = (deployment: DeploymentSettings, key: Key) => LimiterPlace;

export interface LimiterPlacesSeams {
  /** Something that was refused may now be admitted. */
  readonly onFree: (limiter: Limiter) => void;
  /** A limit of an upstream was found out. */
  readonly onLimitNews: (news: LimitNews, of: LimitOwner) => void;
}

/**
 * One limiter per lane; with `limitsScope: 'account'` one for all keys, and for all models of equal limits. Where none are
 * configured, models are kept apart all the same, because what an upstream tells is told of a model.
 */
export function createLimiterPlaces({ onFree, onLimitNews }: LimiterPlacesSeams) {
  const ofAccounts = new Map<string, LimiterPlace>();

  function create(limits: Limits, owner: LimitOwner): LimiterPlace {
    const place: LimiterPlace = new LimiterPlace(limits, {
      now,
      onFree: () => place.limiter && onFree(place.limiter),
      onNews: (news) => onLimitNews(news, owner),
    });
    return place;
  }

  return {
    placeFor(deployment: DeploymentSettings, key: Key): LimiterPlace {
      const limits = limitsOf(deployment, key);
      const { id, upstream } = deployment;
      const { name, baseUrl } = upstream;
      if (upstream.limitsScope === 'key') return create(limits, { upstream: name, deployment: id, key: key.number });
      const configured = Object.values(limits).some((limit) => limit !== undefined);
      const account = JSON.stringify([name, baseUrl, configured ? limits : id]);
      const owner = { upstream: name, deployment: configured ? undefined : id, key: undefined };
      const known = ofAccounts.get(account) ?? create(limits, owner);
      ofAccounts.set(account, known);
      return known;
    },
    /** Those are not given out again. */
    forget(departed: ReadonlySet<unknown>): void {
      for (const [account, place] of ofAccounts) if (departed.has(place)) ofAccounts.delete(account);
    },
  };
}

/** Those of a key at a deployment. */
export function limitsOf({ laneLimits }: DeploymentSettings, { number }: Key): Limits {
  return laneLimits[number - 1] ?? {};
}
