/** A scripted reply as what happens on the wire, one thing after another. */
import type { TransportError } from '@ai-failover/core';
import { encodeFrame } from '../faulty-upstream/sse-frame.js';
import type { ScriptedPart, ScriptedReply, ScriptedStream } from './scripted-reply.js';
import type { ScriptedRequest } from './scripted-request.js';

/** Without an `end` or an `error` as the last one nothing ends. */
export type Step =
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'connection' }
  | { readonly kind: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: TransportError };

export function* stepsOf(reply: ScriptedReply, request: ScriptedRequest): Generator<Step> {
  if (reply.kind === 'refuse') {
    yield { kind: 'wait', milliseconds: reply.after };
    yield socketError('ECONNREFUSED', 'connect ECONNREFUSED', true);
    return;
  }
  yield { kind: 'connection' };
  if (reply.kind === 'hang') return;
  const chosen = reply.kind === 'respond' && request.body['stream'] === true ? (reply.streamed ?? reply) : reply;
  const { status, headers, after } = chosen;
  yield { kind: 'wait', milliseconds: after };
  yield { kind: 'head', status, headers };
  if (chosen.kind === 'stream') {
    yield* streamSteps(chosen, request);
  } else {
    yield { kind: 'data', bytes: Buffer.from(chosen.body) };
    yield { kind: 'end' };
  }
}

function* streamSteps(stream: ScriptedStream, request: ScriptedRequest): Generator<Step> {
  for (const part of stream.parts(request)) {
    if ('end' in part) {
      if (part.end === 'finish') yield { kind: 'end' };
      if (part.end === 'cut') yield socketError('UND_ERR_SOCKET', 'other side closed', false);
      return;
    }
    yield partStep(part);
  }
  yield { kind: 'end' };
}

function partStep(part: Exclude<ScriptedPart, { end: unknown }>): Step {
  if ('wait' in part) return { kind: 'wait', milliseconds: part.wait };
  return { kind: 'data', bytes: 'bytes' in part ? Buffer.from(part.bytes) : encodeFrame(part) };
}

function socketError(code: string, message: string, connecting: boolean): Step {
  const error = Object.assign(new Error(message), { code });
  return { kind: 'error', error: { kind: 'socket', error, connecting, reused: false } };
}
