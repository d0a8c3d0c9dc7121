/**
 * `pnpm demo`: plays an outage on the shop and shows it as it happens. Then it stays, with a page to play on.
 *
 * `--once` ends after the table, with exit code 1 if any shopper was left without an answer. `--port` chooses the page's port.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Ledger, printTable } from './play/ledger.ts';
import { Narrator } from './play/narrator.ts';
import { OUTAGE, type Phase } from './play/outage.ts';
import { paint } from './play/paint.ts';
import { startStage, type Stage } from './stage/start.ts';
import { FAULTS } from './stage/upstream.ts';

const CALLS_PER_SECOND = 20;
const PHASE = 2_000;
/** How long a mended upstream is waited for; the engine needs about a second with the times of this demo. */
const PATIENCE = 5_000;

const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, port: { type: 'string', default: '0' } },
});

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const stage = await startStage({ port: Number(values.port) });
const narrator = new Narrator(stage.failover);
try {
  introduce(stage);
  const ledgers = await play(stage);
  printTable(ledgers);
  const lost = ledgers.reduce((sum, ledger) => sum + ledger.lost, 0);
  console.log(lost === 0 ? 'No call was lost.' : paint('red', `${lost} calls were lost.`));
  process.exitCode = lost === 0 ? 0 : 1;
  if (!values.once) await stay(stage);
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await stage.close();
  narrator.close();
}

function introduce({ url, upstreams, failover }: Stage): void {
  console.log(paint('bold', 'ai-failover: a shop assistant lives through an outage'));
  for (const { name, baseUrl, keys } of upstreams) {
    const models = failover.status().deployments.filter(({ upstream }) => upstream === name);
    const lastFour = keys.map((key) => `…${key.slice(-4)}`).join(', ');
    console.log(`   ${name.padEnd(7)} ${baseUrl}  ${models.map(({ model }) => model).join(', ')}  keys ${lastFour}`);
  }
  console.log(`   chain   gpt-4.1 > deepseek-v3.2 > canned reply, ${CALLS_PER_SECOND} calls a second`);
  console.log(`   watch   ${paint('underline', url)}`);
}

async function play({ failover, upstreams, traffic }: Stage): Promise<Ledger[]> {
  const ledgers: Ledger[] = [];

  async function perform(phase: Phase, ledger: Ledger): Promise<void> {
    const broken = upstreams.filter(({ name }) => phase.broken[name] !== undefined);
    for (const upstream of broken) {
      const fault = phase.broken[upstream.name];
      if (fault === undefined) continue;
      await upstream.break(fault);
      narrator.act(`${upstream.name} ${FAULTS[fault]}`);
    }
    traffic.start(CALLS_PER_SECOND, (outcome) => ledger.outcomes.push(outcome));
    await sleep(PHASE, undefined, { signal: interrupted.signal });
    for (const upstream of broken) {
      await upstream.mend();
      narrator.act(`${upstream.name} is mended`);
      if (phase.wakeAfterwards) failover.upstream(upstream.name).wake();
    }
    await untilNormal(ledger);
    await traffic.stop();
  }

  for (const [index, phase] of OUTAGE.entries()) {
    const title = `${index + 1} ${phase.title}`;
    const ledger = new Ledger(title);
    ledgers.push(ledger);
    narrator.begin(title, phase.explanation);
    await perform(phase, ledger);
    narrator.end(ledger.summary);
  }
  return ledgers;
}

/** Shoppers go on asking until the engine has found its way back to the upstream that it prefers. */
async function untilNormal({ outcomes }: Ledger): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE;
  const normal = (): boolean => outcomes.slice(-5).every(({ by, failedOver }) => by === 'north' && !failedOver);
  while (!normal() && performance.now() < giveUpAt) await sleep(50, undefined, { signal: interrupted.signal });
}

async function stay({ url }: Stage): Promise<void> {
  narrator.begin(`the shop stays open at ${url}`, 'Break its upstreams there and go on asking. Ctrl-C closes it.');
  // The servers keep the process alive until then.
  if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
  console.log('\nClosing.');
}
