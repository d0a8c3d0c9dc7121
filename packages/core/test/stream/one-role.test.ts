/** Roles of streamed choices. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatDelta } from '../../src/request/chat-types.js';
import { Assembly } from '../../src/stream/assemble.js';
import { madeFrame, type Frame } from '../../src/stream/frame.js';
import { OneRole } from '../../src/stream/one-role.js';
import * as streams from './streams.js';

function frameOf(...deltas: readonly (readonly [index: number, delta: ChatDelta])[]): Frame {
  const choices = deltas.map(([index, delta]) => ({ index, delta, logprobs: null, finish_reason: null }));
  return madeFrame({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices });
}

/** What the reader gets when the frames come one at a time. */
function oneByOne(frames: readonly Frame[]): Frame[] {
  const roles = new OneRole();
  return frames.flatMap((frame) => roles.saidOnce([frame]));
}

function rolesIn(frames: readonly Frame[]): (string | undefined)[] {
  return frames.flatMap(({ chunk }) => chunk.choices.map(({ delta }) => delta.role));
}

describe('The role', () => {
  it.each(Object.entries({ text: streams.text, 'a tool call': streams.toolCall }))(
    'of a stream in which it stands where it should leaves all frames as they are: %s',
    (_, chunks) => {
      const frames = chunks.map(madeFrame);
      expect(new OneRole().saidOnce(frames)).toBe(frames);
      expect(oneByOne(frames)).toEqual(frames);
    },
  );

  it('is put into the first chunk of a choice that has none', () => {
    const frames = [frameOf([0, { content: 'Good' }]), frameOf([1, {}]), frameOf([0, { content: ' day' }])];
    expect(new OneRole().saidOnce(frames).map(({ chunk }) => chunk.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: 'Good' },
      { role: 'assistant' },
      { content: ' day' },
    ]);
  });

  it('is left out of every other chunk, whose bytes are then not passed on', () => {
    const source = Buffer.from('data: {}\n\n');
    const asItCame = { source, start: 0, end: source.length };
    const frames: Frame[] = [
      { ...frameOf([0, { role: 'assistant', content: 'Good' }]), ...asItCame },
      { ...frameOf([0, { role: 'assistant', content: ' day' }]), ...asItCame },
    ];
    const [first, second] = new OneRole().saidOnce(frames);
    expect(first).toBe(frames[0]);
    expect(second).toEqual(frameOf([0, { content: ' day' }]));
  });

  it('does not matter to chunks without choices', () => {
    const frames = [frameOf(), frameOf([0, { role: 'assistant', content: '' }]), frameOf()];
    expect(new OneRole().saidOnce(frames)).toBe(frames);
  });

  it('comes once for each choice and first, wherever it stood, and nothing else changes', () => {
    const delta = fc.record({ role: fc.constant('assistant' as const), content: fc.string() }, { requiredKeys: [] });
    const chunk = fc
      .uniqueArray(fc.tuple(fc.nat(3), delta), { selector: ([index]) => index })
      .map((all) => frameOf(...all));
    fc.assert(
      fc.property(fc.array(chunk), fc.nat(), (frames, cut) => {
        const at = cut % (frames.length + 1);
        const roles = new OneRole();
        const said = [...roles.saidOnce(frames.slice(0, at)), ...roles.saidOnce(frames.slice(at))];
        const seen = new Set<number>();
        for (const {
          index,
          delta: { role },
        } of said.flatMap(({ chunk: { choices } }) => choices)) {
          expect(role).toBe(seen.has(index) ? undefined : 'assistant');
          seen.add(index);
        }
        expect(assembled(said)).toEqual(assembled(frames));
        expect(rolesIn(oneByOne(frames))).toEqual(rolesIn(said));
      }),
      { numRuns: 300 },
    );
  });
});

function assembled(frames: readonly { readonly chunk: ChatChunk }[]): unknown {
  const assembly = new Assembly();
  for (const { chunk } of frames) assembly.add(chunk);
  const { choices } = assembly.completion();
  // With its role an empty text is a mere form, so where the role stands tells an empty answer from none.
  return choices.map(({ index, message: { content } }) => [index, content || null]);
}
