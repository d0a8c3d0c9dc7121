/** How connections without TLS are made, and how they are read. */
import { describe, expect, it } from 'vitest';
import { huge } from '../../../testing/src/index.ts';
import { connected } from './exchange.ts';

describe('a connection without TLS', () => {
  it('is read in small pieces, so that little waits for a slow reader', async () => {
    const { send } = await connected(huge(1_000_000, { declared: false }));
    const noted = send();
    const onData = noted.onData.bind(noted);
    const sizes: number[] = [];
    noted.onData = (chunk) => {
      sizes.push(chunk.buffer.byteLength);
      onData(chunk);
    };
    await noted.over;
    expect(noted.text.length).toBe(1_000_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8 * 1024);
  });

  it('hands on each piece by itself: what comes next does not change it', async () => {
    const { send } = await connected(huge(200_000, { declared: false }));
    const noted = send();
    const pieces: Buffer[] = [];
    noted.onData = (chunk) => {
      pieces.push(chunk);
      noted.text += chunk.toString('latin1');
    };
    await noted.over;
    expect(Buffer.concat(pieces).toString('latin1')).toBe(noted.text);
    expect(new Set(pieces.map((piece) => piece.buffer)).size).toBeGreaterThan(1);
  });

  it('fails with the own words of the socket', async () => {
    const { upstream, send } = await connected();
    await upstream.close();
    const { error } = await send().over;
    expect(error).toMatchObject({ kind: 'socket', connecting: true, error: { code: 'ECONNREFUSED' } });
  });
});
