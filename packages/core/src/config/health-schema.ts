/** How health is probed, or `false`. */
import { z } from 'zod';
import type { ProbeFunction } from './health-options.js';
import { count, duration, money } from './number-options.js';

type Probe = 'models' | 'head' | 'chat' | ProbeFunction;

const NAMED: ReadonlySet<unknown> = new Set(['models', 'head', 'chat']);
const PROBE = "'models', 'head', 'chat' or a function";

export const healthGroupSchema = z.strictObject(
  {
    probe: z
      .custom<Probe>((value) => typeof value === 'function' || NAMED.has(value), { error: PROBE, abort: false })
      .optional(),
    interval: duration(1).optional(),
    busyInterval: duration(1).optional(),
    idleInterval: duration(1).optional(),
    timeout: duration(1).optional(),
    fall: count(1).optional(),
    rise: count(1).optional(),
    maxCostPerDay: money().optional(),
    maxProbesPerDay: count(0).optional(),
  },
  { error: 'health options, such as { interval: 10000 }' },
);

export const healthSchema = z.union([z.literal(false), healthGroupSchema], {
  error: 'health options, such as { interval: 10000 }, or false for no probes',
});

export type CheckedHealth = z.output<typeof healthSchema>;
