/** The event-stream rules, and which events may be passed on as they came. */
import { describe, expect, it } from 'vitest';
import { EventSplitter } from '../../src/sse/event-splitter.js';
import { byteByByte, cutAt, split, withoutSources } from './split.js';

const BOM = '\uFEFF';

/** Told of every event's data; `onData` may stop the splitter. */
function listen(onData: (data: string, splitter: EventSplitter) => void = () => {}): {
  readonly splitter: EventSplitter;
  readonly seen: string[];
} {
  const seen: string[] = [];
  const splitter: EventSplitter = new EventSplitter({
    onEvent(data) {
      seen.push(data);
      onData(data, splitter);
    },
  });
  return { splitter, seen };
}

describe('the rules of an event stream', () => {
  it.each<[string, string, ...(string | [data: string, type: string])[]]>([
    ['one line of data and an empty line are an event', 'data: a\n\n', 'a'],
    ['events follow each other', 'data: a\n\ndata: b\n\n', 'a', 'b'],
    ['lines end in LF', 'data: a\ndata: b\n\n', 'a\nb'],
    ['lines end in CR LF', 'data: a\r\ndata: b\r\n\r\n', 'a\nb'],
    ['lines end in CR', 'data: a\rdata: b\r\rdata: c\r\r', 'a\nb', 'c'],
    ['lines end in anything', 'data: a\rdata: b\r\n\ndata: c\n\r\ndata: d\n\r', 'a\nb', 'c', 'd'],
    ['CR CR LF is an end of a line and an empty line', 'data: a\r\r\ndata: b\n\n', 'a', 'b'],
    ['one space behind the colon is no data', 'data:a\n\ndata: b\n\ndata:  c\n\n', 'a', 'b', ' c'],
    ['a tab is data', 'data:\ta\n\n', '\ta'],
    ['colons are data', 'data: a: b\n\n', 'a: b'],
    ['data without a colon is empty', 'data\n\ndata\ndata\n\n', '', '\n'],
    ['data with nothing behind the colon is empty', 'data:\n\ndata: \n\n', '', ''],
    ['an event without data is none', 'event: a\nid: 1\n\ndata: b\n\n', 'b'],
    ['the type is that of its event alone', 'event: a\ndata: b\n\ndata: c\n\n', ['b', 'a'], 'c'],
    ['the last type counts, wherever it stands', 'event: a\ndata: b\nevent:c\n\n', ['b', 'c']],
    ['an empty type is none', 'event: a\nevent\ndata: b\n\n', 'b'],
    ['id and retry are read over', 'id: 1\nretry: 5\ndata: a\n\n', 'a'],
    ['names are compared letter by letter', 'Data: a\n data: b\ndata : c\ndatum: d\n\ndata: e\n\n', 'e'],
    ['a comment is read over', ': a\n:b\n:\ndata: c\n: d\n\n', 'c'],
    ['a comment may be by itself', ': keep-alive\n\ndata: a\n\n:\n\n', 'a'],
    ['empty lines between events are nothing', '\n\n\ndata: a\n\n\n\r\n\rdata: b\n\n', 'a', 'b'],
    ['a byte order mark in front is read over', `${BOM}data: a\n\n`, 'a'],
    ['so is one in front of an empty line', `${BOM}\ndata: a\n\n`, 'a'],
    ['a second byte order mark is part of a name', `${BOM}${BOM}data: a\n\ndata: b\n\n`, 'b'],
    ['so is one in front of a later event', `data: a\n\n${BOM}data: b\n\n`, 'a'],
    ['a byte order mark inside of data is data', `data: ${BOM}a\n\n`, `${BOM}a`],
    ['other line ends of Unicode are data', 'data: a\u2028b\u0085c\u000Bd\n\n', 'a\u2028b\u0085c\u000Bd'],
    ['a NUL is data', 'data: a\0b\n\n', 'a\0b'],
    ['any letters are data', 'data: Grüße, 世界 😀\n\n', 'Grüße, 世界 😀'],
    ['nothing at all is no event', ''],
  ])('%s', (_, text, ...expected) => {
    const events = expected.map((event) =>
      typeof event === 'string' ? { data: event, type: '' } : { data: event[0], type: event[1] },
    );
    expect(withoutSources(split([text]))).toEqual(events);
    expect(withoutSources(split(byteByByte(Buffer.from(text))))).toEqual(events);
  });

  it('makes U+FFFD of bytes that are no UTF-8', () => {
    const broken = Buffer.concat([Buffer.from('data: a'), Buffer.from([0xff, 0xe4, 0xb8]), Buffer.from('b\n\n')]);
    expect(split([broken])[0]?.data).toBe('a\uFFFD\uFFFDb');
    expect(split(byteByByte(broken))[0]?.data).toBe('a\uFFFD\uFFFDb');
  });

  it('puts a character together that was cut', () => {
    const bytes = Buffer.from('data: 😀\n\n');
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(withoutSources(split(cutAt(bytes, at)))).toEqual([{ data: '😀', type: '' }]);
    }
  });

  it('takes a LF for the rest of the line end in front of it, in whichever chunk it comes', () => {
    expect(split(['data: a\r', '\ndata: b\r\n\r', '\ndata: c\r\n', '\r\n']).map(({ data }) => data)).toEqual([
      'a\nb',
      'c',
    ]);
  });

  it('does not wait for the LF that may follow', () => {
    const { splitter, seen } = listen();
    splitter.push(Buffer.from('data: a\r\n\r'));
    expect(seen).toEqual(['a']);
  });

  it('takes only one LF for the rest of a line end', () => {
    expect(withoutSources(split(['data: a\r\r', '\n\n', 'data: b\n\n'])).map(({ data }) => data)).toEqual(['a', 'b']);
  });
});

