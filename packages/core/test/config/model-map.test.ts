import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/config/resolve-options.js';
import type { DeploymentSettings } from '../../src/config/settings.js';
import { deployment, issueOf, options, refusal, upstream } from './sample-options.js';

/** The model `name` as it is understood with this map, and with options of its own. */
function understood(name: string, modelMap: unknown, own: object = {}, provider = 'openai'): DeploymentSettings {
  const models = { [name]: own };
  return deployment(resolveOptions({ upstreams: [upstream({ provider, models })], modelMap }), `${name}@north`);
}

const ENTRY = {
  litellm_provider: 'openai',
  mode: 'chat',
  input_cost_per_token: 1e-6,
  max_tokens: 8_192,
  max_input_tokens: 64_000,
  max_output_tokens: 8_192,
  supports_function_calling: true,
  supports_parallel_function_calling: false,
  supports_vision: false,
  supports_response_schema: true,
  supports_reasoning: true,
  supports_audio_input: false,
  supports_pdf_input: true,
  supported_endpoints: ['/v1/chat/completions'],
};

const UNDERSTOOD = {
  reasoning: true,
  maxInputTokens: 64_000,
  contextWindow: 72_192,
  maxOutputTokens: 8_192,
  capabilities: { tools: true, parallelTools: false, vision: false, jsonSchema: true, audio: false, files: true },
};

describe('A model map', () => {
  it('says what models can do and take', () => {
    expect(understood('shop-1', { 'shop-1': ENTRY })).toMatchObject(UNDERSTOOD);
  });

  it.each([
    ['without a provider', 'shop-1', 'shop-1'],
    ['with the provider of the upstream', 'shop-1', 'openai/shop-1'],
    ['with another provider', 'shop-1', 'openrouter/someone/shop-1'],
    ['in another case', 'Shop-1', 'someone/shop-1'],
    ['where only the upstream has the provider in its name', 'someone/shop-1', 'shop-1'],
  ])('is read by the name of a model %s', (_, name, key) => {
    expect(understood(name, { [key]: ENTRY })).toMatchObject(UNDERSTOOD);
  });

  it("prefers the name as it stands, then the upstream's provider, then the shortest", () => {
    const sized = (max_input_tokens: number) => ({ max_input_tokens });
    const others = { 'far/away/shop-1': sized(1), 'near/shop-1': sized(2) };
    const size = (map: object) => understood('shop-1', map).maxInputTokens;
    expect(size({ ...others, 'openai/shop-1': sized(3), 'shop-1': sized(4) })).toBe(4);
    expect(size({ ...others, 'openai/shop-1': sized(3) })).toBe(3);
    expect(size(others)).toBe(2);
  });

  it("goes by the upstream's own name first", () => {
    const map = { 'their-name': { max_input_tokens: 1 }, ours: { max_input_tokens: 2 } };
    expect(understood('ours', map, { id: 'their-name' }).maxInputTokens).toBe(1);
    expect(understood('ours', map, { id: 'unlisted' }).maxInputTokens).toBe(2);
  });

  it('goes before what is built in, and after the options of a model', () => {
    const map = { 'gpt-4.1': { supports_vision: false, max_input_tokens: 500, max_output_tokens: 50 } };
    expect(understood('gpt-4.1', {})).toMatchObject({ contextWindow: 1_047_576, capabilities: { audio: false } });
    expect(understood('gpt-4.1', map)).toMatchObject({
      contextWindow: 550,
      maxInputTokens: 500,
      maxOutputTokens: 50,
      capabilities: { vision: false, audio: false },
    });
    const own = { contextWindow: 900, maxOutputTokens: 90, capabilities: { vision: true, audio: undefined } };
    expect(understood('gpt-4.1', map, own)).toMatchObject({
      contextWindow: 900,
      maxInputTokens: undefined,
      maxOutputTokens: 90,
      capabilities: { vision: true, audio: false },
    });
  });

  it('does not make a model slow to begin of which it is known that it only thinks where it is asked to', () => {
    const map = { 'claude-sonnet-4.5': ENTRY, 'shop-1': ENTRY };
    expect(understood('claude-sonnet-4.5', map).reasoning).toBe(false);
    expect(understood('shop-1', map)).toMatchObject({ reasoning: true, timeouts: { firstContent: 300_000 } });
    expect(understood('shop-1', map, { reasoning: false }).reasoning).toBe(false);
  });

  it('marks models for prefilling only where their own API is spoken', () => {
    const map = { 'shop-1': { supports_assistant_prefill: true }, 'claude-3-5-haiku': { supports_vision: true } };
    expect(understood('shop-1', map, {}, 'anthropic').prefill).toBe(true);
    expect(understood('shop-1', map).prefill).toBe(false);
    expect(understood('claude-3-5-haiku', map, {}, 'anthropic').prefill).toBe(true);
    expect(understood('claude-3-5-haiku', map).prefill).toBe(false);
    expect(understood('claude-3-5-haiku', map, { prefill: true }).prefill).toBe(true);
  });

  it.each([
    ['an entry of another kind', 'text'],
    ['an entry that is a list', [ENTRY]],
    ['an entry for embeddings', { ...ENTRY, mode: 'embedding' }],
    ['fields of other types', { max_input_tokens: '64000', max_output_tokens: -1, supports_vision: 'yes' }],
    ['words where numbers belong', { max_input_tokens: 'max input tokens, if the provider specifies it' }],
  ])('takes %s for nothing', (_, entry) => {
    expect(understood('shop-1', { 'shop-1': entry })).toMatchObject({
      reasoning: false,
      contextWindow: undefined,
      maxInputTokens: undefined,
      maxOutputTokens: undefined,
      capabilities: {},
    });
  });
});

