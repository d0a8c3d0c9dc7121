/** Counts what the shoppers got, and prints it as a table. */
import type { Outcome } from '../stage/traffic.ts';
import { paint } from './paint.ts';

/** What happened to the calls of one phase, or of all. */
export class Ledger {
  readonly title: string;
  readonly outcomes: Outcome[] = [];

  constructor(title: string, outcomes: readonly Outcome[] = []) {
    this.title = title;
    this.outcomes.push(...outcomes);
  }

  get lost(): number {
    return this.#count(({ answered }) => !answered);
  }

  /** `south 38, north 2`, the one who answered most first. */
  get answeredBy(): string {
    const counts = new Map<string, number>();
    for (const { by } of this.outcomes) if (by !== undefined) counts.set(by, (counts.get(by) ?? 0) + 1);
    const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
    return sorted.map(([who, count]) => `${who} ${count}`).join(', ');
  }

  get cells(): readonly string[] {
    return [
      this.title,
      String(this.outcomes.length),
      this.answeredBy,
      String(this.#count(({ failedOver }) => failedOver)),
      String(this.#count(({ downgraded }) => downgraded)),
      String(this.#count(({ canned }) => canned)),
      String(this.lost),
      milliseconds(this.#percentile(0.5)),
      milliseconds(this.#percentile(0.99)),
    ];
  }

  get summary(): string {
    const [, calls, answeredBy, failovers, downgrades, canned, lost, p50, p99] = this.cells;
    const happened = `failovers ${failovers} · downgrades ${downgrades} · canned ${canned} · lost ${lost}`;
    return `${calls} calls: ${answeredBy} · ${happened} · p50 ${p50} · p99 ${p99}`;
  }

  #count(matches: (outcome: Outcome) => boolean): number {
    return this.outcomes.filter(matches).length;
  }

  #percentile(share: number): number {
    const sorted = this.outcomes.map(({ duration }) => duration).toSorted((one, other) => one - other);
    return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  }
}

const HEADINGS = ['phase', 'calls', 'answered by', 'failovers', 'downgrades', 'canned', 'lost', 'p50', 'p99'];

/** Numbers stand to the right, `phase` and `answered by` to the left. */
export function printTable(ledgers: readonly Ledger[]): void {
  const total = new Ledger(
    'total',
    ledgers.flatMap(({ outcomes }) => outcomes),
  );
  const rows = [HEADINGS, ...[...ledgers, total].map(({ cells }) => cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const rule = paint('gray', widths.map((width) => '─'.repeat(width + 2)).join('┼'));
  const printed = rows.map((row, index) => {
    const line = row.map(
      (cell, column) =>
        ` ${column % 2 === 0 && column <= 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)} `,
    );
    return line
      .map((cell) => (index === 0 || index === rows.length - 1 ? paint('bold', cell) : cell))
      .join(paint('gray', '│'));
  });
  printed.splice(1, 0, rule);
  printed.splice(-1, 0, rule);
  console.log(`\n${printed.join('\n')}\n`);
}

function milliseconds(duration: number): string {
  return `${Math.round(duration)} ms`;
}
