/** What the official `openai` package is told when there is no answer: the right error, once and for all. */
import { continueAnswer, fail, hang, reset, sse, type Reply, type Script } from '@ai-failover/testing';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { CHOICES, giving, LOGPROBS, TOOLS, type Answer } from './answers.ts';
import { QUESTION, startStage, TEXT, type StageOptions } from './stage.ts';

const ASKED = { model: 'm', messages: [...QUESTION] };
const FORMS = [
  { form: 'whole', stream: false },
  { form: 'streamed', stream: true },
] as const;

/** A client as everybody has it, which tries twice again where it may. */
const USUAL = { maxRetries: 2 };

type ErrorClass = abstract new (...given: never) => InstanceType<typeof OpenAI.APIError>;

/** What the client throws, of this class. */
async function thrown<Thrown extends ErrorClass>(
  promise: Promise<unknown>,
  kind: Thrown,
): Promise<InstanceType<Thrown>> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(kind);
  return error as InstanceType<Thrown>;
}

/** Both upstreams do the same. */
function both(script: Script, more: StageOptions = {}): StageOptions {
  return { P: script, S: script, ...more };
}

describe.each(FORMS)('An error instead of an answer, $form', ({ stream }) => {
  it('is a BadRequestError that names the parameter, before anybody is asked', async () => {
    const { openai, visits, P } = await startStage();
    const error = await thrown(
      openai(USUAL).chat.completions.create({ ...ASKED, stream, temperature: 3 }),
      OpenAI.BadRequestError,
    );
    expect(error).toMatchObject({ status: 400, param: 'temperature', type: 'invalid_request_error', code: null });
    expect(error.message).toContain('temperature must be a number from 0 to 2');
    expect(error.requestID).toMatch(/\S/);
    expect([visits.length, P.requests.length]).toEqual([1, 0]);
  });

  it("is a BadRequestError in the provider's words and with its code, and nobody else is asked", async () => {
    const message = 'The prompt was filtered';
    const { openai, visits, P, S } = await startStage({ P: fail(400, { code: 'content_filter', message }) });
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, stream }), OpenAI.BadRequestError);
    expect(error).toMatchObject({ status: 400, code: 'content_filter', message: `400 ${message}` });
    expect([visits.length, P.requests.length, S.requests.length]).toEqual([1, 1, 0]);
  });

  it('is an AuthenticationError when the application does not know the key', async () => {
    const keys: unknown[] = [];
    const authorize = ({ headers }: { headers: NodeJS.Dict<unknown> }): boolean => {
      keys.push(headers['authorization']);
      return headers['authorization'] === 'Bearer sk-good';
    };
    const { openai, visits, P } = await startStage({ endpoint: { authorize } });
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, stream }), OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(keys).toEqual(['Bearer sk-client']);
    expect([visits.length, P.requests.length]).toEqual([1, 0]);
    await openai({ apiKey: 'sk-good' }).chat.completions.create({ ...ASKED, stream: false });
    expect(P.requests).toHaveLength(1);
  });

  it('is an InternalServerError that says nothing when the application fails to tell', async () => {
    const authorize = async (): Promise<boolean> => {
      throw new Error('the database of keys is at db.internal');
    };
    const { openai, visits } = await startStage({ endpoint: { authorize } });
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, stream }), OpenAI.InternalServerError);
    expect(error.status).toBe(500);
    expect(JSON.stringify(error.error)).not.toContain('db.internal');
    expect(visits).toHaveLength(1);
  });

  it('is a NotFoundError for a model that nobody has', async () => {
    const { openai, visits } = await startStage();
    const create = openai(USUAL).chat.completions.create({ ...ASKED, stream, model: 'gpt-9' });
    const error = await thrown(create, OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(visits).toHaveLength(1);
  });

  it('is a RateLimitError with a true hint, and the client does not try again', async () => {
    const script = fail(429, { headers: { 'retry-after': '17' } });
    const { openai, visits, P, S } = await startStage(both(script));
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, stream }), OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    expect(error.headers.get('retry-after')).toBe('17');
    expect([visits.length, P.requests.length, S.requests.length]).toEqual([1, 1, 1]);
  });

  it('is an InternalServerError when all fail, and the client does not try again', async () => {
    const { openai, visits, P, S } = await startStage(both(fail(503)));
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, stream }), OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 502, code: 'AIF_EXHAUSTED', type: 'server_error' });
    expect(error.headers.get('x-should-retry')).toBe('false');
    expect(error.message).not.toMatch(/127\.0\.0\.1|sk-|@/);
    expect(visits).toHaveLength(1);
    expect(P.requests.length + S.requests.length).toBeLessThanOrEqual(3);
  });

  it('says when to come back when nobody may be asked', async () => {
    const { openai, visits, failover, P, S } = await startStage(
      both(reset(), { options: { breaker: { consecutiveFailures: 1 } } }),
    );
    const client = openai(USUAL);
    await thrown(client.chat.completions.create({ ...ASKED, stream }), OpenAI.InternalServerError);
    expect(failover.status().deployments.map(({ available }) => available)).toEqual([false, false]);
    const asked = P.requests.length + S.requests.length;
    const error = await thrown(client.chat.completions.create({ ...ASKED, stream }), OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 503, code: 'AIF_UNAVAILABLE' });
    expect(Number(error.headers.get('retry-after'))).toBeGreaterThan(0);
    expect([visits.length, P.requests.length + S.requests.length]).toEqual([2, asked]);
  });

  it('is an InternalServerError at the deadline', async () => {
    const { openai, visits } = await startStage(both(hang(), { endpoint: { call: { deadline: 100 } } }));
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, stream }), OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 504, code: 'AIF_DEADLINE' });
    expect(visits).toHaveLength(1);
  });

  it('is an APIError when the prompt is too large', async () => {
    const { openai, visits } = await startStage({ endpoint: { maxRequestBytes: 50_000 } });
    const messages = [{ role: 'user' as const, content: 'x'.repeat(200_000) }];
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, messages, stream }), OpenAI.APIError);
    expect(error).toMatchObject({ status: 413, type: 'invalid_request_error' });
    expect(visits).toHaveLength(1);
  });

  it('is an InternalServerError when the engine has been closed', async () => {
    const { openai, failover, visits } = await startStage();
    await failover.close();
    const error = await thrown(openai(USUAL).chat.completions.create({ ...ASKED, stream }), OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 503, code: 'AIF_CLOSED' });
    expect(visits).toHaveLength(1);
  });
});

