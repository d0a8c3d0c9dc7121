/** A fixed time for `created`, so that answers are the same in every run. Seconds since 1970. */
export const created = 1_700_000_000;
