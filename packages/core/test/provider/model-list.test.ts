import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.ts';
import type { UpstreamOptions } from '../../src/config/options.ts';
import { dialectFor } from '../../src/provider/dialects.ts';
import { idsOfData, namedIn, namesOfModels } from '../../src/provider/model-list.ts';

const BASE_URL = 'https://u.example/v1';

function modelsUrl(options: Partial<UpstreamOptions>): string {
  const upstream = {
    name: 'u',
    provider: 'openai',
    baseUrl: BASE_URL,
    keys: ['k'],
    models: ['m'],
    ...options,
  } as const;
  const [settings] = resolveOptions({ upstreams: [upstream] }).upstreams;
  if (settings === undefined) throw new Error('there is an upstream');
  return dialectFor(settings.provider).modelsUrl(settings);
}

describe('lists of models', () => {
  it('are asked for where each provider has them', () => {
    expect(modelsUrl({})).toBe('https://u.example/v1/models');
    expect(modelsUrl({ provider: 'anthropic' })).toBe('https://u.example/v1/models?limit=1000');
    expect(modelsUrl({ provider: 'gemini' })).toBe('https://u.example/v1/models?pageSize=1000');
    const azure = { provider: 'azure', baseUrl: 'https://r.openai.azure.com/openai/v1' } as const;
    expect(modelsUrl(azure)).toBe('https://r.openai.azure.com/openai/v1/models');
    expect(modelsUrl({ ...azure, apiVersion: '2024-10-21' })).toBe(
      'https://r.openai.azure.com/openai/models?api-version=2024-10-21',
    );
  });

  it("are read in OpenAI's and Anthropic's form", () => {
    expect(idsOfData({ object: 'list', data: [{ id: 'a' }, { id: 'b' }] })).toEqual(['a', 'b']);
    expect(idsOfData([{ id: 'a' }])).toEqual(['a']);
    expect(idsOfData({ data: [], has_more: false })).toEqual([]);
  });

  it("are read in Gemini's form", () => {
    expect(namesOfModels({ models: [{ name: 'models/gemini-2.5-flash' }, { name: 'tunedModels/x' }] })).toEqual([
      'gemini-2.5-flash',
      'tunedModels/x',
    ]);
  });

  it('say nothing where they are not whole', () => {
    expect(idsOfData({ data: [{ id: 'a' }], has_more: true })).toBeUndefined();
    expect(namesOfModels({ models: [{ name: 'models/a' }], nextPageToken: 'x' })).toBeUndefined();
  });

  it.each([undefined, null, 'text', 7, {}, { data: 'x' }, { models: {} }])(
    'say nothing where they are none: %j',
    (body) => {
      expect(idsOfData(body)).toBeUndefined();
      expect(namesOfModels(body)).toBeUndefined();
    },
  );

  it('leave out what is no name', () => {
    const data = [{ id: 7 }, null, {}, { id: '' }, { id: 'x'.repeat(201) }, { id: 'a' }, Object.create({ id: 'b' })];
    expect(idsOfData({ data })).toEqual(['a']);
  });

  it('say nothing of what Azure has deployed', () => {
    expect(dialectFor('azure').listedModels).toBeUndefined();
  });
});

describe('a name', () => {
  const LISTED = [
    'claude-sonnet-4-5-20250929',
    'llama3:latest',
    'gpt-4o',
    'gpt-4o-2024-08-06',
    'gpt-4-0613',
    'gemini-2.5-flash',
    'Qwen/Qwen3-32B',
    'claude-opus-4-1@20250805',
  ];
  const isListed = namedIn(LISTED);

  it.each([
    ...LISTED,
    'claude-sonnet-4-5',
    'claude-sonnet-4-5-latest',
    'claude-opus-4-1',
    'llama3',
    'gpt-4',
    'models/gemini-2.5-flash',
    'qwen/qwen3-32b',
  ])('%s is in the list', (name) => {
    expect(isListed(name)).toBe(true);
  });

  it.each(['gpt-4o-2024-05-13', 'gpt-4.1', 'claude-sonnet-4', 'llama3:70b', 'gpt', 'gemini-2.5', 'gpt-4o-mini', ''])(
    '%s is not',
    (name) => {
      expect(isListed(name)).toBe(false);
    },
  );
});
