/** Makes the canned reply of a call, whatever the application's own functions do. */
import { now } from '../clock.js';
import type { ChatCompletion } from '../request/chat-types.js';
import type { CallInput } from './call-input.js';
import { cannedCompletion, type CannedReply } from './canned-reply.js';
import type { Interruption } from './interruption.js';
import { pauseUntil } from './pause.js';

/** How long a canned reply's function may take; nobody is left to ask after it. */
const PATIENCE = 2_000;

/** Who is told when a function of the application fails. */
type OnFault = (hook: string, error: unknown) => void;

/** Undefined when there is none for this request, its function fails or takes too long, or the call is aborted. */
export async function giveCanned(
  canned: CannedReply,
  { id, request, checked, options, route }: CallInput,
  { interruption, onFault }: { interruption: Interruption; onFault: OnFault },
): Promise<ChatCompletion | undefined> {
  const context = {
    id: `chatcmpl-${id}`,
    request,
    locales: localesOf(options.locales, onFault),
    metadata: options.metadata,
    model: checked.model ?? route.steps[0]?.models[0]?.model ?? route.chain,
    wantsJson: checked.wantsJson,
    now: Date.now(),
  };
  const made = cannedCompletion(canned, context, (error) => onFault('cannedReply', error));
  const completion = made instanceof Promise ? await soon(made, interruption, onFault) : made;
  return interruption.aborted ? undefined : completion;
}

function localesOf(locales: CallInput['options']['locales'] = [], onFault: OnFault): readonly string[] {
  if (typeof locales !== 'function') return locales;
  try {
    return locales();
  } catch (error) {
    onFault('locales', error);
    return [];
  }
}

async function soon<Value>(
  promise: Promise<Value | undefined>,
  interruption: Interruption,
  onFault: OnFault,
): Promise<Value | undefined> {
  const pause = pauseUntil(now() + PATIENCE);
  const late = pause.over.then((): typeof LATE => LATE);
  const value = await interruption.during({ over: Promise.race([promise, late]), end: pause.end });
  pause.end();
  if (value !== LATE) return value;
  if (!interruption.aborted) onFault('cannedReply', new Error(`no canned reply within ${PATIENCE} ms`));
  return undefined;
}

const LATE: unique symbol = Symbol('late');
