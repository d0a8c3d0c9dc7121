/** What a stranger sees first: the demo, as it is started, and the buttons of its page. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ChatAnswer } from '../../examples/shop-assistant/app.ts';
import type { Snapshot } from '../../examples/shop-assistant/stage/snapshot.ts';
import { startStage, type Stage } from '../../examples/shop-assistant/stage/start.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PHASES = [
  '1 all is well',
  '2 north answers 503',
  '3 north falls silent',
  '4 north and south answer 429',
  "5 one of north's keys is refused",
  '6 everything is down',
  '7 recovery',
];

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the demo to its end; interrupts it as by Ctrl-C as soon as it has printed `interruptAt`. */
async function runDemo(args: readonly string[], interruptAt?: string): Promise<Run> {
  const command = ['--conditions=@ai-failover/source', '--import', 'tsx', 'examples/shop-assistant/demo.ts', ...args];
  const demo = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve) => demo.once('close', resolve));
  let output = '';
  demo.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
    if (interruptAt !== undefined && output.includes(interruptAt)) demo.kill('SIGINT');
  });
  const errors = await text(demo.stderr);
  return { code: await code, output, errors };
}

/** The rows of the table that the demo ends with, by the title of the phase. */
function tableOf(output: string): Map<string, Record<string, string>> {
  const lines = output.split('\n').filter((line) => line.includes('│'));
  const [headings = [], ...rows] = lines.map((line) => line.split('│').map((cell) => cell.trim()));
  return new Map(
    rows.map((row) => [row[0] ?? '', Object.fromEntries(headings.map((name, at) => [name, row[at] ?? '']))]),
  );
}

async function startedStage(): Promise<Stage> {
  const stage = await startStage();
  // Somebody listens, so that alarms are no warnings of the process.
  const stop = stage.failover.onAny(() => {});
  onTestFinished(async () => {
    await stage.close();
    stop();
  });
  return stage;
}

