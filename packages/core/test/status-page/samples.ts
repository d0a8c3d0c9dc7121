/**
 * Summaries in the form of Statuspage's "Status API" (`/api/v2/summary.json` under each page that it hosts): the page, its status with
 * `indicator` and `description`, its components, its unresolved incidents, its scheduled maintenances. Written by hand from
 * what is known of that form, not recorded from a page. Names and texts are made up.
 */
import type { Indicator } from '../../src/status-page/summary.ts';

export interface SampleComponent {
  readonly name: string;
  readonly status: string;
}

export interface SampleIncident {
  readonly name: string;
  readonly status?: string;
  readonly components?: readonly SampleComponent[];
}

export interface Sample {
  readonly indicator?: Indicator;
  readonly description?: string;
  readonly components?: readonly SampleComponent[];
  readonly incidents?: readonly SampleIncident[];
}

const UPDATED = '2026-11-29T12:00:00.000Z';

export function summary(sample: Sample = {}): string {
  const { indicator = 'none', description = 'All Systems Operational', components = [], incidents = [] } = sample;
  return JSON.stringify({
    page: { id: 'p4g3', name: 'Example', url: 'https://status.example', time_zone: 'Etc/UTC', updated_at: UPDATED },
    components: components.map(componentOf),
    incidents: incidents.map(incidentOf),
    scheduled_maintenances: [],
    status: { indicator, description },
  });
}

function componentOf({ name, status }: SampleComponent, index: number): object {
  return {
    id: `c${index}`,
    name,
    status,
    position: index + 1,
    description: null,
    showcase: true,
    group_id: null,
    group: false,
    only_show_if_degraded: false,
    page_id: 'p4g3',
    created_at: UPDATED,
    updated_at: UPDATED,
  };
}

function incidentOf({ name, status = 'investigating', components }: SampleIncident, index: number): object {
  return {
    id: `i${index}`,
    name,
    status,
    components,
    impact: 'minor',
    shortlink: 'https://stspg.example/i',
    started_at: UPDATED,
    resolved_at: null,
    incident_updates: [{ id: `u${index}`, status, body: 'We are looking into it.', created_at: UPDATED }],
  };
}
