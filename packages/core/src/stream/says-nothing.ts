/** Whether a field of a chunk adds anything: services that have nothing to say say it in many ways. */

/** Absent, null, or an empty text, list or object. */
export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
