/** Streams made of chance: noise, good streams with bytes changed, cut or framed in odd ways. The same for the same seed. */
import { createDice } from '../setup/dice.ts';
import { deeply, type RandomReply } from './random-replies.ts';

export interface RandomStream extends RandomReply {
  /** Something in it says that the answer is whole: such a stream may be called complete. */
  readonly hasEnd: boolean;
}

export function randomStream(seed: number): RandomStream {
  const roll = createDice(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(roll() * items.length)] as Item;
  const upTo = (most: number): number => Math.floor(roll() * (most + 1));
  const chance = (share: number): boolean => roll() < share;
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => upTo(255)));

  function delta(): object {
    if (chance(0.85)) return { content: pick(['Grüße ', 'and ', '😀', '\n', 'more. ']) };
    return pick<() => object>([
      () => ({ content: pick(['', null, [{ type: 'text', text: 'part' }], 7, {}]) }),
      () => ({ reasoning_content: 'Hm. ' }),
      () => ({ refusal: 'No.' }),
      () => ({ tool_calls: pick<unknown>([[], null, [{ index: 0, function: { arguments: '{' } }], [null], 'no']) }),
      () => ({}),
    ])();
  }

  function chunk(): string {
    const index = chance(0.98) ? 0 : pick([1, 127, 128, -1, 'a', null]);
    const choice = { index, delta: delta(), finish_reason: null };
    return JSON.stringify({ ...ENVELOPE, choices: chance(0.98) ? [choice] : pick([[], null, {}, 'no', [null], [{}]]) });
  }

  function oddity(): string {
    return pick<() => string>([
      () => JSON.stringify({ error: pick([{ message: 'm', code: pick(CODES) }, 'text', null, {}, 0]) }),
      () => '{"choices":[{"ind',
      () => '{"__proto__":{"choices":[]},"constructor":1}',
      () => 'null',
      () => '[]',
      () => `"${'x'.repeat(upTo(2_000))}"`,
      () => '{}',
      () => `{"choices":[{"index":0,"delta":{"content":${deeply(upTo(20_000))}}}]}`,
      () => `{"choices":[{"delta":{"content":"a","vendor":${deeply(upTo(20_000))}}}]}`,
      () => `{"choices":[{"error":${deeply(upTo(20_000))}}]}`,
      () =>
        noise(upTo(40))
          .toString('latin1')
          .replaceAll(/[\r\n]/g, ' '),
    ])();
  }

  function event(data: string): string {
    const line = pick(['\n', '\n', '\n', '\r\n', '\r']);
    const fields = chance(0.1)
      ? `${pick(['id: 1', 'event: message', ': ping', 'retry: 5', 'event: error', 'x'])}${line}`
      : '';
    return `${fields}data:${chance(0.9) ? ' ' : ''}${data}${line}${line}`;
  }

  function body(): Buffer {
    const events = [event(JSON.stringify({ ...ENVELOPE, choices: [{ index: 0, delta: { role: 'assistant' } }] }))];
    for (let left = upTo(30); left > 0; left -= 1) events.push(chance(0.04) ? event(oddity()) : event(chunk()));
    const end = { index: 0, delta: {}, finish_reason: pick(['stop', 'length']) };
    if (chance(0.6)) events.push(event(JSON.stringify({ ...ENVELOPE, choices: [end] })));
    if (chance(0.6)) events.push(event('[DONE]'));
    if (chance(0.1)) events.push(noise(upTo(60)).toString('latin1'));
    return Buffer.from(events.join(''));
  }

  function mutated(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    for (let left = upTo(5); left > 0 && copy.length > 0; left -= 1) copy[upTo(copy.length - 1)] = upTo(255);
    return copy;
  }

  function framed(content: Buffer): readonly [headers: string, body: Buffer] {
    const length = content.length + (chance(0.2) ? upTo(40) - 10 : 0);
    return pick<() => readonly [string, Buffer]>([
      () => [`content-length: ${length}\r\n`, content],
      () => ['', content],
      () => ['transfer-encoding: chunked\r\n', inChunks(content)],
      () => ['transfer-encoding: chunked\r\n', inChunks(content)],
      () => ['transfer-encoding: chunked\r\n', content],
    ])();
  }

  function inChunks(content: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < content.length;) {
      const piece = content.subarray(at, at + 1 + upTo(300));
      parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
      at += piece.length;
    }
    return Buffer.concat([...parts, Buffer.from(chance(0.8) ? '0\r\n\r\n' : '')]);
  }

  const good = body();
  const content = pick([() => noise(upTo(600)), ...times(4, () => mutated(good)), ...times(5, () => good)])();
  const kept = chance(0.3) ? content.subarray(0, upTo(content.length)) : content;
  const [framing, framedBody] = framed(kept);
  const head = `HTTP/1.1 ${pick(STATUSES)} Whatever\r\n${pick(TYPES)}${framing}\r\n`;
  const whole = Buffer.concat([Buffer.from(head), framedBody]);
  return {
    bytes: chance(0.1) ? mutated(whole) : whole,
    ending: chance(0.85) ? 'close' : chance(0.5) ? 'reset' : 'stall',
    // A few bytes that are changed afterwards may take an end away, and make none.
    hasEnd: /"finish_reason":"[^"]|\[DONE\]/.test(kept.toString('latin1')),
  };
}

function times<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}

const ENVELOPE = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' };

const CODES = ['insufficient_quota', 'rate_limit_exceeded', 'server_error', 'context_length_exceeded', 'oops', 503];

const STATUSES = [...times(20, '200'), '201', '204', '206', '429', '500'];

const TYPES = [
  ...times(12, 'content-type: text/event-stream\r\n'),
  'content-type: text/event-stream; charset=utf-8\r\n',
  'content-type: text/event-stream\r\nconnection: keep-alive\r\n',
  'content-type: text/event-stream\r\ncontent-encoding: gzip\r\n',
  'content-type: application/json\r\n',
  'content-type: text/html\r\n',
  'content-type:\r\n',
  '',
];
