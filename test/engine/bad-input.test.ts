/** What nobody can answer because of what was asked: a clear 400 for whoever asked, also through the endpoint in OpenAI's form. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CallError, createFailover, serveEndpoint, type Failover, type FailoverOptions } from '@ai-failover/core';
import { answerWith, createScriptedTransport, failWith, type ScriptedReply } from '@ai-failover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CANNED, upstream } from '../traces/stage.ts';

const user = { role: 'user', content: 'Hello' };
const holding = (url: string): object => ({
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
});
const CAT = holding('https://example.com/cat.png');
const TOOLS = [{ type: 'function', function: { name: 'find', parameters: { type: 'objekt' } } }];

interface Row {
  readonly title: string;
  readonly options: Pick<FailoverOptions, 'upstreams'>;
  readonly request: object;
  readonly reply?: ScriptedReply;
  /** How many upstreams are asked until the fault is known. */
  readonly asked: number;
  /** As OpenAI's clients are told it. */
  readonly error: { readonly message: string; readonly param: string | null; readonly code: string | null };
}

const TWO_BLIND = { upstreams: [upstream('P', ['gpt-3.5-turbo', 'deepseek-v3.2']), upstream('S', ['deepseek-v3.2'])] };
const TWO = { upstreams: [upstream('P', ['m']), upstream('S', ['m', 'n'])] };
const CLAUDE = { upstreams: [upstream('P', ['claude-sonnet-4.5'], { provider: 'anthropic' })] };

const ROWS: readonly Row[] = [
  {
    title: 'An image that no model can see',
    options: TWO_BLIND,
    request: CAT,
    asked: 0,
    error: {
      message: 'No model of this chain can serve the request: gpt-3.5-turbo and deepseek-v3.2 cannot see images.',
      param: null,
      code: null,
    },
  },
  {
    title: 'An image that its provider cannot take',
    options: CLAUDE,
    request: holding('data:image/tiff;base64,AAAA'),
    asked: 0,
    error: {
      message: 'No model of this chain can serve the request: claude-sonnet-4.5 cannot take images of image/tiff.',
      param: null,
      code: null,
    },
  },
  {
    title: 'A prompt that is too long for every model',
    options: { upstreams: [upstream('P', { m: { contextWindow: 100 } })] },
    request: { messages: [{ role: 'user', content: 'long '.repeat(200) }] },
    asked: 0,
    error: {
      message:
        'No model of this chain can serve the request: ' +
        'm cannot take a prompt of about 197 tokens, because its window is 100.',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  },
  {
    title: 'An unknown role',
    options: TWO,
    request: { messages: [user, { role: 'robot', content: 'Hello' }] },
    asked: 0,
    error: {
      message: 'messages[1].role must be one of system, developer, user, assistant, tool, function; found "robot".',
      param: 'messages[1].role',
      code: null,
    },
  },
  {
    title: 'A tool schema that the provider refuses',
    options: TWO,
    request: { messages: [user], tools: TOOLS },
    reply: failWith(400, {
      body: {
        error: {
          message: "Invalid schema for function 'find': 'objekt' is not valid under any of the given schemas.",
          type: 'invalid_request_error',
          param: 'tools[0].function.parameters',
          code: 'invalid_function_parameters',
        },
      },
    }),
    asked: 1,
    error: {
      message: "Invalid schema for function 'find': 'objekt' is not valid under any of the given schemas.",
      param: null,
      code: 'invalid_function_parameters',
    },
  },
  {
    title: 'A tool schema that a provider with another form refuses',
    options: CLAUDE,
    request: { messages: [user], tools: TOOLS },
    reply: failWith(400, {
      body: {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'tools.0.custom.input_schema.type: Input should be object' },
      },
    }),
    asked: 1,
    error: {
      message: 'tools.0.custom.input_schema.type: Input should be object',
      param: null,
      code: 'invalid_request_error',
    },
  },
  {
    title: 'Options for a provider that are no object',
    options: TWO,
    request: { messages: [user], providerOptions: { openai: 'fast' } },
    asked: 0,
    error: {
      message: 'providerOptions.openai must be an object of fields, not a string.',
      param: 'providerOptions.openai',
      code: null,
    },
  },
];

/** An engine that would rather give a canned reply, and who was asked. */
function start({ options, reply = answerWith('no') }: Row) {
  const transport = createScriptedTransport(() => reply);
  const failover = createFailover<string, string, string>(
    { ...options, cannedReply: CANNED },
    { createTransport: transport.createTransport, random: () => 0 },
  );
  onTestFinished(() => failover.close());
  return { failover, requests: transport.requests };
}

/** To an endpoint in front of the engine, as OpenAI's clients do it. */
async function post(failover: Failover, body: object): Promise<Response> {
  const server = createServer((req, res) => void serveEndpoint(failover, req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  });
}

describe.each(ROWS)('$title', (row) => {
  const { request, asked, error } = row;

  it('is a bad request, and no canned reply', async () => {
    const { failover, requests } = start(row);
    const thrown: unknown = await failover.chat(request as never).catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(CallError);
    expect(thrown).toMatchObject({ kind: 'bad-request', status: 400, message: error.message });
    expect(requests).toHaveLength(asked);
  });

  it.each([false, true])("is told to OpenAI's clients in OpenAI's form, stream %s", async (stream) => {
    const { failover, requests } = start(row);
    const response = await post(failover, { ...request, stream });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([400, 'false']);
    expect(await response.json()).toEqual({ error: { type: 'invalid_request_error', ...error } });
    expect(requests).toHaveLength(asked);
  });
});

describe('Who could not serve a request', () => {
  it('stands in the headers of an answer where the application wants it known', async () => {
    const options = { upstreams: [upstream('P', ['gpt-3.5-turbo', 'gpt-4o'])] };
    const transport = createScriptedTransport(() => answerWith('a cat'));
    const failover = createFailover<string, string>({ ...options, expose: true }, transport);
    onTestFinished(() => failover.close());
    const response = await post(failover, CAT);
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'a cat' } }] });
    expect(response.headers.get('x-ai-failover-skipped')).toBe('gpt-3.5-turbo@P cannot see images');
    expect(response.headers.get('x-ai-failover-trail')).toBe('gpt-4o@P ok');
  });
});
