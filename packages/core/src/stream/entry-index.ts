/** Which choice, or which tool call, a piece belongs to. */

/** Nobody asks for so many choices or calls; a number from outside is not to say how much memory is used. */
export const MAX_ENTRIES = 1_024;

export function isEntryIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_ENTRIES;
}
