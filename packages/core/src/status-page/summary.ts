/**
 * Reads the summary of a status page in the format of Statuspage (`/api/v2/summary.json`), which other makers of such pages offer too.
 * Pure.
 */
import { field, type JsonObject } from '../judgement/error-body.js';
import { parseJson } from '../provider/json-reply.js';
import { isRecord } from '../request/bad-request.js';
import { shownText } from './shown-text.js';

/** How a service says it is, the worst last. */
export const INDICATORS = ['none', 'maintenance', 'minor', 'major', 'critical'] as const;
export type Indicator = (typeof INDICATORS)[number];

export interface PageNews {
  readonly indicator: Indicator;
  /** In the page's words, on one line. */
  readonly description: string;
  /** Names of unresolved incidents, at most ten. */
  readonly incidents: readonly string[];
}

export type SummaryRead =
  | { readonly ok: true; readonly news: PageNews }
  /** `problem` is in our own words. */
  | { readonly ok: false; readonly problem: string };

const MOST_SHOWN = 10;
/** More components and incidents than any page has. */
const MOST_READ = 1_000;

const OF_COMPONENTS: ReadonlyMap<string, Indicator> = new Map([
  ['operational', 'none'],
  ['under_maintenance', 'maintenance'],
  ['degraded_performance', 'minor'],
  ['partial_outage', 'major'],
  ['major_outage', 'critical'],
]);

const RESOLVED: ReadonlySet<string> = new Set(['resolved', 'postmortem', 'completed']);

/** With `components`, only these count, by their names; else the page as a whole. */
export function readSummary(body: string, components: readonly string[] | undefined): SummaryRead {
  const page = parseJson(body);
  if (!isRecord(page)) return { ok: false, problem: 'the page is no JSON object' };
  return components === undefined ? wholePage(page) : partOfPage(page, new Set(components.map(named)));
}

function wholePage(page: JsonObject): SummaryRead {
  const status = field(page, 'status');
  const indicator = isRecord(status) ? indicatorOf(field(status, 'indicator')) : undefined;
  if (indicator === undefined || !isRecord(status)) {
    return {
      ok: false,
      problem: 'the page has no known status.indicator; is it a summary in the format of Statuspage?',
    };
  }
  const description = shownText(field(status, 'description'));
  return { ok: true, news: { indicator, description, incidents: namesOf(unresolved(page)) } };
}

function partOfPage(page: JsonObject, wanted: ReadonlySet<string>): SummaryRead {
  const counted = objects(page, 'components').filter((one) => wanted.has(named(field(one, 'name'))));
  if (counted.length === 0) return { ok: false, problem: 'the page lists none of these components' };
  const ill = counted.filter((one) => componentIndicator(one) !== 'none');
  const indicator =
    INDICATORS[Math.max(...counted.map((one) => INDICATORS.indexOf(componentIndicator(one))))] ?? 'none';
  const states = ill
    .slice(0, MOST_SHOWN)
    .map((one) => `${text(one, 'name')}: ${text(one, 'status').replaceAll('_', ' ')}`);
  const description = states.length === 0 ? 'operational' : shownText(states.join(', '));
  const incidents = unresolved(page).filter((incident) => touches(incident, wanted));
  return { ok: true, news: { indicator, description, incidents: namesOf(incidents) } };
}

/** An incident that names no component may be about any. */
function touches(incident: JsonObject, wanted: ReadonlySet<string>): boolean {
  const touched = objects(incident, 'components');
  return touched.length === 0 || touched.some((one) => wanted.has(named(field(one, 'name'))));
}

/** A state that we do not know is not a good one. */
function componentIndicator(component: JsonObject): Indicator {
  const status = field(component, 'status');
  return (typeof status === 'string' ? OF_COMPONENTS.get(status) : undefined) ?? 'minor';
}

function unresolved(page: JsonObject): readonly JsonObject[] {
  return objects(page, 'incidents').filter((incident) => !RESOLVED.has(text(incident, 'status')));
}

function namesOf(incidents: readonly JsonObject[]): readonly string[] {
  const names = incidents.map((incident) => text(incident, 'name')).filter((name) => name !== '');
  return names.slice(0, MOST_SHOWN);
}

function indicatorOf(value: unknown): Indicator | undefined {
  return INDICATORS.find((indicator) => indicator === value);
}

function objects(from: JsonObject, name: string): readonly JsonObject[] {
  const value = field(from, name);
  return Array.isArray(value) ? value.slice(0, MOST_READ).filter(isRecord) : [];
}

function text(from: JsonObject, name: string): string {
  return shownText(field(from, name));
}

/** For comparing: people write names as they see them. */
function named(value: unknown): string {
  return shownText(value).toLowerCase();
}
