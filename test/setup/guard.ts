/**
 * What no test may leave behind, for `setupFiles`: output, unhandled rejections and warnings of the process fail the test
 * in which they came; sockets, servers, child processes and timers that outlive their file fail the file.
 *
 * A test that expects output or a warning spies on `console` or on `process.emitWarning` and so keeps it from getting here.
 */
import { afterAll, beforeEach } from 'vitest';

/** Of `process.getActiveResourcesInfo()`: what keeps a process alive, without vitest's own pipes to its parent. */
const LEFT_OVER = /^(TCP|TLS|UDP|HTTP2|PipeServer|Process|FSEvent|StatWatcher|Worker|Timeout|Immediate)/;

/** Milliseconds. A closed socket is gone a few ticks later, on a busy machine after more; what is still there then will stay. */
const PATIENCE = 2_000;
/** A timer is cleared or it is not: waiting would only let short ones run out. */
const PATIENCE_WITH_TIMERS = 100;
const STEP = 10;

/** Of the process itself; they say nothing about the code under test. */
const HARMLESS_WARNINGS: ReadonlySet<string> = new Set(['ExperimentalWarning', 'DeprecationWarning']);

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const;

// Tests fake the timers; the guard needs real ones.
const { setTimeout, setImmediate } = globalThis;

const complaints: string[] = [];
const before = countActive();
const originals = METHODS.map((method) => [method, console[method]] as const);

for (const [method, original] of originals) {
  console[method] = (...given: unknown[]): void => {
    complaints.push(`console.${method}: ${given.map(textOf).join(' ')}`);
    Reflect.apply(original, console, given);
  };
}
process.on('unhandledRejection', onUnhandledRejection);
process.on('warning', onWarning);

// Registered first, it runs last: after every `afterEach` and every other `onTestFinished`.
beforeEach(({ onTestFinished }) => {
  onTestFinished(complain);
});

// The same holds here.
afterAll(async () => {
  try {
    await complain();
    await expectNothingLeft();
  } finally {
    for (const [method, original] of originals) console[method] = original;
    process.off('unhandledRejection', onUnhandledRejection);
    process.off('warning', onWarning);
  }
});

function onUnhandledRejection(reason: unknown): void {
  complaints.push(`unhandled rejection: ${textOf(reason)}`);
}

function onWarning(warning: Error): void {
  if (!HARMLESS_WARNINGS.has(warning.name)) complaints.push(`warning of the process: ${textOf(warning)}`);
}

/** Rejections and warnings are announced after the microtasks of the tick in which they came. */
async function complain(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  const found = complaints.splice(0);
  if (found.length > 0) throw new Error(`A test must be silent, but there was:\n${found.join('\n')}`);
}

async function expectNothingLeft(): Promise<void> {
  for (let waited = 0; ; waited += STEP) {
    const left = leftOver();
    if (left.length === 0) return;
    const onlyTimers = left.every((one) => one.endsWith('Timeout') || one.endsWith('Immediate'));
    if (waited >= (onlyTimers ? PATIENCE_WITH_TIMERS : PATIENCE))
      throw new Error(`The tests of this file left behind: ${left.join(', ')}`);
    await new Promise<void>((resolve) => setTimeout(resolve, STEP).unref());
  }
}

function leftOver(): string[] {
  return [...countActive()]
    .map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const)
    .filter(([, more]) => more > 0)
    .map(([kind, more]) => `${more} × ${kind}`);
}

function countActive(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (LEFT_OVER.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function textOf(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
