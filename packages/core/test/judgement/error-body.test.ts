import { describe, expect, it } from 'vitest';
import { readErrorBody } from '../../src/judgement/error-body.js';
import { anthropic, gemini, HTML, openai } from './failures.js';

function read(body: unknown): ReturnType<typeof readErrorBody> {
  return readErrorBody(typeof body === 'string' ? body : JSON.stringify(body));
}

describe('error bodies', () => {
  it.each([
    ['OpenAI', openai('some_code', 'words', 'some_type'), ['some_code', 'some_type'], 'words'],
    [
      'Anthropic',
      anthropic('rate_limit_error', 'words', { error_code: 'deep' }),
      ['deep', 'rate_limit_error'],
      'words',
    ],
    [
      'Gemini',
      gemini(400, 'INVALID_ARGUMENT', 'words', [{ reason: 'API_KEY_INVALID' }]),
      ['API_KEY_INVALID', 'INVALID_ARGUMENT'],
      'words',
    ],
    ['Gemini in an array', [gemini(429, 'RESOURCE_EXHAUSTED')], ['RESOURCE_EXHAUSTED'], 'words'],
    [
      'Azure',
      { error: { code: 'content_filter', message: 'words', innererror: { code: 'Inner' } } },
      ['content_filter', 'Inner'],
      'words',
    ],
    ['an error text', { error: 'words' }, [], 'words'],
    ['message and code', { message: 'words', code: 'some_code' }, ['some_code'], 'words'],
    ['a numeric code', { message: 'words', code: 20_012 }, ['20012'], 'words'],
    ['detail', { detail: 'words' }, [], 'words'],
    ['a list of details', { detail: [{ loc: ['body', 0], msg: 'words' }, { msg: 'more' }] }, [], 'body.0: words; more'],
    ['errors', { errors: [{ message: 'words', code: 'some_code' }] }, ['some_code'], 'words'],
    ['success: false', { success: false, message: 'words' }, [], 'words'],
    ['Baidu', { error_code: 17, error_msg: 'words' }, ['17'], 'words'],
    ['MiniMax', { base_resp: { status_code: 1008, status_msg: 'words' } }, ['1008'], 'words'],
    [
      'Mistral, with its faults in the message',
      { object: 'error', message: { detail: [{ loc: ['body', 'top_k'], msg: 'Extra inputs are not permitted' }] } },
      [],
      'body.top_k: Extra inputs are not permitted',
    ],
    [
      'Mistral, with its faults as the message',
      { object: 'Error', message: [{ loc: ['body', 'tools'], msg: 'Extra inputs are not permitted' }], code: 3001 },
      ['3001'],
      'body.tools: Extra inputs are not permitted',
    ],
    ['a problem of RFC 9457', { type: 'about:blank', title: 'words', status: 403 }, ['about:blank'], 'words'],
    ['an empty error', { error: {} }, [], undefined],
  ])('of %s', (_, body, codes, message) => {
    expect(read(body)).toMatchObject({ codes, message, isProviderError: true, isHtml: false });
  });

  it.each([
    ['nothing', ''],
    ['a success of MiniMax', { base_resp: { status_code: 0, status_msg: 'success' } }],
    ['a null error', { error: null }],
    ['a list of texts', ['error']],
    ['a number', '7'],
    ['a completion', { choices: [] }],
    ['a prototype trick', '{"__proto__": {"error": {"code": "insufficient_quota"}}}'],
  ])('are not seen in %s', (_, body) => {
    expect(read(body)).toMatchObject({ codes: [], isProviderError: false, isHtml: false });
  });

  it('are told from pages', () => {
    for (const page of [HTML, '\uFEFF  <html>', '<!-- x --><html>', '<?xml version="1.0"?>']) {
      expect(readErrorBody(page)).toMatchObject({ isHtml: true, isProviderError: false, message: undefined });
    }
  });

  it('name the status that stands in them', () => {
    expect(
      [gemini(429, 'X'), { error: { code: '503' } }, { status: 404, title: 'x' }].map((body) => read(body).status),
    ).toEqual([429, 503, 404]);
  });

  it('are known for what they are when they are larger than what was kept', () => {
    const text = JSON.stringify({ error: { message: 'x'.repeat(70_000), code: 'some_code' } });
    expect(readErrorBody(text)).toMatchObject({ isProviderError: true, codes: [] });
  });

  it('are read in bounded pieces', () => {
    expect(read({ error: { message: 'x'.repeat(50_000) } }).message).toHaveLength(4000);
    expect(readErrorBody('y'.repeat(100_000)).message).toHaveLength(4000);
    expect(() => readErrorBody('['.repeat(65_000))).not.toThrow();
    expect(() => readErrorBody('{"error":'.repeat(7000) + '1' + '}'.repeat(7000))).not.toThrow();
  });
});
