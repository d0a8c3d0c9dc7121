/** Replies made of chance: noise, HTTP that is almost right, valid replies with bytes changed. The same for the same seed. */

import { createDice } from '../setup/dice.ts';

/** A reply and what happens to the connection after it. */
export interface RandomReply {
  readonly bytes: Buffer;
  readonly ending: 'close' | 'reset' | 'stall';
}

export function randomReply(seed: number): RandomReply {
  const roll = createDice(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(roll() * items.length)] as Item;
  const upTo = (most: number): number => Math.floor(roll() * (most + 1));
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => upTo(255)));
  const chance = (share: number): boolean => roll() < share;

  function body(): Buffer {
    const bodies = [
      () => WHOLE,
      () => JSON.stringify({ choices: [{ message: { content: 'x'.repeat(upTo(2_000)) } }] }),
      () => JSON.stringify({ choices: pick([[], null, 'no', [null], [{}], [{ message: 7 }], { length: 1 }]) }),
      () => JSON.stringify({ error: pick([{}, 'text', { code: pick(CODES), message: 'm' }, [{ code: 1 }], null, 0]) }),
      () => `{"__proto__":{"choices":[1]},"constructor":{"prototype":{}},"choices":[{"message":{"__proto__":{}}}]}`,
      () => '['.repeat(upTo(5_000)),
      () => deepReply(deeply(upTo(20_000)), pick),
      () => `data: ${WHOLE}\n\ndata: [DONE]\n\n`,
      () => '<html><body>502</body></html>',
      () => '',
      () => noise(upTo(500)),
      () => Buffer.concat([Buffer.from(WHOLE.slice(0, upTo(WHOLE.length))), Buffer.from([0xc3])]),
    ];
    return Buffer.from(pick(bodies)());
  }

  function framed(content: Buffer): readonly [headers: string, body: Buffer] {
    const off = chance(0.3) ? upTo(20) - 10 : 0;
    return pick([
      () => [`content-length: ${content.length + off}\r\n`, content] as const,
      () => ['', content] as const,
      () =>
        [
          `content-length: ${pick(['-1', '1e3', '0x10', '99999999999999999999', ' 5 5', '5, 7'])}\r\n`,
          content,
        ] as const,
      () => [`content-length: ${content.length}\r\ntransfer-encoding: chunked\r\n`, chunked(content)] as const,
      () => ['transfer-encoding: chunked\r\n', chunked(content)] as const,
      () => ['transfer-encoding: chunked\r\n', content] as const,
      () => ['transfer-encoding: gzip, chunked\r\n', chunked(content)] as const,
    ])();
  }

  function chunked(content: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < content.length;) {
      const size = 1 + upTo(200);
      const piece = content.subarray(at, at + size);
      const named = chance(0.05)
        ? pick(['-1', 'zz', '', 'ffffffffffffffff', `${piece.length.toString(16)};x=${'y'.repeat(upTo(300))}`])
        : piece.length.toString(16);
      parts.push(Buffer.from(`${named}\r\n`), piece, Buffer.from(chance(0.03) ? '\n' : '\r\n'));
      at += size;
    }
    parts.push(Buffer.from(pick(['0\r\n\r\n', '0\r\n\r\n', '0\r\n\r\n', '0\r\nx-trailer: 1\r\n\r\n', '0\r\n', ''])));
    return Buffer.concat(parts);
  }

  function http(): Buffer {
    const status = pick(STATUSES);
    const [framing, content] = framed(body());
    const headers = Array.from({ length: upTo(4) }, () => `${pick(HEADERS)}\r\n`).join('');
    const version = chance(0.05) ? pick(['HTTP/1.0', 'HTTP/2', 'HTTP/9.9', 'http/1.1', '']) : 'HTTP/1.1';
    const interim = chance(0.1) ? pick(['HTTP/1.1 103 Hints\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n']) : '';
    const head = `${interim}${version} ${status} Whatever\r\n${headers}${framing}\r\n`;
    const trailing = chance(0.1) ? Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), noise(20)]) : Buffer.alloc(0);
    return Buffer.concat([Buffer.from(head, 'latin1'), content, trailing]);
  }

  function mutated(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    for (let left = 1 + upTo(5); left > 0 && copy.length > 0; left -= 1) copy[upTo(copy.length - 1)] = upTo(255);
    return copy;
  }

  /** In order up to its JSON, which may be a little wrong. */
  function nearlyRight(): Buffer {
    const [status, json] = chance(0.9) ? [200, WHOLE] : [400, REFUSAL];
    const content = chance(0.5) ? Buffer.from(json) : mutated(Buffer.from(json));
    const head = `HTTP/1.1 ${status} OK\r\ncontent-type: application/json\r\ncontent-length: ${content.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), content]);
  }

  const cut = (bytes: Buffer): Buffer => bytes.subarray(0, upTo(bytes.length));
  const garbled = (): Buffer => mutated(http());
  const bytes = pick([() => noise(upTo(300)), http, http, http, garbled, garbled, () => cut(http()), nearlyRight])();
  const ending = chance(0.9) ? 'close' : chance(0.5) ? 'reset' : 'stall';
  return { bytes, ending };
}

/** JSON that can be read, and perhaps not written. */
export function deeply(levels: number): string {
  return `${'['.repeat(levels)}${']'.repeat(levels)}`;
}

function deepReply(deep: string, pick: (items: readonly string[]) => string): string {
  const said = pick([
    '"content"',
    '"content":["a"],"vendor"',
    '"content":"a","vendor"',
    '"function_call"',
    '"tool_calls"',
  ]);
  const call = `"tool_calls":[{"id":"a","function":{"name":"f","arguments":${deep}}}]`;
  const message = pick([`${said}:${deep}`, call]);
  const beside = pick(['', '', `,"usage":${deep}`, `,"error":${deep}`]);
  return `{"choices":[{"message":{${message}}${pick(['', `,"error":${deep}`])}}]${beside}}`;
}

const WHOLE = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Grüße' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

const REFUSAL = JSON.stringify({
  error: { message: 'temperature must be at most 2', type: 'invalid_request_error', param: 'temperature', code: null },
});

const CODES = [
  'insufficient_quota',
  'rate_limit_exceeded',
  'server_error',
  'context_length_exceeded',
  'oops',
  400,
  503,
];

const STATUSES = [
  '200',
  '200',
  '200',
  '200',
  '201',
  '204',
  '206',
  '302',
  '304',
  '400',
  '401',
  '403',
  '404',
  '429',
].concat(['500', '502', '503', '529', '100', '101', '199', '600', '999', '0', '-1', 'abc', '2000']);

const HEADERS = [
  'content-type: application/json',
  'content-type: application/json; charset=utf-8',
  'content-type: text/html',
  'content-type: text/event-stream',
  'content-type:',
  'content-encoding: gzip',
  'connection: close',
  'connection: keep-alive',
  'connection: upgrade\r\nupgrade: websocket',
  'keep-alive: timeout=0',
  'keep-alive: timeout=99999999999',
  'retry-after: 1',
  'retry-after: Thu, 99 Foo 2026 99:99:99 GMT',
  'retry-after-ms: NaN',
  'x-ratelimit-remaining-requests: -1',
  'x-ratelimit-reset-requests: 6m0s',
  'x-should-retry: true',
  'location: http://[::bad',
  'x-long: '.padEnd(3_000, 'x'),
  'x-huge: '.padEnd(20_000, 'x'),
  'x-bare',
  ': empty',
  'x-control: \u0001\u0007',
  'x-high: \u00ff\u00fe',
  ' folded: line',
  'x-nul: \u0000',
  '__proto__: 1',
  'constructor: 1',
];
