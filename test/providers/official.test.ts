/**
 * The official packages of OpenAI, Anthropic and Google, sent straight to the emulation, and the same conversation through us: what is
 * sent is the same, what the emulation understood is the same, and what comes out is the same.
 */
import { describe, expect, it } from 'vitest';
import { ASKS, type Emulation, engineOf, NAMES, readCall, startEmulation, understoodBy } from './emulation.ts';
import { OFFICIAL, type Told } from './official-clients.ts';
import { OFFICIAL_SCENES, type OfficialScene } from './official-scenes.ts';

const WAYS = ['chat', 'stream'] as const;

async function startScene({ response }: OfficialScene): Promise<Emulation> {
  const emulation = await startEmulation();
  emulation.mock.on({ predicate: () => true }, response);
  return emulation;
}

/** The one request that came, as it was sent and as it was understood. */
function received(emulation: Emulation) {
  const [sent, ...more] = emulation.wire.requests;
  expect(more).toEqual([]);
  return { path: sent?.path, body: sent?.json(), understood: understoodBy(emulation) };
}

describe.each(NAMES)('%s', (dialect) => {
  describe.each(WAYS)('%s', (way) => {
    it.each(OFFICIAL_SCENES)('$name', async (scene) => {
      const [straight, through] = [await startScene(scene), await startScene(scene)];
      const truth = await OFFICIAL[dialect](straight.wire.url, scene, way);
      const { text, calls, finish, usage } = await ASKS[way](engineOf([[dialect, through.wire]]), scene.request);

      const told: Told = {
        text,
        calls: calls.map(readCall),
        finish: String(finish),
        usage: [usage?.prompt_tokens, usage?.completion_tokens],
      };
      expect(told).toEqual(truth);
      expect(received(through)).toEqual(received(straight));
    });
  });
});
