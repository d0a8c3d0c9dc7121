/** One fault found by a check of ours, on its way through zod. */
import { z } from 'zod';
import type { Path } from './plain-copy.js';

/** What is wrong with one value. */
export interface Fault {
  /** What was expected, and what to do about it. Never holds the value. */
  readonly expected: string;
  /** What was probably meant. */
  readonly suggestion?: string | undefined;
  /** The names that exist there. The user's own, so they are masked before anybody sees them. */
  readonly known?: readonly string[] | undefined;
}

type Report = Pick<z.core.$RefinementCtx, 'addIssue'>;

/** Reports `fault` at `path`, counted from the value that is being checked. */
export function report(context: Report, fault: Fault, path: Path = []): void {
  context.addIssue({
    code: 'custom',
    message: fault.expected,
    path: [...path],
    params: { suggestion: fault.suggestion, known: fault.known },
  });
}

/**
 * For checks that must also run when a part of the value is already known to be wrong, so that all faults are told at
 * once. The value is then only as sound as its name says.
 */
export const IF_LIST = { when: ({ value }: z.core.ParsePayload) => Array.isArray(value) };
export const IF_OBJECT = {
  when: ({ value }: z.core.ParsePayload) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** A function, as far as can be told at run time. Checks of other fields go on when it is none. */
export function functionOption<Signature>(expected: string) {
  return z.custom<Signature>((value) => typeof value === 'function', { error: expected, abort: false });
}

/** A string that `findFault` has nothing against; anything else is `expected`. */
export function stringWithout(
  findFault: (value: string) => Fault | undefined,
  expected: string | ((value: unknown) => string),
) {
  return z
    .string({ error: (issue) => (typeof expected === 'string' ? expected : expected(issue.input)) })
    .superRefine((value, context) => {
      const fault = findFault(value);
      if (fault !== undefined) report(context, fault);
    });
}
