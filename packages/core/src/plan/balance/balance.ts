/** How a tier shares its traffic: what all ways of balancing have in common. */
import type { StickyKey } from '../../config/options.js';
import type { DeploymentSettings } from '../../config/settings.js';
import type { Turns, WeightedOrder } from '../smooth-weighted.js';

/** A way of balancing, for the members of one tier. Changes nothing, so that `explain` can ask it too. */
export interface Balance {
  /**
   * `weights` are what each member counts at this moment, its configured weight times its share; 0 for one that rests or has no
   * weight, which comes last. `turns` are those that the last choice that counted has returned.
   */
  order(weights: readonly number[], turns: Turns, asker: Asker): WeightedOrder;
}

/** What may be known of a call in choosing whom it asks. */
export interface Asker {
  /** Its first content is seen before its end. */
  readonly streamed: boolean;
  /** `undefined` when the request sets no limit. */
  readonly maxOutputTokens: number | undefined;
  /** Estimated, as that deployment counts them. */
  promptTokens(reader: DeploymentSettings): number;
  /** Whose calls are to stay together; its user, or what the application's function says. Undefined for nobody's. */
  stickyKey(keyOf: StickyKey | undefined): string | undefined;
}
