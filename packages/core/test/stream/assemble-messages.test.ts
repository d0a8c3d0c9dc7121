/** What becomes of the fields of deltas. */
import { describe, expect, it } from 'vitest';
import { assembled, chunkOf, functionCall as call, messageOf } from './assembled.js';

describe('The content', () => {
  const tools = { tool_calls: [{ index: 0, id: '1', function: { name: 'f', arguments: '{}' } }] };

  it('is null where there was none', () => {
    expect(messageOf({ role: 'assistant', content: null }, { content: null })).toMatchObject({ content: null });
  });

  it('is empty where the model was cut short before its first word', () => {
    expect(messageOf({ role: 'assistant', content: '' }, {})).toMatchObject({ content: '' });
  });

  it.each([
    ['calls a tool', tools],
    ['calls a function', { function_call: { name: 'f' } }],
    ['refuses', { refusal: 'No.' }],
    ['is heard', { audio: { data: 'AAAA' } }],
  ])('is null for a model that %s, although its role came with an empty text', (_, delta) => {
    expect(messageOf({ role: 'assistant', content: '' }, delta)).toMatchObject({ content: null });
  });

  it('is empty where the model is only said to have called nothing', () => {
    expect(messageOf({ role: 'assistant', content: '' }, { tool_calls: [] })).toMatchObject({ content: '' });
  });

  it('is the text of a model that speaks before it calls a tool', () => {
    expect(messageOf({ role: 'assistant', content: '' }, { content: 'Let me look.' }, tools)).toMatchObject({
      content: 'Let me look.',
    });
  });
});

describe('Tool calls', () => {
  const toolCallsOf = (...pieces: object[]): unknown => {
    const message = messageOf(...pieces.map((piece) => ({ tool_calls: [piece] })));
    return message !== undefined && 'tool_calls' in message ? message.tool_calls : undefined;
  };

  it('stand in the order of their indexes, and close ranks', () => {
    const [late, early] = [
      { index: 7, id: 'late', function: { name: 'g', arguments: '' } },
      { index: 2, id: 'early', function: { name: 'f', arguments: '' } },
    ];
    expect(toolCallsOf(late, early)).toEqual([call('early', 'f', ''), call('late', 'g', '')]);
  });

  it('may repeat their id, type and name with every piece', () => {
    const piece = (given: string): object => ({ index: 0, ...call('1', 'f', given) });
    expect(toolCallsOf(piece('{'), piece('}'))).toEqual([call('1', 'f', '{}')]);
  });

  it('may come with their names in pieces, and with empty fields afterwards', () => {
    const pieces = [
      { index: 0, id: '1', function: { name: 'get_' } },
      { index: 0, function: { name: 'time', arguments: null } },
      { index: 0, id: '', type: null, function: { name: '', arguments: '{' } },
      { index: 0, id: null, function: { name: null, arguments: '}' } },
    ];
    expect(toolCallsOf(...pieces)).toEqual([call('1', 'get_time', '{}')]);
  });

  it('go on under their first id, as long as no other tool is named', () => {
    const pieces = ['1', '2'].map((id) => ({ index: 0, id, function: { arguments: '{}' } }));
    expect(toolCallsOf({ index: 0, ...call('0', 'f', '') }, ...pieces)).toEqual([call('0', 'f', '{}{}')]);
  });

  it('are not there for a null', () => {
    expect(messageOf({ tool_calls: null })).not.toHaveProperty('tool_calls');
  });

  it('are no more than 1,024', () => {
    const pieces = Array.from({ length: 2_000 }, (_, at) => Object.assign({ index: 0 }, call(`call_${at}`, 'f', '')));
    expect(toolCallsOf(...pieces)).toHaveLength(1_024);
  });

  it('are complete without an id, a name and arguments', () => {
    expect(toolCallsOf({ index: 0 })).toEqual([call('', '', '')]);
  });

  it('keep what only some service knows', () => {
    const signed = { extra_content: { google: { thought_signature: 'abc' } } };
    expect(toolCallsOf({ index: 0, ...call('1', 'f', '{}'), ...signed })).toEqual([
      { ...call('1', 'f', '{}'), ...signed },
    ]);
  });

  it.each([-1, 1.5, 1_024, 1e9, '0', null])('are left out with the index %s', (index) => {
    expect(toolCallsOf({ index, ...call('1', 'f', '') }, { index: 0, ...call('2', 'g', '') })).toEqual([
      call('2', 'g', ''),
    ]);
  });
});