async function ask({ url }: Stage, language = 'en'): Promise<ChatAnswer> {
  const response = await fetch(`${url}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': language },
    body: JSON.stringify({ question: 'Can I return a saddle?' }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as ChatAnswer;
}

async function press({ url }: Stage, button: string, body: object = {}): Promise<void> {
  const response = await fetch(`${url}/panel/upstreams/${button}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(204);
}

describe('pnpm demo --once', () => {
  it('plays the outage, loses no call and says so in a table', { timeout: 90_000 }, async () => {
    const { code, output, errors } = await runDemo(['--once']);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const table = tableOf(output);
    expect([...table.keys()]).toEqual([...PHASES, 'total']);
    const titlesWhere = (matches: (row: Record<string, string>) => boolean): string[] =>
      PHASES.filter((title) => matches(table.get(title) ?? {}));

    expect(titlesWhere(({ calls }) => Number(calls) > 0)).toEqual(PHASES);
    expect(titlesWhere(({ lost }) => lost === '0')).toEqual(PHASES);
    expect(table.get('total')?.['lost']).toBe('0');
    expect(titlesWhere(({ canned }) => Number(canned) > 0)).toEqual(['6 everything is down']);
    expect(titlesWhere(({ failovers }) => Number(failovers) > 0)).toEqual(expect.arrayContaining(PHASES.slice(1, 4)));
    expect(titlesWhere(({ downgrades }) => Number(downgrades) > 0)).toContain('4 north and south answer 429');
    const answeredBy = (upstream: string): string[] =>
      titlesWhere((row) => row['answered by']?.includes(upstream) === true);
    expect(answeredBy('north')).toEqual(PHASES);
    expect(answeredBy('south')).toEqual(expect.arrayContaining(PHASES.slice(1, 3)));
    expect(answeredBy('budget')).toContain('4 north and south answer 429');
    // The alarm names the last four characters of the refused key, and its colours stay out of a pipe.
    expect(output).toContain('(ending in 9c1e)');
    expect(output).not.toContain('demo-key-of-north');
    expect(output).not.toContain('\u001B[');
  });
});

describe('pnpm demo', () => {
  it('closes everything and ends when it is interrupted', async () => {
    const { code, output, errors } = await runDemo([], 'gpt-4.1@north answers');
    expect({ code, errors }).toEqual({ code: 130, errors: '' });
    expect(output).not.toContain('total');
  });
});

describe("the page's buttons", () => {
  it('break an upstream, so that another one answers, and mend it', async () => {
    const stage = await startedStage();
    expect(await ask(stage)).toMatchObject({
      deployment: 'gpt-4.1@north',
      text: expect.stringContaining('(north, gpt-4.1)'),
    });

    await press(stage, 'north/break', { fault: 'overloaded' });
    expect(await ask(stage)).toMatchObject({
      deployment: 'gpt-4.1@south',
      text: expect.stringContaining('(south, gpt-4.1)'),
      attempts: [
        { upstream: 'north', outcome: 'overloaded', status: 503 },
        { upstream: 'south', outcome: 'ok' },
      ],
    });

    await press(stage, 'north/mend');
    expect(await ask(stage)).toMatchObject({ deployment: 'gpt-4.1@north' });
  });

  it('break everything, and the shopper reads the canned reply of their language', async () => {
    const stage = await startedStage();
    await press(stage, 'north/break', { fault: 'rate-limited' });
    await press(stage, 'south/break', { fault: 'wrong-key' });
    expect(await ask(stage)).toMatchObject({ deployment: 'deepseek-v3.2@budget', degraded: 'downgraded' });
    await press(stage, 'north/break', { fault: 'refused' });
    await press(stage, 'budget/break', { fault: 'refused' });
    expect(await ask(stage, 'de-AT')).toMatchObject({ degraded: 'canned', text: expect.stringContaining('Laden') });
  });

  it('show in the status how each upstream is broken, and what rests', async () => {
    const stage = await startedStage();
    await press(stage, 'south/break', { fault: 'silent' });
    await press(stage, 'north/break', { fault: 'wrong-key' });
    await Promise.all([ask(stage), ask(stage)]);
    const response = await fetch(`${stage.url}/panel/status`);
    const { calls, upstreams } = (await response.json()) as Snapshot;
    expect(calls).toMatchObject({ total: 2, answered: 2, failed: 0 });
    expect(upstreams.map(({ name, fault }) => [name, fault])).toEqual([
      ['north', 'wrong-key'],
      ['south', 'silent'],
      ['budget', undefined],
    ]);
    expect(upstreams[0]?.deployments[0]).toMatchObject({
      id: 'gpt-4.1@north',
      available: true,
      rests: [{ key: 2, reason: 'credential' }],
      circuit: { state: 'closed' },
    });
    await press(stage, 'north/wake');
    expect(stage.failover.status().deployments[0]?.lanes.map(({ rest }) => rest)).toEqual([undefined, undefined]);
  });

  it('tell the page what happens, as it happens', async () => {
    const stage = await startedStage();
    const events = await fetch(`${stage.url}/panel/events`);
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    await press(stage, 'north/break', { fault: 'refused' });
    await ask(stage);
    let told = '';
    for await (const piece of events.body ?? []) {
      told += Buffer.from(piece).toString();
      if (told.includes('event: call\n')) break;
    }
    expect(told).toContain('gpt-4.1@south answers instead');
    expect(told).toContain('"failedOver":true');
  });

  it('know no other upstream or fault', async () => {
    const stage = await startedStage();
    for (const [name, fault] of [
      ['west', 'silent'],
      ['north', 'constructor'],
    ]) {
      const response = await fetch(`${stage.url}/panel/upstreams/${name}/break`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ fault }),
      });
      expect(response.status).toBe(404);
    }
  });
});

describe("the shop's page", () => {
  it('comes with everything it needs from the shop itself', async () => {
    const stage = await startedStage();
    const page = await (await fetch(stage.url)).text();
    const parts = [...page.matchAll(/(?:src|href)="([^":]+)"/g)].map(([, path = '']) => path);
    expect(parts).toEqual(['page.css', 'chat.css', 'panel.css', 'chat.js', 'panel.js']);
    const found = await Promise.all(parts.map((part) => fetch(`${stage.url}/${part}`)));
    expect(found.map(({ status }) => status)).toEqual(parts.map(() => 200));
    expect(page).not.toMatch(/(?:src|href)="https?:/);
  });

  it('is told what is wrong with a request, in a message that is safe to show', async () => {
    const stage = await startedStage();
    const response = await fetch(`${stage.url}/chat`, { method: 'POST' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: expect.stringContaining('messages[1].content') });
  });
});
