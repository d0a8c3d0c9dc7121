import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pages } from '../../docs/reference/pages.ts';

it.each(Object.entries(pages()))('docs/reference/%s says what the sources say', (name, text) => {
  const written = readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8');
  expect(written, 'run `npx -y pnpm@10 run docs`').toBe(text);
});

it('has a row for each option, event and error', () => {
  const { 'options.md': options = '', 'events.md': events = '', 'errors.md': errors = '' } = pages();
  for (const option of ['upstreams', 'firstContent', 'raceAfter', 'authorize', 'streamInside', 'detached']) {
    expect(options).toContain(`| \`${option}\` |`);
  }
  for (const event of ['call-answered', 'race-started', 'hook-failed', 'closed'])
    expect(events).toContain(`| \`${event}\` |`);
  for (const code of ['AIF_INTERRUPTED', 'AIF_CLOSED', 'AIF_ATTEMPT_STALE_SOCKET']) expect(errors).toContain(code);
  expect(`${options}${events}${errors}`).not.toContain('undefined');
});
