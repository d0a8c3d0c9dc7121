/** How a tier shares its traffic, on the whole and per chain. */
import { z } from 'zod';
import { functionOption } from './fault.js';
import type { StickyKey } from './options.js';

const NAMES = ['weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky'] as const;

export const stickySchema = z.strictObject({
  sticky: functionOption<StickyKey>('a function that takes a call and returns the key by which it stays with others'),
});

export const balanceSchema = z.union([z.enum(NAMES), stickySchema], {
  error: `${NAMES.map((name) => `'${name}'`).join(', ')}, or { sticky: (call) => … }`,
});