describe('The file of a model map', () => {
  let folder = '';
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'model-map-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is read at start', () => {
    const path = file('map.json', `\uFEFF${JSON.stringify({ sample_spec: { mode: 'one of' }, 'shop-1': ENTRY })}`);
    expect(understood('shop-1', path)).toMatchObject(UNDERSTOOD);
  });

  it.each([
    ['is not there', () => join(folder, 'missing.json'), 'this file cannot be read (ENOENT)'],
    ['is a folder', () => folder, 'this file cannot be read (EISDIR)'],
    ['is no JSON', () => file('broken.json', '{"shop-1": '), 'this file is no valid JSON'],
    ['holds a list', () => file('list.json', '[]'), 'this file holds no object'],
    ['holds nothing', () => file('null.json', 'null'), 'this file holds no object'],
  ])('that %s is a fault of the options', (_, path, fault) => {
    const issue = issueOf(options({ modelMap: path() }));
    expect(issue.path).toBe('modelMap');
    expect(issue.expected).toBe(
      `the path of a JSON file in the format of LiteLLM's model map, or what stands in one; ${fault}`,
    );
  });

  it('is told together with other faults', () => {
    const { issues } = refusal({ modelMap: join(folder, 'missing.json'), upstreams: [], nonsense: 1 });
    expect(issues.map(({ path }) => path).toSorted()).toEqual(['modelMap', 'nonsense', 'upstreams']);
  });

  it.each([7, true, []])('is a path or an object, not %j', (modelMap) => {
    expect(issueOf(options({ modelMap })).path).toBe('modelMap');
  });
});

describe('What a model can do', () => {
  it('is said by names that are known', () => {
    const capabilities = { vision: false, fly: true };
    const issue = issueOf({ upstreams: [upstream({ models: { a: { capabilities } } })] });
    expect(issue.path).toBe('upstreams[0].models.a.capabilities.fly');
    expect(issue.expected).toMatch(/^a known capability: tools, parallelTools, vision/);
  });

  it('is suggested by the names of others', () => {
    const suggestion = (model: object) => issueOf({ upstreams: [upstream({ models: { a: model } })] }).suggestion;
    expect(suggestion({ capabilities: { supports_vision: true } })).toBe('vision');
    expect(suggestion({ capabilities: { function_calling: true } })).toBe('tools');
    expect(suggestion({ vision: true })).toBe('capabilities.vision');
    expect(suggestion({ max_tokens: 5 })).toBe('maxOutputTokens');
  });

  it('is true or false', () => {
    const models = { a: { capabilities: { vision: 'yes' }, maxOutputTokens: 0 } };
    expect(refusal({ upstreams: [upstream({ models })] }).issues.map(({ path }) => path)).toEqual([
      'upstreams[0].models.a.maxOutputTokens',
      'upstreams[0].models.a.capabilities.vision',
    ]);
  });
});
