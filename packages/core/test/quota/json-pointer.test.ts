import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePointer, valueAt } from '../../src/quota/json-pointer.ts';

function at(document: unknown, text: string): unknown {
  const pointer = parsePointer(text);
  if (pointer === undefined) throw new Error(`no pointer: ${text}`);
  return valueAt(document, pointer);
}

/** The example of RFC 6901, section 5. */
const EXAMPLE: unknown = JSON.parse(
  '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}',
);

describe('a JSON pointer', () => {
  it.each([
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/foo/1', 'baz'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('finds what the RFC says it finds: %s', (text, expected) => {
    expect(at(EXAMPLE, text)).toEqual(expected);
  });

  it('is the whole document when it is empty', () => {
    expect(at(12.5, '')).toBe(12.5);
  });

  it.each(['a', 'a/b', '#/a', '/~', '/~2', '/a~', '$.a', ' /a'])('is not any text: %s', (text) => {
    expect(parsePointer(text)).toBeUndefined();
  });

  it('reads ~01 as ~1 and not as a slash', () => {
    expect(at({ '~1': 'right', '/': 'wrong' }, '/~01')).toBe('right');
  });

  it.each(['/foo/2', '/foo/-', '/foo/01', '/foo/-1', '/foo/1e0', '/foo/length', '/foo/0/0', '/none', '/none/deeper'])(
    'finds nothing where nothing stands: %s',
    (text) => {
      expect(at(EXAMPLE, text)).toBeUndefined();
    },
  );

  it.each(['/constructor', '/__proto__', '/__proto__/constructor/name', '/toString/name', '/foo/map'])(
    'never leaves the document for its prototype: %s',
    (text) => {
      expect(at(EXAMPLE, text)).toBeUndefined();
    },
  );

  it('finds an own property of such a name', () => {
    expect(at(JSON.parse('{"__proto__":{"constructor":7}}'), '/__proto__/constructor')).toBe(7);
  });

  it('finds every place of every document', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.nat()), (document, steps) => {
        let value: unknown = document;
        let text = '';
        for (const step of steps) {
          if (typeof value !== 'object' || value === null) break;
          const names = Object.keys(value);
          const name = names[step % Math.max(1, names.length)];
          if (name === undefined) break;
          text += `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
          value = Reflect.get(value, name);
        }
        expect(at(document, text)).toBe(value);
      }),
    );
  });
});