describe('the end of the bytes', () => {
  it.each([
    ['without the empty line', 'data: a\n\ndata: b\n', 'b'],
    ['without any end of the line', 'data: a\n\ndata: b', 'b'],
    ['behind a CR', 'data: a\n\ndata: b\r', 'b'],
    ['inside of the next field', 'data: a\n\ndata: b\nda', 'b'],
    ['behind a byte order mark', `data: a\n\n${BOM}\ndata: b`, 'b'],
  ])('dispatches an event %s', (_, text, last) => {
    expect(split([text]).at(-1)).toEqual({ data: last, type: '', source: undefined });
  });

  it('dispatches nothing where there is no data', () => {
    expect(split(['event: a\n: b'])).toEqual([]);
  });

  it('dispatches nothing twice', () => {
    const { splitter, seen } = listen();
    splitter.push(Buffer.from('data: a'));
    splitter.end();
    splitter.end();
    splitter.push(Buffer.from('data: b\n\n'));
    expect(seen).toEqual(['a']);
  });
});

describe("an event's own bytes", () => {
  it.each([
    ['a line of data', 'data: a\n\n'],
    ['a line of data without a space', 'data:a\n\n'],
    ['a line of data with ends of CR LF', 'data: a\r\n\r\n'],
    ['an empty line of data', 'data:\n\n'],
    ['letters beyond ASCII', 'data: 世界\n\n'],
  ])('may be passed on for %s', (_, text) => {
    const source = Buffer.from(text).toString('latin1');
    expect(split([text])).toMatchObject([{ source }]);
    expect(split(cutAt(Buffer.from(text), 3, 7))).toMatchObject([{ source }]);
  });

  it.each([
    ['a comment in front', ': a\ndata: a\n\n'],
    ['a comment behind', 'data: a\n: a\n\n'],
    ['a type', 'event: a\ndata: a\n\n'],
    ['an id', 'id: 1\ndata: a\n\n'],
    ['a time to reconnect', 'data: a\nretry: 1\n\n'],
    ['a field that nobody knows', 'data: a\nb: c\n\n'],
    ['two lines of data', 'data: a\ndata: a\n\n'],
    ['no colon', 'data\n\n'],
    ['ends of CR', 'data: a\r\r'],
    ['different ends', 'data: a\n\r\n'],
    ['different ends, too', 'data: a\r\n\n'],
    ['a CR inside', 'data: a\rb\n\n'],
    ['a byte order mark', `${BOM}data: a\n\n`],
  ])('are not passed on with %s', (_, text) => {
    const alone = split([text]);
    expect(alone).toHaveLength(1);
    expect(alone[0]?.source).toBeUndefined();
    expect(split([text, 'data: b\n\n']).map(({ source }) => source)).toEqual([undefined, 'data: b\n\n']);
  });

  it('are not passed on where half of the last line end is in the next chunk', () => {
    const seen = split(['data: a\r\n\r', '\ndata: b\r\n\r\n']);
    expect(seen.map(({ source }) => source)).toEqual([undefined, 'data: b\r\n\r\n']);
  });

  it('begin anew behind a comment with an empty line of its own', () => {
    expect(split([': a\n\ndata: b\n\n'])).toMatchObject([{ source: 'data: b\n\n' }]);
  });

  it.each([
    ['LF', '\n'],
    ['CR LF', '\r\n'],
  ])('lie side by side in the chunk that was pushed: %s', (_, end) => {
    const chunk = Buffer.from(`a: b${end}${end}data: a${end}${end}data: bc${end}${end}data: d`);
    const places: [unknown, number, number][] = [];
    const splitter = new EventSplitter({
      onEvent: (_data, _type, source, from, to) => places.push([source, from, to]),
    });
    splitter.push(chunk);
    const start = 4 + 2 * end.length;
    const middle = start + 7 + 2 * end.length;
    expect(places).toEqual([
      [chunk, start, middle],
      [chunk, middle, middle + 8 + 2 * end.length],
    ]);
    expect(places.every(([source]) => source === chunk)).toBe(true);
  });

  it('lie in a buffer of their own where they came in pieces, so that a chunk may be used again', () => {
    const chunk = Buffer.from('data: a\n\ndata:');
    const kept: string[] = [];
    const sources: Buffer[] = [];
    const splitter = new EventSplitter({
      onEvent(data, _type, source, start, end) {
        kept.push(data);
        if (source !== undefined) sources.push(source.subarray(start, end));
      },
    });
    splitter.push(chunk);
    chunk.fill(0);
    splitter.push(Buffer.from(' b\n\n'));
    expect(kept).toEqual(['a', 'b']);
    expect(String(sources[1])).toBe('data: b\n\n');
  });
});

