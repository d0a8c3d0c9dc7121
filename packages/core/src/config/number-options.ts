/** The kinds of numbers among the options. NaN and infinities are never one. */
import { z } from 'zod';
import { LONGEST_TIMER } from '../clock.js';

function numberThat(isRight: (value: number) => boolean, expected: string) {
  return z.number({ error: expected }).refine(isRight, { error: expected });
}

/** Milliseconds for a timer. From 1 where 0 might be taken for "no limit". */
export function duration(minimum: number) {
  return numberThat(
    (value) => value >= minimum && value <= LONGEST_TIMER,
    `a number of milliseconds from ${minimum} to ${LONGEST_TIMER}`,
  );
}

/** Milliseconds, or `false` where the thing may be switched off. */
export function durationOrFalse(minimum: 0 | 1) {
  return z.union([duration(minimum), z.literal(false)], {
    error: `a number of milliseconds from ${minimum} to ${LONGEST_TIMER}, or false for never`,
  });
}

export function count(minimum: 0 | 1) {
  return numberThat(
    (value) => Number.isSafeInteger(value) && value >= minimum,
    `a whole number of at least ${minimum}`,
  );
}

/** A limit that is absent when there is none. */
export function limit() {
  return numberThat(
    (value) => Number.isSafeInteger(value) && value >= 1,
    'a whole number of at least 1; leave it out for no limit',
  );
}

/** 0 to 1. */
export function share() {
  return numberThat((value) => value >= 0 && value <= 1, 'a share from 0 to 1; 0.2 is 20 %');
}

/** Above 0, because a threshold of 0 is always reached. */
export function threshold() {
  return numberThat((value) => value > 0 && value <= 1, 'a share above 0 and at most 1; 0.5 is 50 %');
}

export function weight() {
  return numberThat((value) => value >= 0, 'a weight: a number of at least 0');
}

export function priority() {
  return z.number({ error: 'a number; the smaller is asked first' });
}

export function price() {
  return numberThat((value) => value >= 0, 'dollars per million tokens: a number of at least 0');
}
