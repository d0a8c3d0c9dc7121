import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INDICATORS, readSummary } from '../../src/status-page/summary.ts';
import { summary } from './samples.ts';

const API = { name: 'API', status: 'operational' };
const CHAT = { name: 'Chat', status: 'major_outage' };
const BATCH = { name: 'Batch jobs', status: 'degraded_performance' };

describe('a summary', () => {
  it('says how the page is, in its own words', () => {
    const page = summary({ indicator: 'major', description: 'Partial System Outage', incidents: [{ name: 'Slow' }] });
    const news = { indicator: 'major', description: 'Partial System Outage', incidents: ['Slow'] };
    expect(readSummary(page, undefined)).toEqual({ ok: true, news });
  });

  it.each(['none', 'maintenance', 'minor', 'major', 'critical'] as const)('knows the indicator %s', (indicator) => {
    expect(readSummary(summary({ indicator }), undefined)).toMatchObject({ ok: true, news: { indicator } });
  });

  it('leaves out incidents that are over', () => {
    const incidents = ['investigating', 'identified', 'monitoring', 'resolved', 'postmortem'].map((status) => ({
      name: status,
      status,
    }));
    expect(readSummary(summary({ incidents }), undefined)).toMatchObject({
      news: { incidents: ['investigating', 'identified', 'monitoring'] },
    });
  });

  it('names ten incidents at most', () => {
    const incidents = Array.from({ length: 5_000 }, (_, index) => ({ name: `incident ${index}` }));
    const answer = readSummary(summary({ incidents }), undefined);
    expect(answer.ok && answer.news.incidents).toHaveLength(10);
  });

  it.each([
    ['no JSON', '<!doctype html>'],
    ['an empty answer', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['no status', '{"page":{}}'],
    ['a status of text', '{"status":"none"}'],
    ['an indicator that does not exist', '{"status":{"indicator":"fine"}}'],
    ['an indicator of another type', '{"status":{"indicator":["none"]}}'],
    ['an inherited indicator', '{"status":{"__proto__":{"indicator":"none"}}}'],
    ['what is nested without end', '['.repeat(400_000)],
  ])('is not read from %s', (_what, body) => {
    expect(readSummary(body, undefined)).toMatchObject({ ok: false });
  });

  it('quotes nothing of a page that it cannot read', () => {
    const answer = readSummary('{"status":{"indicator":"sk-secret"}}', undefined);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('never throws and shows only what can be shown, whatever the page holds', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue());
    const entry = fc.record({ name: value, status: value, components: value }, { requiredKeys: [] });
    const page = fc.record({
      status: fc.oneof(value, fc.record({ indicator: fc.constantFrom(...INDICATORS), description: value })),
      components: fc.oneof(value, fc.array(entry)),
      incidents: fc.oneof(value, fc.array(entry)),
    });
    fc.assert(
      fc.property(page, fc.option(fc.array(fc.string(), { minLength: 1 }), { nil: undefined }), (one, components) => {
        const answer = readSummary(JSON.stringify(one), components);
        if (!answer.ok) return;
        for (const text of [answer.news.description, ...answer.news.incidents]) {
          expect(text.length).toBeLessThanOrEqual(200);
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        }
      }),
    );
  });
});

describe('a summary of some components', () => {
  it('counts only these, the worst of them', () => {
    const page = summary({ indicator: 'critical', components: [API, CHAT, BATCH] });
    expect(readSummary(page, ['API'])).toEqual({
      ok: true,
      news: { indicator: 'none', description: 'operational', incidents: [] },
    });
    expect(readSummary(page, ['api', 'batch jobs'])).toMatchObject({
      news: { indicator: 'minor', description: 'Batch jobs: degraded performance' },
    });
    expect(readSummary(page, ['Chat', 'Batch jobs', 'API'])).toMatchObject({
      news: { indicator: 'critical', description: 'Chat: major outage, Batch jobs: degraded performance' },
    });
  });

  it.each([
    ['operational', 'none'],
    ['under_maintenance', 'maintenance'],
    ['degraded_performance', 'minor'],
    ['partial_outage', 'major'],
    ['major_outage', 'critical'],
    ['something_new', 'minor'],
    ['constructor', 'minor'],
  ])('takes %s for %s', (status, indicator) => {
    const page = summary({ components: [{ name: 'API', status }] });
    expect(readSummary(page, ['API'])).toMatchObject({ news: { indicator } });
  });

  it('names incidents that touch them, or that name no component', () => {
    const page = summary({
      components: [API, CHAT],
      incidents: [
        { name: 'about both', components: [API, CHAT] },
        { name: 'about Chat', components: [CHAT] },
        { name: 'about who knows' },
      ],
    });
    expect(readSummary(page, ['API'])).toMatchObject({ news: { incidents: ['about both', 'about who knows'] } });
  });

  it('is not read from a page that knows none of them', () => {
    const answer = readSummary(summary({ components: [CHAT] }), ['API']);
    expect(answer).toEqual({ ok: false, problem: 'the page lists none of these components' });
  });
});
