import { ConfigError, type ConfigIssue } from '../../src/errors.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import type { Settings } from '../../src/config/settings.js';

/** Looks like a real key, so that it may never be seen in any error. */
export const KEY = 'sk-live-4f9a8b7c6d5e4f3a2b1c';

/** One valid upstream, with fields added or replaced. */
export function upstream(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { name: 'north', provider: 'openai', keys: [KEY], models: ['gpt-4.1', 'gpt-4o-mini'], ...fields };
}

/** Valid options of one upstream, with fields added or replaced. */
export function options(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { upstreams: [upstream()], ...fields };
}

/** The error that these options are refused with. */
export function refusal(given: unknown): ConfigError {
  try {
    resolveOptions(given);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('these options were accepted');
}

/** What is wrong with these options, in the order in which it is told. */
export function issuesOf(given: unknown): readonly ConfigIssue[] {
  return refusal(given).issues;
}

/** The only thing that is wrong with these options. */
export function issueOf(given: unknown): ConfigIssue {
  const [issue, ...others] = issuesOf(given);
  if (issue === undefined || others.length > 0) throw new Error(`not one issue: ${refusal(given).message}`);
  return issue;
}

/** The only upstream of these options, resolved. */
export function onlyUpstream(settings: Settings): Settings['upstreams'][number] {
  const [first] = settings.upstreams;
  if (first === undefined || settings.upstreams.length > 1) throw new Error('not one upstream');
  return first;
}

/** The deployment with this id. */
export function deployment(settings: Settings, id: string): Settings['deployments'][number] {
  const found = settings.deployments.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no deployment ${id}`);
  return found;
}
