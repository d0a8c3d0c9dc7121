/** The ways to ask for an answer, and what the caller has in the end, whichever it took. */
import type { CallOptions, FailoverReport } from '@ai-failover/core';
import { startScene, type Scene } from './scene.ts';
import { expectOneAnswer } from './stream-reading.ts';
import type { StreamRow } from './stream-row.ts';
import { WELL } from './stream-scripts.ts';

export interface Ending {
  /** As much of the answer as the caller has. */
  readonly text: string;
  /** Why the answer ended; missing for one that is not called complete. */
  readonly finish: string | undefined;
  readonly error: unknown;
  readonly failover: FailoverReport | undefined;
}

export type Ask = (scene: Scene, row: Pick<StreamRow, 'request' | 'call'>) => Promise<Ending>;

export const streamed: Ask = async (scene, { request, call }) => {
  const reading = await scene.stream(request, call);
  expectOneAnswer(reading, { choices: request?.n ?? 1 });
  const { text, error, outcome, failover } = reading;
  return { text, error, failover, finish: outcome?.status === 'done' ? outcome.finishReason : undefined };
};

export const chatted: Ask = (scene, { request, call }) => chat(scene, request, call);

export const chattedInside: Ask = (scene, { request, call }) => chat(scene, request, { ...call, streamInside: true });

async function chat(scene: Scene, request: StreamRow['request'], options?: CallOptions): Promise<Ending> {
  try {
    const { text, choices, failover } = await scene.chat(request, options);
    return { text, finish: choices[0]?.finish_reason, error: undefined, failover };
  } catch (error) {
    return { text: '', finish: undefined, error, failover: undefined };
  }
}

type RowScene = Pick<StreamRow, 'script' | 'scriptOfS' | 'options' | 'optionsOfS' | 'engine'>;

/** With `S` beside `P`, which says the same answer. */
export function sceneOf(row: RowScene, { withS = true } = {}): Promise<Scene> {
  const { script, scriptOfS = WELL, options, optionsOfS, engine } = row;
  return startScene({ script, scriptOfS, withS, P: options, S: optionsOfS, options: engine });
}
