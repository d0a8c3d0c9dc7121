/** Tool calls of streams, numbered and named for clients. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatToolCallDelta } from '../../src/request/chat-types.js';
import { Assembly } from '../../src/stream/assemble.js';
import { CallNumbers } from '../../src/stream/call-numbers.js';
import { madeFrame, type Frame } from '../../src/stream/frame.js';
import * as streams from './streams.js';

function frameOf(...calls: readonly ChatToolCallDelta[]): Frame {
  return inChoice(0, ...calls);
}

function inChoice(index: number, ...calls: readonly ChatToolCallDelta[]): Frame {
  const choices = [{ index, delta: { tool_calls: [...calls] }, logprobs: null, finish_reason: null }];
  return madeFrame({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices });
}

function begin(index: number, id: string, text = ''): ChatToolCallDelta {
  return { index, id, type: 'function', function: { name: 'weather', arguments: text } };
}

function more(index: number, text: string): ChatToolCallDelta {
  return { index, function: { arguments: text } };
}

function callsIn(frames: readonly Frame[]): ChatToolCallDelta[] {
  return frames.flatMap(({ chunk }) => chunk.choices.flatMap(({ delta }) => delta.tool_calls ?? []));
}

function assembled(frames: readonly Frame[]): unknown {
  const assembly = new Assembly();
  for (const { chunk } of frames) assembly.add(chunk);
  return assembly.completion().choices;
}

describe('The calls of a stream', () => {
  it.each(Object.entries({ one: streams.toolCall, 'several at once': streams.parallelToolCalls, none: streams.text }))(
    'that are as they should be leave all frames as they are: %s',
    (_, chunks) => {
      const frames = chunks.map(madeFrame);
      expect(new CallNumbers().toldApart(frames)).toBe(frames);
    },
  );

  it('that all have the number 0 get numbers of their own, and so do their later pieces', () => {
    const frames = [
      frameOf(begin(0, 'a', '{"ci')),
      frameOf(more(0, 'ty":1}')),
      frameOf(begin(0, 'b', '{')),
      frameOf(more(0, '}')),
      frameOf(begin(1, 'c', '{}')),
    ];
    expect(callsIn(new CallNumbers().toldApart(frames)).map(({ index }) => index)).toEqual([0, 0, 1, 1, 2]);
  });

  it('are told apart in one chunk, and in each choice by itself', () => {
    const frames = [frameOf(begin(0, 'a'), begin(0, 'b')), inChoice(1, begin(0, 'c'))];
    expect(callsIn(new CallNumbers().toldApart(frames)).map(({ index }) => index)).toEqual([0, 1, 0]);
  });

  it('are not told apart by an id that comes with every piece', () => {
    const frames = [frameOf(begin(0, 'a', '{"ci')), frameOf(begin(0, 'a', 'ty":1}')), frameOf(begin(0, '', ' '))];
    expect(new CallNumbers().toldApart(frames)).toBe(frames);
  });

  it('are said to be of functions, or of custom tools, where nobody says what they are', () => {
    const frames = [
      frameOf({ index: 0, id: 'a', function: { name: 'weather' } }),
      frameOf({ index: 1, id: 'b', custom: { name: 'paint' } }),
      frameOf(more(0, '{}')),
    ];
    const types = callsIn(new CallNumbers().toldApart(frames)).map(({ type }) => type);
    expect(types).toEqual(['function', 'custom', undefined]);
  });

  it('come to the same whether they are numbered one after the other or all 0', () => {
    const call = fc.array(fc.string(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 5 }), fc.boolean(), (calls, named) => {
        const frames = (indexOf: (at: number) => number): Frame[] =>
          calls.flatMap(([first, ...rest], at) => [
            frameOf(begin(indexOf(at), `call-${at}`, first)),
            ...rest.map((text) => frameOf(named ? begin(indexOf(at), `call-${at}`, text) : more(indexOf(at), text))),
          ]);
        const right = frames((at) => at);
        const told = new CallNumbers().toldApart(frames(() => 0));
        expect(told).toEqual(right);
        expect(assembled(told)).toEqual(assembled(frames(() => 0)));
      }),
      { numRuns: 300 },
    );
  });
});