describe('Blocks of thought', () => {
  const blocksOf = (...lists: object[][]): unknown => {
    const message = messageOf(...lists.map((list) => ({ reasoning_details: list })));
    return message !== undefined && 'reasoning_details' in message ? message.reasoning_details : undefined;
  };
  const words = (given: string, index = 0): object => ({ type: 'reasoning.text', text: given, index });

  it('go on until their type or index changes', () => {
    const secret = { type: 'reasoning.encrypted', data: 'x', index: 0 };
    const summary = (given: string): object => ({ type: 'reasoning.summary', summary: given, index: 0 });
    const lists = [words('a'), words('b'), words('c', 1), secret, secret, summary('d'), summary('e')].map((one) => [
      one,
    ]);
    expect(blocksOf(...lists)).toEqual([words('ab'), words('c', 1), secret, secret, summary('de')]);
  });

  it('end with their signature', () => {
    const signature = { type: 'reasoning.text', signature: 's', index: 0 };
    expect(blocksOf([words('a')], [signature], [words('b')])).toEqual([{ ...words('a'), signature: 's' }, words('b')]);
  });

  it('are apart if they come side by side', () => {
    const lists = [
      [words('a'), words('b')],
      [words('c'), words('d')],
    ];
    expect(blocksOf(...lists)).toEqual([words('a'), words('bc'), words('d')]);
  });
});

describe('Other fields', () => {
  it('of a delta are joined if they are texts, else the last one wins', () => {
    const message = messageOf({ thinking: 'a', score: 1, tags: ['x'] }, { thinking: 'b', score: 2, tags: ['y'] });
    expect(message).toMatchObject({ thinking: 'ab', score: 2, tags: ['y'] });
  });

  it('of a delta are joined if they are annotations or images', () => {
    const [one, two] = [{ type: 'url_citation', url_citation: { url: 'a' } }, { type: 'url_citation' }];
    const message = messageOf({ annotations: [one], images: [1] }, { annotations: [two], images: [2] });
    expect(message).toMatchObject({ annotations: [one, two], images: [1, 2] });
  });

  it('of chunks and choices: the last one that says something wins', () => {
    const chunks = [
      chunkOf({ stop_reason: null, x: 1 }, { citations: ['a'], y: 'a' }),
      chunkOf({ stop_reason: 7, x: 2 }, { citations: ['a', 'b'], y: 'b' }),
      chunkOf({ stop_reason: null, x: {} }, { citations: [], y: null }),
    ];
    const completion = assembled(chunks);
    expect(completion).toMatchObject({ citations: ['a', 'b'], y: 'b' });
    expect(completion.choices[0]).toMatchObject({ stop_reason: 7, x: 2 });
  });

  it('named like the prototype are left out', () => {
    const evil = '{"__proto__":{"polluted":true}}';
    const parse = (text: string): object => JSON.parse(text) as object;
    const tool = { ...parse(evil), index: 0, function: parse(evil) };
    const delta = { ...parse(evil), tool_calls: [tool], audio: parse(evil), reasoning_details: [parse(evil)] };
    const completion = assembled([chunkOf({ ...parse(evil), delta, logprobs: parse(evil) }, parse(evil))]);
    expect(JSON.stringify(completion)).not.toContain('polluted');
    expect(Reflect.get(completion, 'polluted')).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
