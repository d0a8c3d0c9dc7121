/** Parameters that an upstream does not take: known of its model, said in the options, or found out by a refusal; whole and streamed. */
import { answerWith, failWith, streamWith, type ScriptedReply, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type Outcome, type Stage, type StageOptions } from '../traces/stage.ts';
import { expectIdle } from './idle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const NO_MAX_TOKENS =
  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
const NO_MAX_COMPLETION_TOKENS = 'Unrecognized request argument supplied: max_completion_tokens';
const NO_TEMPERATURE =
  "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.";
const NO_TOP_P = "Unsupported parameter: 'top_p' is not supported with this model.";

const alone = (model = 'm', others: object = {}): StageOptions => ({
  upstreams: [{ ...upstream('P', [model]), ...others }],
});

/** As an upstream does that takes only some fields: names them one at a time. */
const refusing =
  (words: Readonly<Record<string, string>>, after = 0) =>
  ({ body }: ScriptedRequest): ScriptedReply => {
    const refused = Object.keys(words).find((field) => field in body);
    if (refused !== undefined) return failWith(400, { message: words[refused] ?? '', after });
    return body['stream'] === true ? streamWith('fine') : answerWith('fine', { after });
  };

/** Both kinds of attempt. */
const WAYS = [
  ['chat', {}],
  ['chat, streamed inside', { streamInside: true }],
] as const;

async function ask(stage: Stage, request: object, options: object = {}): Promise<Outcome> {
  const call = stage.call(request, options);
  await stage.until(stage.at() + 5);
  return call;
}

const named = (stage: Stage, name: string) =>
  stage.events.filter(([event]) => event === name).map(([, event]) => event);
const fieldsSent = (stage: Stage, ...names: readonly string[]) =>
  stage.requests.map(({ body }) =>
    Object.fromEntries(names.filter((name) => name in body).map((name) => [name, body[name]])),
  );
const refuses = (stage: Stage) => stage.failover.status().deployments[0]?.refuses;

