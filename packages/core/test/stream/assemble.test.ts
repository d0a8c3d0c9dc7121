/** The completions that the streams of several services are put together to. */
import { describe, expect, it } from 'vitest';
import { Assembly } from '../../src/stream/assemble.js';
import { assembled, chunkOf, functionCall, messageOf } from './assembled.js';
import * as streams from './streams.js';

describe("OpenAI's streams", () => {
  const openai = (choice: object, usage?: object): object => {
    const whole = { index: 0, logprobs: null, finish_reason: 'stop', ...choice };
    return { ...streams.OPENAI_FACTS, choices: [whole], ...(usage && { usage }) };
  };
  const none = { role: 'assistant', content: null, refusal: null };

  it('give the text, and the usage of the chunk without choices', () => {
    const message = { role: 'assistant', content: 'Good day', refusal: null };
    expect(assembled(streams.text)).toEqual(openai({ message }, streams.usageOf(14, 2)));
  });

  it('give a tool call whose arguments came in fragments', () => {
    const message = { ...none, tool_calls: [functionCall('call_1', 'get_weather', '{"city":"Łódź"}')] };
    expect(assembled(streams.toolCall)).toEqual(openai({ message, finish_reason: 'tool_calls' }));
  });

  it('give parallel tool calls whose fragments are mixed', () => {
    const message = {
      ...none,
      tool_calls: [functionCall('call_1', 'f', '{"a":1}'), functionCall('call_2', 'g', '{"b":2}')],
    };
    expect(assembled(streams.parallelToolCalls)).toEqual(openai({ message, finish_reason: 'tool_calls' }));
  });

  it('give a call of a custom tool', () => {
    const message = {
      ...none,
      tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'sql', input: 'select 1' } }],
    };
    expect(assembled(streams.customTool)).toEqual(openai({ message, finish_reason: 'tool_calls' }));
  });

  it('give a function call of the older kind', () => {
    const message = { ...none, function_call: { name: 'lookup', arguments: '{"x":1}' } };
    expect(assembled(streams.functionCall)).toEqual(openai({ message, finish_reason: 'function_call' }));
  });

  it('give a refusal with the probabilities of its tokens', () => {
    const message = { ...none, refusal: "I'm sorry" };
    const logprobs = { content: null, refusal: [streams.logprobOf("I'm"), streams.logprobOf(' sorry')] };
    expect(assembled(streams.refusal)).toEqual(openai({ message, logprobs }));
  });

  it('give the probabilities of all tokens of the text', () => {
    const message = { role: 'assistant', content: 'Foo!', refusal: null };
    const logprobs = { content: [streams.logprobOf('Foo'), streams.logprobOf('!')], refusal: null };
    expect(assembled(streams.logprobs)).toEqual(openai({ message, logprobs }));
  });

  it('give sound with its transcript', () => {
    const sound = { id: 'audio_1', transcript: 'Hello', data: 'AAAABBBB', expires_at: 1_729_234_747 };
    expect(assembled(streams.audio)).toEqual(openai({ message: { ...none, audio: sound } }));
  });

  it('give several choices in their order, however they came', () => {
    const { choices, usage } = assembled(streams.twoChoices);
    const summary = choices.map(({ index, message, finish_reason }) => [index, message.content, finish_reason]);
    expect(summary).toEqual([
      [0, 'Nein', 'stop'],
      [1, 'Ja', 'length'],
    ]);
    expect(usage).toEqual(streams.usageOf(9, 3));
  });
});

describe('Streams of other services', () => {
  it("give DeepSeek's thoughts beside its text", () => {
    const { choices, usage } = assembled(streams.deepseekThoughts);
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'Nine.', refusal: null, reasoning_content: 'Nine or eight?' },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
    expect(usage).toEqual(streams.usageOf(5, 8));
  });

  it("give OpenRouter's thoughts as one block with its signature, and its own fields", () => {
    const completion = assembled(streams.openrouterThoughts);
    const block = {
      type: 'reasoning.text',
      text: 'Let me see',
      signature: 'EtwB',
      format: 'anthropic-claude-v1',
      index: 0,
    };
    expect(completion).toMatchObject({ provider: 'Anthropic', usage: streams.usageOf(20, 6) });
    expect(completion.choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Here',
          refusal: null,
          reasoning: 'Let me see',
          reasoning_details: [block],
        },
        logprobs: null,
        finish_reason: 'stop',
        native_finish_reason: 'end_turn',
      },
    ]);
  });

  it("take what names the completion from Azure's first chunk that has it, and keep the filter's results", () => {
    expect(assembled(streams.azureText)).toEqual({
      id: 'chatcmpl-Z',
      object: 'chat.completion',
      created: 1_710_000_000,
      model: 'gpt-4o',
      system_fingerprint: 'fp_ee1d74bde0',
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: streams.SAFE }],
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Fine', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
          content_filter_results: streams.SAFE,
        },
      ],
    });
  });

  it("give Mistral's last piece, although it comes with the end", () => {
    const { choices, usage } = assembled(streams.mistralText);
    expect(choices[0]).toMatchObject({ message: { content: 'Bonjour' }, finish_reason: 'stop' });
    expect(usage).toEqual(streams.usageOf(4, 2));
  });

  it("give Mistral's tool call, which has no type, as one of a function", () => {
    const { choices } = assembled(streams.mistralToolCall);
    expect(choices[0]?.message.tool_calls).toEqual([functionCall('D681PevKs', 'f', '{}')]);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  it("keep apart Gemini's calls, which are all numbered 0", () => {
    expect(assembled(streams.geminiToolCalls).choices[0]?.message.tool_calls).toEqual([
      functionCall('function-call-1', 'search', '{"query":"Bern"}'),
      functionCall('function-call-2', 'search', '{"query":"Rom"}'),
    ]);
  });
});

