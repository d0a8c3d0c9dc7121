/** `modelMap`: the map itself, or the path of its file, which is read here and now. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isRecord } from '../request/bad-request.js';
import { report } from './fault.js';
import { ModelMap } from './model-map.js';

const EXPECTED = "the path of a JSON file in the format of LiteLLM's model map, or what stands in one";

export const modelMapSchema = z
  .union([z.string(), z.record(z.string(), z.unknown())], { error: EXPECTED })
  .transform((given, context): ModelMap => {
    if (typeof given !== 'string') return new ModelMap(given);
    const read = readMap(given);
    if ('map' in read) return new ModelMap(read.map);
    report(context, { expected: `${EXPECTED}; ${read.fault}` });
    return z.NEVER;
  });

type Read = { readonly map: Readonly<Record<string, unknown>> } | { readonly fault: string };

function readMap(path: string): Read {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { fault: `this file cannot be read${codeOf(error)}` };
  }
  let map: unknown;
  try {
    // Editors of some systems put a byte order mark in front.
    map = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return { fault: 'this file is no valid JSON' };
  }
  return isRecord(map) ? { map } : { fault: 'this file holds no object' };
}

/** Its message would show the path once more, and unmasked. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}