describe('a splitter', () => {
  it('counts the bytes of the event that is not finished', () => {
    const { splitter } = listen();
    const counts = ['data: 世', '\n', '\ndata: a\n\n: b', '\n\n', ''].map((text) => {
      splitter.push(Buffer.from(text));
      return splitter.pending;
    });
    expect(counts).toEqual([9, 10, 3, 0, 0]);
  });

  it('dispatches nothing more once its listener has stopped it, in the middle of a chunk', () => {
    const { splitter, seen } = listen((data, self) => {
      if (data === 'b') self.stop();
    });
    splitter.push(Buffer.from('data: a\n\ndata: b\n\ndata: c\n\ndata: d'));
    splitter.push(Buffer.from('\n\n'));
    splitter.end();
    expect(seen).toEqual(['a', 'b']);
    expect(splitter.pending).toBe(0);
  });

  it.each([
    ['cut', ['data: a', '\n\ndata: b\n\n']],
    ['unusual', [': c\ndata: a\n\ndata: b\n\n']],
    ['at the end of the bytes', ['data: a']],
  ])('can be stopped by an event that was %s', (_, chunks) => {
    const { splitter, seen } = listen((_data, self) => self.stop());
    for (const chunk of chunks) splitter.push(Buffer.from(chunk));
    splitter.end();
    expect(seen).toEqual(['a']);
  });

  // Copying or searching all that is held for each byte would take minutes.
  it('takes a large event one byte at a time', () => {
    const { splitter, seen } = listen();
    const text = 'a'.repeat(1024 * 1024);
    for (const byte of byteByByte(Buffer.from(`data: ${text}\n\n`))) splitter.push(byte);
    expect(seen.map(({ length }) => length)).toEqual([text.length]);
  });
});
