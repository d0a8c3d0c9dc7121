/** `data:` URLs: https://www.rfc-editor.org/rfc/rfc2397 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDataUrl, shownType, textOfBase64 } from '../../../src/provider/conversation/data-url.js';

describe('a data URL', () => {
  it.each([
    ['data:image/png;base64,iVBORw0KGgo=', 'image/png', 'iVBORw0KGgo='],
    ['DATA:Image/PNG;charset=x;BASE64,iVBO', 'image/png', 'iVBO'],
    ['data:;base64,YQ==', 'text/plain', 'YQ=='],
    ['data:,a%20b', 'text/plain', 'YSBi'],
    ['data:text/html,%C3%BC', 'text/html', 'w7w='],
    ['data:a/b;base64,', 'a/b', ''],
  ])('%s is of %s', (url, mediaType, base64) => {
    expect(parseDataUrl(url)).toEqual({ mediaType, base64 });
  });

  it.each([
    '',
    'https://a.example/x,y',
    'data:',
    'data:image/png;base64',
    'data:,%E0%A4%A',
    `data:${'x'.repeat(2000)},`,
  ])('%j is none', (url) => {
    expect(parseDataUrl(url)).toBeUndefined();
  });

  it('carries any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { base64 } = parseDataUrl(`data:,${encodeURIComponent(text)}`) ?? { base64: '' };
        expect(textOfBase64(base64)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a media type in a trail', () => {
  it.each([
    ['image/svg+xml', 'image/svg+xml'],
    ['application/vnd.ms-excel', 'application/vnd.ms-excel'],
    ['a secret', 'an unknown type'],
    ['image/png\n', 'an unknown type'],
    [`image/${'x'.repeat(61)}`, 'an unknown type'],
  ])('%j is shown as %s', (type, expected) => {
    expect(shownType(type)).toBe(expected);
  });
});
