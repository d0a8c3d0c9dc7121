import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DONE_EVENT, eventBytes, KEEP_ALIVE } from '../../src/sse/write-event.js';
import { split } from './split.js';

describe('an event that we write', () => {
  it('is one line of data for JSON', () => {
    expect(eventBytes('{"a":"世"}')).toEqual(Buffer.from('data: {"a":"世"}\n\n'));
  });

  it('is read as what was written, with line ends of LF', () => {
    const texts = fc.array(fc.oneof(fc.constantFrom('\n', '\r', '\r\n', ' ', ':', 'data: '), fc.string()));
    fc.assert(
      fc.property(texts, (pieces) => {
        const data = pieces.join('');
        expect(split([eventBytes(data), DONE_EVENT]).map((event) => event.data)).toEqual([
          data.replaceAll(/\r\n?/g, '\n'),
          '[DONE]',
        ]);
      }),
    );
  });

  it('is nothing for a sign of life', () => {
    expect(split([KEEP_ALIVE, DONE_EVENT, KEEP_ALIVE])).toEqual([
      { data: '[DONE]', type: '', source: 'data: [DONE]\n\n' },
    ]);
  });
});
