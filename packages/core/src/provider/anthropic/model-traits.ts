/**
 * What the generations of Claude models take, where they differ. Read from a model's name, because a wrong field is refused with a 400:
 * https://platform.claude.com/docs/en/about-claude/models/migration-guide
 */
import type { DeploymentSettings } from '../../config/settings.js';

export interface ModelTraits {
  /** Not at all; within a budget of tokens; or as much as the model sees fit, steered by an effort. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** Thinks without having been asked to. */
  readonly thinksUnasked: boolean;
  /** `thinking: {type: 'disabled'}` is taken. */
  readonly canStopThinking: boolean;
  /** The effort between `high` and `max`. */
  readonly hasXhigh: boolean;
  /** Which of `temperature` and `top_p` may be set: any, one of them, none. */
  readonly sampling: 'both' | 'one' | 'none';
  /** `output_config.format`. */
  readonly schemas: boolean;
  /** Goes on from an assistant message that stands last. */
  readonly prefill: boolean;
}

/** Where several names are known of a model, whichever says that it is a Claude. */
export function traitsOf({ modelId, model }: Pick<DeploymentSettings, 'modelId' | 'model'>): ModelTraits {
  const name = [modelId, model].find((candidate) => /claude/i.test(candidate));
  return name === undefined ? OTHERS : traitsOfClaude(name.toLowerCase());
}

/** Models of other makers behind the same API: the API's own rules, and what is unknown is left to them. */
const OTHERS: ModelTraits = {
  thinking: 'budget',
  thinksUnasked: false,
  canStopThinking: false,
  hasXhigh: false,
  sampling: 'both',
  schemas: true,
  prefill: true,
};

/** Newer than what is known here; also of names that tell no version. */
const NEWEST = 9_00;

function traitsOfClaude(name: string): ModelTraits {
  const version = versionOf(name);
  const family = /fable|mythos/.test(name);
  return {
    thinking: version >= 4_06 ? 'adaptive' : version >= 3_07 ? 'budget' : 'none',
    thinksUnasked: version >= 5_00,
    canStopThinking: version >= 4_06 && !family,
    hasXhigh: version >= 4_07,
    sampling: version >= 4_07 ? 'none' : version >= 4_01 ? 'one' : 'both',
    schemas: version >= 4_01,
    prefill: version < 4_06,
  };
}

/** `claude-opus-4-20250514` 400, `claude-sonnet-4.5` and `claude-sonnet-4-5-20250929` 405, `claude-3-7-sonnet-latest` 307. */
function versionOf(name: string): number {
  const [, major, minor = '0'] = /claude-(?:[a-z]+-)?v?(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)/.exec(name) ?? [];
  return major === undefined ? NEWEST : Number(major) * 100 + Number(minor);
}