describe('An assembly', () => {
  it('says that a choice stopped which did not say why', () => {
    expect(assembled([chunkOf({ delta: { content: 'a' } })]).choices[0]?.finish_reason).toBe('stop');
  });

  it('stays with the reason to stop when nothing follows but empty ones', () => {
    const reasons = [null, 'length', '', null].map((reason) => chunkOf({ finish_reason: reason }));
    expect(assembled(reasons).choices[0]?.finish_reason).toBe('length');
  });

  it('completes a recording of which something is missing', () => {
    const audio = { id: '', data: '', expires_at: 0, transcript: 'Hello' };
    expect(messageOf({ audio: { transcript: 'Hello' } })).toMatchObject({ audio });
  });

  it('keeps the last usage, and knows nothing of one that never came', () => {
    const [first, last] = [streams.usageOf(1, 1), streams.usageOf(1, 2)];
    const chunks = [chunkOf({}, { usage: first }), chunkOf({}, { usage: last }), chunkOf({}, { usage: null })];
    expect(assembled(chunks).usage).toEqual(last);
    expect(assembled([chunkOf({}, { usage: null })])).not.toHaveProperty('usage');
  });

  it('is a completion before the first chunk', () => {
    const empty = { id: '', object: 'chat.completion', created: 0, model: '', choices: [] };
    expect(new Assembly().completion()).toEqual(empty);
  });

  it('takes in choices with small indexes only', () => {
    const chunks = [-1, 0.5, 1_024, 1e9, 3].map((index) => chunkOf({ index, delta: { content: 'a' } }));
    expect(assembled(chunks).choices.map(({ index }) => index)).toEqual([3]);
  });

  it('goes on after it has been asked, without changing what it answered', () => {
    const assembly = new Assembly();
    for (const chunk of streams.logprobs.slice(0, 2)) assembly.add(chunk);
    const half = assembly.completion();
    const before = structuredClone(half);
    for (const chunk of streams.logprobs.slice(2)) assembly.add(chunk);
    expect(half).toEqual(before);
    expect(assembly.completion()).toEqual(assembled(streams.logprobs));
  });

  it('leaves the chunks as they were', () => {
    const before = structuredClone(streams.openrouterThoughts);
    assembled(streams.openrouterThoughts);
    assembled(streams.logprobs);
    expect(streams.openrouterThoughts).toEqual(before);
  });

  it('is made of a hundred thousand deltas', () => {
    const assembly = new Assembly();
    const logprobs = { content: [streams.logprobOf('wort ')], refusal: null };
    const tool_calls = [{ index: 0, function: { arguments: 'wort ' } }];
    for (let count = 0; count < 100_000; count += 1) {
      assembly.add(chunkOf({ delta: { content: 'wort ', reasoning: 'wort ', tool_calls }, logprobs }));
    }
    const [choice] = assembly.completion().choices;
    const text = 'wort '.repeat(100_000);
    expect(choice?.message.content === text).toBe(true);
    expect(choice?.message).toHaveProperty('reasoning.length', text.length);
    expect(choice?.message.tool_calls).toMatchObject([
      { function: { arguments: expect.stringMatching(/^(wort )+$/) } },
    ]);
    expect(choice?.logprobs?.content).toHaveLength(100_000);
  });

  it('takes a list of many entries at once', () => {
    const annotations = Array.from({ length: 300_000 }, (_, at) => at);
    expect(messageOf({ annotations: [0] }, { annotations })).toHaveProperty('annotations.length', 300_001);
  });
});