describe('Elsewhere', () => {
  it('a model that is not in the list is a NotFoundError', async () => {
    const { openai, visits } = await startStage();
    const error = await thrown(openai(USUAL).models.retrieve('gpt-9'), OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(visits).toHaveLength(1);
  });

  it("the list of stored completions is not there, nor what is none of the endpoint's business", async () => {
    const { openai } = await startStage();
    const error = await thrown(openai().get('/chat/completions'), OpenAI.APIError);
    expect(error.status).toBe(405);
    await thrown(openai().embeddings.create({ model: 'm', input: 'x' }), OpenAI.NotFoundError);
  });
});

describe('An answer that breaks off and cannot be gone on with', () => {
  const broken = continueAnswer(TEXT).closeAfter({ events: 12 });
  const toError = { endpoint: { call: { onStreamFailure: 'error' } } } as const;

  it('is an APIError while it is read, behind all that has come, and the client does not ask again', async () => {
    const { openai, visits, failover } = await startStage({ P: broken, ...toError });
    const stream = await openai(USUAL).chat.completions.create({ ...ASKED, stream: true });
    let text = '';
    let finished = false;
    async function read(): Promise<void> {
      for await (const { choices } of stream) {
        text += choices[0]?.delta.content ?? '';
        finished ||= choices[0]?.finish_reason !== null;
      }
    }
    const error = await thrown(read(), OpenAI.APIError);
    expect(error).toMatchObject({ status: undefined, code: 'AIF_INTERRUPTED', type: 'server_error' });
    expect(error.requestID).toMatch(/\S/);
    expect([TEXT.startsWith(text), text.length > 30, finished]).toEqual([true, true, false]);
    expect(visits).toHaveLength(1);
    expect(failover.status().calls).toMatchObject({ answered: 0, failed: 1 });
  });

  it('is no final completion of the assembled stream', async () => {
    const { openai } = await startStage({ P: broken, ...toError });
    const running = openai(USUAL).chat.completions.stream(ASKED);
    const errors: unknown[] = [];
    running.on('error', (error) => errors.push(error));
    const error = await thrown(running.finalChatCompletion(), OpenAI.APIError);
    expect(error.code).toBe('AIF_INTERRUPTED');
    expect(errors).toEqual([error]);
  });

  it('is an error too when nobody is left who could go on', async () => {
    const { openai, S } = await startStage({ P: [broken, fail(503)], S: fail(503) });
    const error = await thrown(openai(USUAL).chat.completions.stream(ASKED).done(), OpenAI.APIError);
    expect(error.code).toBe('AIF_INTERRUPTED');
    expect(S.requests.length).toBeGreaterThan(0);
  });

  it.each([TOOLS, CHOICES, LOGPROBS])('is an error where two generations would be mixed: $name', async (given) => {
    const { openai, S } = await startStage({ P: brokenOff(given), S: giving(given) });
    const running = openai(USUAL).chat.completions.stream({ ...ASKED, ...given.asked });
    const error = await thrown(running.finalChatCompletion(), OpenAI.APIError);
    expect(error.code).toBe('AIF_INTERRUPTED');
    expect(S.requests).toHaveLength(0);
  });

  it.each([TOOLS, CHOICES, LOGPROBS])('is whole all the same when the client wants no stream: $name', async (given) => {
    const { openai } = await startStage({
      P: brokenOff(given),
      S: giving(given),
      endpoint: { call: { streamInside: true } },
    });
    const completion = await openai(USUAL).chat.completions.create({ ...ASKED, stream: false, ...given.asked });
    expect(completion).toEqual(given.whole);
  });
});

/** In content, whatever it is. */
function brokenOff({ chunks }: Answer): Reply {
  return sse(chunks.map((data) => ({ data }))).closeAfter({ events: chunks.length - 1 });
}
