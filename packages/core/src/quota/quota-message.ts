/** Says in one line how much of a quota is left. */

export interface QuotaFacts {
  readonly upstream: string;
  readonly remaining: number | undefined;
  readonly limit: number | undefined;
  readonly ratio: number | undefined;
  readonly resetsAt: number | undefined;
}

export function quotaMessage({ upstream, remaining = 0, limit, ratio, resetsAt }: QuotaFacts): string {
  const left = limit === undefined ? amount(remaining) : `${amount(remaining)} of ${amount(limit)}`;
  const part = ratio === undefined ? '' : ` (${Math.floor(ratio * 100)} %)`;
  return `The quota of ${upstream} is low: ${left}${part} left${resetText(resetsAt)}.`;
}

function resetText(resetsAt: number | undefined): string {
  const date = new Date(resetsAt ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? '' : `, until ${date.toISOString()}`;
}

/** Without the noise that sums of binary fractions have. */
function amount(value: number): string {
  return String(Number(value.toPrecision(6)));
}
