/** One response of server-sent events over a real connection, whose stream a test plays by hand. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { EventStream, type EventStreamSettings } from '../../src/http/event-stream.js';
import { HandMadeStream } from './hand-made-stream.js';
import { reluctantReader, serve, visit, type Visit } from './serve.js';

interface Scene extends Partial<EventStreamSettings> {
  readonly stream?: HandMadeStream;
  /** What other middleware does before. */
  readonly prepare?: (res: ServerResponse, req: IncomingMessage) => void;
}

interface Stage {
  readonly res: ServerResponse;
  readonly events: EventStream;
  readonly stream: HandMadeStream;
}

/** For a client that reads as fast as it can. */
export async function play(scene: Scene = {}): Promise<Stage & { readonly client: Visit }> {
  const { port, arrived } = await stageOn(scene);
  const client = visit(port, {}, '');
  return { ...(await arrived), client };
}

/** For a client that reads nothing until it is told to. */
export async function playReluctantly(scene: Scene = {}): Promise<Stage & { readonly socket: Socket }> {
  const { port, arrived } = await stageOn(scene);
  const socket = await reluctantReader(port);
  return { ...(await arrived), socket };
}

async function stageOn({ stream = new HandMadeStream(), prepare, ...settings }: Scene) {
  let arrive: (stage: Stage) => void = () => {};
  const arrived = new Promise<Stage>((resolve) => (arrive = resolve));
  const port = await serve((req, res) => {
    prepare?.(res, req);
    const events = new EventStream(res, { id: 'call-1', expose: false, abort: stream.abort, ...settings });
    arrive({ res, events, stream });
  });
  return { port, arrived };
}
