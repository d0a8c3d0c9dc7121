import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/config/check-options.js';
import { resolveOptions, settingsOf } from '../../src/config/resolve-options.js';
import type { ListedModels } from '../../src/config/resolve-pool.js';
import { issueOf, issuesOf, onlyUpstream, options, upstream } from './sample-options.js';

describe('upstreams', () => {
  it.each([[undefined], [null], [[]], [{}], ['north']])('refuses %j in their place', (upstreams) => {
    const issue = issueOf({ upstreams });
    expect(issue.path).toBe('upstreams');
    expect(issue.expected).toContain('a list of upstreams');
  });

  it('need names of their own', () => {
    const issue = issueOf({ upstreams: [upstream(), upstream({ name: 'south' }), upstream()] });
    expect(issue).toMatchObject({ path: 'upstreams[2].name', value: '"north"' });
    expect(issue.expected).toContain('upstreams[0] has the same');
  });

  it.each([
    ['', 'blank', undefined],
    ['  ', 'blank', undefined],
    [' north', 'white space around', 'north'],
    ['north east', 'without "@" and white space', 'north-east'],
    ['north@home', 'without "@" and white space', 'north-home'],
    ['north\u0007', 'control characters', undefined],
    ['n'.repeat(201), 'at most 200', undefined],
    [undefined, 'a name', undefined],
    [5, 'a name', undefined],
  ])('refuses the name %.20j', (name, words, suggestion) => {
    const issue = issueOf({ upstreams: [upstream({ name })] });
    expect(issue.path).toBe('upstreams[0].name');
    expect(issue.expected).toContain(words);
    expect(issue.suggestion).toBe(suggestion);
  });

  it.each(['anthropics', undefined, 5])('refuses the provider %j', (provider) => {
    const issue = issueOf({ upstreams: [upstream({ provider })] });
    expect(issue.path).toBe('upstreams[0].provider');
    expect(issue.expected).toContain("'openai'");
  });

  it.each([
    [{ region: '' }, 'upstreams[0].region'],
    [{ tags: 'no-retention' }, 'upstreams[0].tags'],
    [{ tags: ['a', ''] }, 'upstreams[0].tags[1]'],
    [{ limitsScope: 'model' }, 'upstreams[0].limitsScope'],
    [{ dispatcher: {} }, 'upstreams[0].dispatcher'],
    [{ dispatcher: 'http://proxy' }, 'upstreams[0].dispatcher'],
    [{ sign: {} }, 'upstreams[0].sign'],
  ])('refuses %j', (fields, path) => {
    expect(issueOf({ upstreams: [upstream(fields)] }).path).toBe(path);
  });
});

describe('models that are discovered', () => {
  const discovering = (fields: object = {}) => ({
    upstreams: [upstream({ models: 'discover', ...fields })],
    chains: { default: ['gpt-4.1'], cheap: [{ small: 1, tiny: 2 }] },
  });

  it('are those that the chains name until the list is known, and then those that it names', () => {
    const checked = checkOptions({ ...discovering(), lastResort: 'gpt-4o-mini' });
    const modelsOf = (listed?: ListedModels) => settingsOf(checked, listed).deployments.map(({ model }) => model);
    expect(modelsOf()).toEqual(['gpt-4.1', 'small', 'tiny', 'gpt-4o-mini']);
    expect(modelsOf(new Map([['south', ['x']]]))).toEqual(['gpt-4.1', 'small', 'tiny', 'gpt-4o-mini']);
    expect(modelsOf(new Map([['north', ['x', '__proto__', ' blank ', 'gpt-4.1']]]))).toEqual([
      'x',
      '__proto__',
      'gpt-4.1',
    ]);
  });

  it('may have any name in a chain', () => {
    expect(() => resolveOptions(discovering())).not.toThrow();
  });

  it('need a default chain, because nothing says which of them should be asked', () => {
    const { upstreams } = discovering();
    expect(issueOf({ upstreams })).toMatchObject({ path: 'chains', expected: expect.stringContaining('`default`') });
    expect(issueOf({ upstreams, chains: { cheap: ['a'] } }).path).toBe('chains');
  });

  it("cannot be discovered at Azure's, which does not list them", () => {
    const azure = { provider: 'azure', baseUrl: 'https://r.openai.azure.com' };
    expect(issueOf(discovering(azure)).path).toBe('upstreams[0].models');
  });

  it('lift the number of connections to what the limits of all of them admit', () => {
    const checked = checkOptions(discovering({ connections: 1, limits: { concurrency: 10 } }));
    expect(onlyUpstream(settingsOf(checked, new Map([['north', ['a', 'b']]]))).connections).toBe(20);
  });
});

