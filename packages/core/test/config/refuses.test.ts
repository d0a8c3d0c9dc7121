import { describe, expect, it } from 'vitest';
import { knownModel } from '../../src/config/known-models.js';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { deployment, issueOf, refusal, upstream } from './sample-options.js';

function refusedBy(model: object, whole: object = {}, name = 'm'): readonly string[] {
  const settings = resolveOptions({ upstreams: [upstream({ models: { [name]: model }, ...whole })] });
  return deployment(settings, `${name}@north`).refuses;
}

const OF_REASONING = ['max_tokens', 'temperature', 'top_p', 'presence_penalty', 'frequency_penalty'];
const OF_O_SERIES = [...OF_REASONING, 'parallel_tool_calls'];

describe('What is refused', () => {
  it.each([
    ['o1-mini', OF_REASONING],
    ['o1', OF_O_SERIES],
    ['o3', OF_O_SERIES],
    ['o3-mini', OF_O_SERIES],
    ['openai/o4-mini-2025-04-16', OF_O_SERIES],
    ['gpt-5', OF_REASONING],
    ['gpt-5-mini-2025-08-07', OF_REASONING],
    ['gpt-5.1', ['max_tokens']],
    ['gpt-5.4', ['max_tokens']],
    ['gpt-5-chat-latest', undefined],
    ['gpt-4.1', undefined],
    ['gpt-oss-120b', undefined],
    ['deepseek-reasoner', undefined],
    ['claude-opus-4-8', undefined],
  ])('by %s is known', (name, expected) => {
    expect(knownModel(name)?.refuses).toEqual(expected);
    expect(refusedBy({}, {}, name)).toEqual(expected ?? []);
  });

  it('is said by the nearest: the model, its upstream, what is known', () => {
    const refuses = ['max_completion_tokens', 'max_completion_tokens'];
    expect(refusedBy({}, { refuses }, 'o3')).toEqual(['max_completion_tokens']);
    expect(refusedBy({ refuses: ['stream'] }, { refuses }, 'o3')).toEqual(['stream']);
    expect(refusedBy({ refuses: [] }, { refuses }, 'o3')).toEqual([]);
    expect(refusedBy({ id: 'o3' })).toEqual(OF_O_SERIES);
  });

  it('is a list of names that are known', () => {
    const issue = issueOf({ upstreams: [upstream({ refuses: ['stop'] })] });
    expect(issue.path).toBe('upstreams[0].refuses[0]');
    expect(issue.expected).toMatch(/^one of 'stream', 'stream-options', 'prefill', 'max_tokens'/);
    const models = { a: { refuses: 'temperature' } };
    expect(refusal({ upstreams: [upstream({ models })] }).issues.map(({ path }) => path)).toEqual([
      'upstreams[0].models.a.refuses',
    ]);
  });

  it('is found by the names of others', () => {
    const { suggestion } = issueOf({ upstreams: [upstream({ drop_params: true })] });
    expect(suggestion).toBe('refuses');
    expect(issueOf({ upstreams: [upstream({ models: { a: { quirks: [] } } })] }).suggestion).toBe('refuses');
  });
});