describe.each(WAYS)('%s', (_way, way) => {
  it.each([
    ['max_tokens', 'max_completion_tokens', NO_MAX_TOKENS],
    ['max_completion_tokens', 'max_tokens', NO_MAX_COMPLETION_TOKENS],
  ])('%s that is refused goes as %s, free of the caps, and is remembered', async (name, other, message) => {
    const stage = setStage({ P: refusing({ [name]: message }) }, alone());
    const first = await ask(stage, { [name]: 300 }, { ...way, maxAttempts: 1 });
    expect(first).toMatchObject({ at: 0, reply: { text: 'fine' } });
    expect(trail(first)).toBe('m@P request, m@P ok');
    expect(trail(await ask(stage, { [name]: 200 }, { ...way, maxAttempts: 1 }))).toBe('m@P ok');
    expect(fieldsSent(stage, name, other)).toEqual([{ [name]: 300 }, { [other]: 300 }, { [other]: 200 }]);
    expect(named(stage, 'feature-refused')).toMatchObject([{ deployment: 'm@P', feature: name }]);
    // The same is said in another way.
    expect(named(stage, 'request-adapted')).toEqual([]);
    expect(refuses(stage)).toEqual([name]);
    expect(stage.failover.status().deployments[0]).toMatchObject({ circuit: { failed: 0 } });
    expectIdle(stage, 'call-answered', 'call-answered');
  });

  it('a temperature that is refused is left out, and that is told', async () => {
    const stage = setStage({ P: refusing({ temperature: NO_TEMPERATURE, top_p: NO_TOP_P }) }, alone());
    const first = await ask(stage, { temperature: 0.2, top_p: 0.9 }, { ...way, maxAttempts: 1 });
    expect(first).toMatchObject({ reply: { text: 'fine' } });
    expect(trail(first)).toBe('m@P request, m@P request, m@P ok');
    expect(first.reply?.failover.attempts.map(({ changes }) => changes)).toEqual([
      undefined,
      ['temperature is left out'],
      ['temperature is left out', 'top_p is left out'],
    ]);
    expect(fieldsSent(stage, 'temperature', 'top_p')).toEqual([{ temperature: 0.2, top_p: 0.9 }, { top_p: 0.9 }, {}]);
    expect(named(stage, 'request-adapted')).toMatchObject([
      { changes: ['temperature is left out'] },
      { changes: ['temperature is left out', 'top_p is left out'] },
    ]);
    expect(refuses(stage)).toEqual(['temperature', 'top_p']);
  });

  it('what says nothing about the answer is left out without a word', async () => {
    const stage = setStage({ P: refusing({ user: 'body.user: Extra inputs are not permitted' }) }, alone());
    const call = await ask(stage, { user: 'u-1' }, { ...way, strictParameters: true, maxAttempts: 1 });
    expect(trail(call)).toBe('m@P request, m@P ok');
    expect(named(stage, 'request-adapted')).toEqual([]);
    expect(named(stage, 'feature-refused')).toMatchObject([{ deployment: 'm@P', feature: 'user' }]);
    expect(trail(await ask(stage, { user: 'u-1' }, { ...way, strictParameters: true }))).toBe('m@P ok');
  });

  it('both names of a limit that are refused are the words of the upstream in the end', async () => {
    const words = { max_tokens: NO_MAX_TOKENS, max_completion_tokens: NO_MAX_COMPLETION_TOKENS };
    const stage = setStage({ P: refusing(words) }, alone());
    const call = await ask(stage, { max_tokens: 9 }, way);
    expect(call.error).toMatchObject({ status: 400, message: NO_MAX_COMPLETION_TOKENS });
    expect(stage.requests).toHaveLength(2);
  });

  it('what is refused in two answers at once loses neither, and is told once', async () => {
    const stage = setStage({ P: refusing({ max_tokens: NO_MAX_TOKENS }, 500) }, alone());
    const calls = [stage.call({ max_tokens: 9 }, way), stage.call({ max_tokens: 9 }, { ...way, maxAttempts: 1 })];
    await stage.until(3);
    expect(calls).toMatchObject([{ reply: { text: 'fine' } }, { reply: { text: 'fine' } }]);
    expect(named(stage, 'feature-refused')).toHaveLength(1);
  });

  it('strictParameters never skips for what was only found out, and asks the next one when it is refused', async () => {
    // As gpt-5.1: a temperature is taken where it is told not to think.
    const P = (request: ScriptedRequest) =>
      refusing(request.body['reasoning_effort'] === 'none' ? {} : { temperature: NO_TEMPERATURE })(request);
    const stage = setStage({ P, S: refusing({}) });
    const strict = { ...way, strictParameters: true };
    const first = await ask(stage, { temperature: 0.2 }, strict);
    expect(trail(first)).toBe('m@P request, m@S ok');
    expect(stage.requests.at(-1)?.body).toMatchObject({ temperature: 0.2 });
    const second = await ask(stage, { temperature: 0.2, reasoning_effort: 'none' }, strict);
    expect(trail(second)).toBe('m@P ok');
    expect(stage.requests.at(-1)?.body).toMatchObject({ temperature: 0.2 });
    // The default is no change.
    expect(trail(await ask(stage, { temperature: 1 }, strict))).toBe('m@P ok');
  });

  it('strictParameters ends in the words of the upstream when nobody takes the request as it is', async () => {
    const stage = setStage({ P: refusing({ temperature: NO_TEMPERATURE }) }, alone());
    const call = await ask(stage, { temperature: 0.2 }, { ...way, strictParameters: true });
    expect(call.error).toMatchObject({ status: 400, message: NO_TEMPERATURE });
  });

  it('strictParameters skips for what is known', async () => {
    const stage = setStage(
      { P: refusing({ temperature: NO_TEMPERATURE }), S: refusing({}) },
      { upstreams: [{ ...upstream('P', ['m']), refuses: ['temperature'] }, upstream('S', ['m'], { priority: 2 })] },
    );
    const call = await ask(stage, { temperature: 0.2 }, { ...way, strictParameters: true });
    expect(trail(call)).toBe('m@S ok');
    expect(call.reply?.failover.skipped).toMatchObject([
      { deployment: 'm@P', reason: 'cannot take the request as it is (temperature is left out)' },
    ]);
  });

  it('a refused parameter is tried again after an hour', async () => {
    const stage = setStage({ P: refusing({ temperature: NO_TEMPERATURE }) }, alone());
    await ask(stage, { temperature: 0.2 }, way);
    await stage.until(3_590);
    expect(trail(await ask(stage, { temperature: 0.2 }, way))).toBe('m@P ok');
    await stage.until(3_601);
    expect(trail(await ask(stage, { temperature: 0.2 }, way))).toBe('m@P request, m@P ok');
  });

  it('strictParameters does not mind the other name of a limit', async () => {
    const stage = setStage({ P: refusing({ max_tokens: NO_MAX_TOKENS }) }, alone());
    const call = await ask(stage, { max_tokens: 9 }, { ...way, strictParameters: true });
    expect(trail(call)).toBe('m@P request, m@P ok');
  });

  it('the wrong value of a parameter is the caller’s to hear', async () => {
    const message = "Invalid 'max_tokens': integer above maximum value.";
    const stage = setStage({ P: refusing({ max_tokens: message }) }, alone());
    const call = await ask(stage, { max_tokens: 9 }, way);
    expect(call.error).toMatchObject({ status: 400, message });
    expect(stage.requests).toHaveLength(1);
    expect(refuses(stage)).toEqual([]);
  });
});

