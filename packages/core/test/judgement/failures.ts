/** Failures as the wire gives them, for the tables of the tests. */
import type { Failure, TimeoutPhase } from '../../src/judgement/failure.js';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An answer with a status; an object becomes a JSON body. */
export function answer(status: number, body: unknown = '', headers: Headers = {}): Failure {
  return { kind: 'status', status, headers, body: textOf(body) };
}

export function inside200(body: unknown, headers: Headers = {}): Failure {
  return { kind: 'error-body', headers, body: textOf(body) };
}

export function socketError(code: string, facts: Partial<Extract<Failure, { kind: 'socket' }>> = {}): Failure {
  const error = Object.assign(new Error('it broke'), { code });
  const base = { connecting: false, reused: false, received: false, sinceWrite: 20, content: false };
  return { kind: 'socket', error, ...base, ...facts };
}

export function timeout(phase: TimeoutPhase, facts: Partial<Extract<Failure, { kind: 'timeout' }>> = {}): Failure {
  const base = { limit: 1000, received: false, limitedByDeadline: false, streamed: phase !== 'unary' };
  return { kind: 'timeout', phase, ...base, ...facts };
}

/** OpenAI's shape. */
export function openai(code: string | null, message = 'words', type = 'invalid_request_error'): object {
  return { error: { message, type, param: null, code } };
}

/** Anthropic's shape. */
export function anthropic(type: string, message = 'words', details?: object): object {
  return { type: 'error', error: { type, message, ...(details === undefined ? {} : { details }) } };
}

/** Gemini's shape. */
export function gemini(code: number, status: string, message = 'words', details: readonly object[] = []): object {
  return { error: { code, message, status, details } };
}

export const HTML = '<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>nginx</body></html>';

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
