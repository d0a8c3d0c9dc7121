import { expect, it } from 'vitest';
import { nearestNames } from '../../src/config/nearest-name.js';

const MODELS = ['gpt-4.1', 'gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4.5', 'gemini-2.5-flash', 'deepseek-v3.2'];

it.each([
  ['gpt4.1', 'gpt-4.1'],
  ['GPT_4O_MINI', 'gpt-4o-mini'],
  ['gpt-4o-mni', 'gpt-4o-mini'],
  ['gtp-4o', 'gpt-4o'],
  ['claude-sonnet', 'claude-sonnet-4.5'],
  ['claude-sonet-4.5', 'claude-sonnet-4.5'],
  ['sonnet-4.5', 'claude-sonnet-4.5'],
  ['deepseek', 'deepseek-v3.2'],
  ['openai/gpt-4.1', 'gpt-4.1'],
  ['gemini-2.5-flash-preview-09-2025', 'gemini-2.5-flash'],
  [' gpt-4.1 ', 'gpt-4.1'],
])('finds for %j first %j', (name, nearest) => {
  expect(nearestNames(name, MODELS)[0]).toBe(nearest);
});

it.each(['llama-3.3-70b', 'x', '', '   ', '-', 'g'.repeat(10_000), 'mistral'])('finds nothing near %.20j', (name) => {
  expect(nearestNames(name, MODELS)).toEqual([]);
});

it('names the nearest first and no more than asked for', () => {
  expect(nearestNames('gpt-4', MODELS)).toEqual(['gpt-4.1', 'gpt-4o', 'gpt-4o-mini']);
  expect(nearestNames('gpt-4', MODELS, 1)).toEqual(['gpt-4.1']);
  expect(nearestNames('gpt-4', MODELS, 0)).toEqual([]);
});

it('names each known name once', () => {
  expect(nearestNames('north', ['nort', 'nort', 'north'])).toEqual(['north', 'nort']);
});

it('takes any iterable of names and copes with very long ones', () => {
  expect(nearestNames('north', new Set(['x'.repeat(100_000), 'nort']))).toEqual(['nort']);
  expect(nearestNames('constructor', [])).toEqual([]);
});