describe('strict lists of models', () => {
  it("are the whole's, unless an upstream says otherwise", () => {
    const { upstreams } = resolveOptions({
      strictModels: true,
      upstreams: [upstream(), upstream({ name: 'south', strictModels: false })],
    });
    expect(upstreams.map(({ strictModels }) => strictModels)).toEqual([true, false]);
  });
});

describe('models', () => {
  it.each([[[]], [{}], [{ 'gpt-4.1': undefined }]])('refuses none: %j', (models) => {
    expect(issueOf({ upstreams: [upstream({ models })] }).expected).toBe('at least one model');
  });

  it.each([
    ['gpt-4.1', 'upstreams[0].models'],
    [['gpt-4.1', ''], 'upstreams[0].models[1]'],
    [['gpt-4.1', undefined], 'upstreams[0].models[1]'],
    [['gpt-4.1', 'gpt-4o', 'gpt-4.1'], 'upstreams[0].models[2]'],
    [{ 'gpt-4.1': 'their-name' }, 'upstreams[0].models["gpt-4.1"]'],
    [{ 'gpt-4.1': { id: ' ' } }, 'upstreams[0].models["gpt-4.1"].id'],
    [{ ' ': {} }, 'upstreams[0].models[" "]'],
    [{ 'gpt-4.1': { reasoning: 'yes' } }, 'upstreams[0].models["gpt-4.1"].reasoning'],
    [{ 'gpt-4.1': { timeouts: { connect: -1 } } }, 'upstreams[0].models["gpt-4.1"].timeouts.connect'],
  ])('refuses %j', (models, path) => {
    expect(issueOf({ upstreams: [upstream({ models })] }).path).toBe(path);
  });

  it('may be called like things of JavaScript, and hold "@", "/" and spaces inside', () => {
    const models = ['constructor', 'toString', '@cf/meta/llama', 'Llama 3 8B'];
    const settings = resolveOptions({ upstreams: [upstream({ models })], chains: { default: models } });
    expect(settings.deployments.map(({ id }) => id)).toEqual(models.map((model) => `${model}@north`));
  });
});

