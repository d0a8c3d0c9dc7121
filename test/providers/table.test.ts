/** Every kind of request to every provider, whole and streamed: what the caller hears, and what the other side understood. */
import { describe, expect, it } from 'vitest';
import { ASKS, DIALECTS, engineOf, NAMES, readCall, startEmulation, understoodBy } from './emulation.ts';
import { SCENES } from './scenes.ts';

const WAYS = ['chat', 'stream'] as const;

describe.each(NAMES)('%s', (dialect) => {
  describe.each(WAYS)('%s', (way) => {
    it.each(SCENES)('$name', async ({ request, response, heard, understood, wire }) => {
      const emulation = await startEmulation();
      emulation.mock.on({ predicate: () => true }, response);
      const answer = await ASKS[way](engineOf([[dialect, emulation.wire]]), request);

      const { text = '', calls = [], finish = 'stop' } = heard;
      expect({ text: answer.text, calls: answer.calls.map(readCall), finish: answer.finish }).toEqual({
        text,
        calls,
        finish,
      });
      const ids = answer.calls.map(({ id }) => id);
      expect(new Set(ids.filter((id) => /^[\w-]{1,40}$/.test(id))).size).toBe(calls.length);
      expect(answer.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 });
      expect(answer.failover).toMatchObject({ upstream: dialect, failedOver: false, degraded: undefined, skipped: [] });

      expect(understoodBy(emulation)).toMatchObject({ ...understood, model: DIALECTS[dialect].model });
      const [sent, ...more] = emulation.wire.requests;
      expect(more).toEqual([]);
      expect(sent?.path).toMatch(DIALECTS[dialect].path);
      expect(sent?.headers).toMatchObject(DIALECTS[dialect].signed);
      if (wire !== undefined) expect(sent?.json()).toMatchObject(wire[dialect === 'azure' ? 'openai' : dialect]);
    });
  });
});