describe('What is known', () => {
  it('of o3 is that it is not told to call one tool at a time, and does not stop at a sequence', async () => {
    const P = refusing({ parallel_tool_calls: 'no', stop: 'no' });
    const stage = setStage(
      { P, S: refusing({}) },
      { upstreams: [upstream('P', ['o3']), upstream('S', ['m'])], chains: { default: ['o3', 'm'] } },
    );
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(trail(await ask(stage, { tools, parallel_tool_calls: false }))).toBe('o3@P ok');
    const stopped = await ask(stage, { stop: 'END' });
    expect(trail(stopped)).toBe('m@S ok');
    expect(stopped.reply?.failover.skipped).toMatchObject([
      { deployment: 'o3@P', reason: 'cannot stop at a sequence' },
    ]);
    expect(fieldsSent(stage, 'stop', 'parallel_tool_calls')).toEqual([{}, { stop: 'END' }]);
  });

  it.each([
    ['gpt-5-mini', { max_completion_tokens: 9 }, ['temperature is left out']],
    ['o3', { max_completion_tokens: 9 }, ['temperature is left out']],
    ['gpt-5.1', { max_completion_tokens: 9, temperature: 0.2 }, undefined],
    ['gpt-4.1', { max_tokens: 9, temperature: 0.2 }, undefined],
    ['their-own', { max_tokens: 9, temperature: 0.2 }, undefined],
  ])('of %s is not found out first', async (model, sent, changes) => {
    const stage = setStage({ P: refusing({}) }, alone(model));
    const call = await ask(stage, { max_tokens: 9, temperature: 0.2 });
    expect(trail(call)).toBe(`${model}@P ok`);
    expect(fieldsSent(stage, 'max_tokens', 'max_completion_tokens', 'temperature')).toEqual([sent]);
    expect(call.reply?.failover.attempts[0]?.changes).toEqual(changes);
    expect(named(stage, 'feature-refused')).toEqual([]);
  });

  it('is what the options say, of an upstream or nearer of a model', async () => {
    const models = { 'gpt-5': {}, m: { refuses: ['top_p'] } };
    const stage = setStage({ P: refusing({}) }, alone('m', { models, refuses: ['max_completion_tokens'] }));
    await ask(stage, { model: 'gpt-5', max_completion_tokens: 9, top_p: 0.5 });
    await ask(stage, { model: 'm', max_completion_tokens: 9, top_p: 0.5 });
    expect(fieldsSent(stage, 'max_tokens', 'max_completion_tokens', 'top_p')).toEqual([
      { max_tokens: 9, top_p: 0.5 },
      { max_completion_tokens: 9 },
    ]);
  });

  it('may be a stream, or its options', async () => {
    const stage = setStage(
      { P: refusing({}) },
      alone('m', { models: { m: { refuses: ['stream-options'] }, n: { refuses: ['stream'] } } }),
    );
    for (const model of ['m', 'n']) {
      const call = stage.stream({ model });
      await stage.until(stage.at() + 1);
      expect(call).toMatchObject({ text: 'fine' });
    }
    expect(fieldsSent(stage, 'stream', 'stream_options')).toEqual([{ stream: true }, {}]);
  });

  it('stays known while the pool changes, unless the options say otherwise', async () => {
    const stage = setStage({ P: refusing({ temperature: NO_TEMPERATURE }) }, alone());
    await ask(stage, { temperature: 0.2 });
    await stage.failover.pool.update('P', { weight: 3 });
    expect(refuses(stage)).toEqual(['temperature']);
    await stage.failover.pool.update('P', { refuses: ['top_p'] });
    expect(refuses(stage)).toEqual(['top_p']);
  });

  it('is corrected by the upstream', async () => {
    const stage = setStage({ P: refusing({ max_completion_tokens: NO_MAX_COMPLETION_TOKENS }) }, alone('o3'));
    expect(trail(await ask(stage, { max_tokens: 9 }))).toBe('o3@P request, o3@P ok');
    expect(trail(await ask(stage, { max_completion_tokens: 9 }))).toBe('o3@P ok');
    expect(refuses(stage)).not.toContain('max_tokens');
    expect(fieldsSent(stage, 'max_tokens', 'max_completion_tokens')).toEqual([
      { max_completion_tokens: 9 },
      { max_tokens: 9 },
      { max_tokens: 9 },
    ]);
  });
});