describe('chains', () => {
  it('suggest the nearest model for a typo, also inside weights and steps', () => {
    const chains = {
      default: ['gpt-4.1', 'gpt4o-mini'],
      mixed: [{ 'gpt-4.1': 3, gpt_41: 1 }],
      strict: { steps: ['gpt-4.1x'] },
    };
    expect(issuesOf(options({ chains, lastResort: 'GPT-4o' }))).toMatchObject([
      { path: 'chains.default[1]', value: '"gpt4o-mini"', suggestion: 'gpt-4o-mini' },
      { path: 'chains.mixed[0].gpt_41', suggestion: 'gpt-4.1' },
      { path: 'chains.strict.steps[0]', suggestion: 'gpt-4.1' },
      { path: 'lastResort', suggestion: 'gpt-4o-mini' },
    ]);
  });

  it('list the models when none is near', () => {
    const issue = issueOf(options({ chains: { default: ['llama'] } }));
    expect(issue.expected).toBe('a model that an upstream serves: gpt-4.1, gpt-4o-mini');
  });

  it('cannot hold chains', () => {
    const issue = issueOf(options({ chains: { cheap: ['gpt-4o-mini'], default: ['gpt-4.1', 'cheap'] } }));
    expect(issue.expected).toContain('a chain cannot stand here');
  });

  it('are checked although something else is wrong as well', () => {
    const given = { upstreams: [upstream({ keys: [undefined] })], chains: { default: ['gpt-5'] }, classify: 1 };
    expect(issuesOf(given).map(({ path }) => path)).toEqual(['upstreams[0].keys[0]', 'classify', 'chains.default[0]']);
  });

  it('are not blamed when the models of an upstream cannot be read', () => {
    const given = { upstreams: [upstream(), upstream({ name: 'south', models: 5 })], chains: { default: ['gpt-5'] } };
    expect(issueOf(given).path).toBe('upstreams[1].models');
  });

  it.each([
    [['gpt-4.1'], 'chains'],
    [{ default: 'gpt-4.1' }, 'chains.default'],
    [{ default: [] }, 'chains.default'],
    [{ default: [5] }, 'chains.default[0]'],
    [{ default: [{}] }, 'chains.default[0]'],
    [{ default: [{ 'gpt-4.1': 0 }] }, 'chains.default[0]'],
    [{ default: [{ 'gpt-4.1': -1, 'gpt-4o-mini': 1 }] }, 'chains.default[0]["gpt-4.1"]'],
    [{ default: [{ 'gpt-4.1': Number.NaN }] }, 'chains.default[0]["gpt-4.1"]'],
    [{ default: [{ 'gpt-4.1': Number.POSITIVE_INFINITY }] }, 'chains.default[0]["gpt-4.1"]'],
    [{ default: { steps: [] } }, 'chains.default.steps'],
    [{ '': ['gpt-4.1'] }, 'chains[""]'],
    [{ a: { steps: ['gpt-4.1'], require: { regions: [] } } }, 'chains.a.require.regions'],
    [{ a: { steps: ['gpt-4.1'], require: ['eu'] } }, 'chains.a.require'],
  ])('refuse %j', (chains, path) => {
    expect(issueOf(options({ chains })).path).toBe(path);
  });

  it('tell a chain that is only weights where weights stand', () => {
    const [steps, weight] = issuesOf(options({ chains: { mixed: { 'gpt-4.1': 60 } } }));
    expect(steps?.expected).toContain("[{ 'gpt-4.1': 70, 'gpt-4o': 30 }]");
    const expected = 'a known option of a chain: steps, require, balance';
    expect(weight).toEqual({ path: 'chains.mixed["gpt-4.1"]', expected });
  });

  it('may be called like a model', () => {
    const { chains } = resolveOptions(options({ chains: { 'gpt-4.1': ['gpt-4.1', 'gpt-4o-mini'] } }));
    expect(chains.get('gpt-4.1')?.steps).toHaveLength(2);
  });
});

describe('demands of a chain', () => {
  const pool = [
    upstream({ region: 'cn-north', tags: ['no-retention'] }),
    upstream({ name: 'west', region: 'us-west', models: ['gpt-5'], tags: ['audited'] }),
  ];
  const demand = (require: unknown) => ({ upstreams: pool, chains: { strict: { steps: ['gpt-4.1'], require } } });

  it.each([
    [{ tags: ['no-retention'] }],
    [{ regions: ['cn-north'] }],
    [{ regions: ['cn-north', 'cn-south'] }],
    [{ tags: ['no-retention'], regions: ['cn-north'] }],
    [{ tags: [] }],
    [{}],
  ])('are taken when an upstream of one of its models meets them: %j', (require) => {
    expect(() => resolveOptions(demand(require))).not.toThrow();
  });

  it('suggest the nearest tag and region when nobody can meet them', () => {
    expect(issuesOf(demand({ tags: ['no-retentoin'], regions: ['cn_nord'] }))).toMatchObject([
      { path: 'chains.strict.require.tags[0]', suggestion: 'no-retention' },
      { path: 'chains.strict.require.regions[0]', suggestion: 'cn-north' },
    ]);
  });

  it.each([[{ regions: ['us-west'] }], [{ tags: ['audited'] }], [{ tags: ['no-retention'], regions: ['us-west'] }]])(
    'must be met by an upstream that serves the chain: %j',
    (require) => {
      const issue = issueOf(demand(require));
      expect(issue.path).toBe('chains.strict.require');
      expect(issue.expected).toContain('none does');
    },
  );

  it('are not met by a model of weight 0', () => {
    const chains = { strict: { steps: [{ 'gpt-4.1': 0, 'gpt-5': 1 }], require: { regions: ['cn-north'] } } };
    expect(issueOf({ upstreams: pool, chains }).path).toBe('chains.strict.require');
  });
});
