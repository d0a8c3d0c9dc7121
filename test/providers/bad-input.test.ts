/** What a provider does not take because of what was asked: the official `openai` package hears a clear 400, whoever stands behind us. */
import { fail } from '@ai-failover/testing';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { serveEndpoint } from '../clients/stage.ts';
import { type Dialect, DIALECTS, engineOf, NAMES, startEmulation } from './emulation.ts';

type Request = Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, 'messages' | 'tools'>;

const QUESTION = { role: 'user' as const, content: 'What is this?' };
const WRONG_TOOL: Request = {
  messages: [QUESTION],
  tools: [{ type: 'function', function: { name: 'find', parameters: { type: 'objekt' } } }],
};
const picture = (url: string): Request => ({
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: QUESTION.content },
        { type: 'image_url', image_url: { url } },
      ],
    },
  ],
});
const TIFF = picture('data:image/tiff;base64,AAAA');
const INSECURE = picture('http://images.example/cat.png');

const ofOpenAI = (message: string, code: string | null) => ({
  error: { message, type: 'invalid_request_error', param: null, code },
});
const WRONG_SCHEMA = "Invalid schema for function 'find': 'objekt' is not valid under any of the given schemas.";
const WRONG_IMAGE =
  "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].";

interface Refusal {
  readonly body: object;
  readonly message: string;
}

const BY_OPENAI = {
  schema: { body: ofOpenAI(WRONG_SCHEMA, 'invalid_function_parameters'), message: WRONG_SCHEMA },
  image: { body: ofOpenAI(WRONG_IMAGE, 'invalid_image_format'), message: WRONG_IMAGE },
};

/** In each provider's form: https://platform.openai.com/docs/guides/error-codes, …claude.com/docs/en/api/errors, …google.dev/gemini-api/docs/troubleshooting */
const REFUSALS: Readonly<Record<Dialect, { readonly schema: Refusal; readonly image: Refusal }>> = {
  openai: BY_OPENAI,
  azure: BY_OPENAI,
  anthropic: {
    schema: {
      body: {
        type: 'error',
        error: { type: 'invalid_request_error', message: "tools.0.custom.input_schema.type: Input should be 'object'" },
        request_id: 'req_011',
      },
      message: "tools.0.custom.input_schema.type: Input should be 'object'",
    },
    image: {
      body: { type: 'error', error: { type: 'invalid_request_error', message: 'Could not process image' } },
      message: 'Could not process image',
    },
  },
  gemini: {
    schema: {
      body: {
        error: {
          code: 400,
          message: "Invalid value at 'tools[0].function_declarations[0]'",
          status: 'INVALID_ARGUMENT',
        },
      },
      message: "Invalid value at 'tools[0].function_declarations[0]'",
    },
    image: {
      body: { error: { code: 400, message: 'Unable to process input image.', status: 'INVALID_ARGUMENT' } },
      message: 'Unable to process input image.',
    },
  },
};

/** What is known before anything is sent. */
const OBJECTIONS = {
  anthropic: ['cannot take images of image/tiff', 'cannot take images by other URLs than https: and data:'],
  gemini: ['cannot take images of image/tiff', 'cannot take images by other URLs than https: and data:'],
} as const;

async function start(...dialects: readonly Dialect[]) {
  const emulation = await startEmulation();
  emulation.mock.on({ predicate: () => true }, { content: 'A cat.' });
  const failover = engineOf(dialects.map((dialect) => [dialect, emulation.wire]));
  const { openai } = await serveEndpoint(failover);
  return { emulation, failover, completions: openai().chat.completions };
}

const WAYS = {
  whole: (completions: OpenAI.Chat.Completions, request: Request, dialect: Dialect) =>
    completions.create({ ...request, model: DIALECTS[dialect].model }),
  streamed: (completions: OpenAI.Chat.Completions, request: Request, dialect: Dialect) =>
    completions.stream({ ...request, model: DIALECTS[dialect].model }).finalChatCompletion(),
};

async function expectBadRequest(answer: Promise<unknown>, message: string, more: object = {}): Promise<void> {
  const thrown: unknown = await answer.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(OpenAI.BadRequestError);
  expect(thrown).toMatchObject({ status: 400, type: 'invalid_request_error', message: `400 ${message}`, ...more });
}

describe.each(NAMES)('%s', (dialect) => {
  describe.each(['whole', 'streamed'] as const)('%s', (way) => {
    it.each(['schema', 'image'] as const)('a refused %s is told in the words of the provider, once', async (what) => {
      const { emulation, completions } = await start(dialect);
      const { body, message } = REFUSALS[dialect][what];
      emulation.wire.script(fail(400, { body }));
      const request = what === 'schema' ? WRONG_TOOL : picture('data:image/png;base64,AAAA');
      await expectBadRequest(WAYS[way](completions, request, dialect), message);
      expect(emulation.wire.requests).toHaveLength(1);
    });

    it('an unknown role is told without asking', async () => {
      const { emulation, completions } = await start(dialect);
      const messages: unknown = [QUESTION, { role: 'robot', content: 'Hello' }];
      const request = { messages: messages as Request['messages'] };
      const words = 'must be one of system, developer, user, assistant, tool, function; found "robot".';
      const param = 'messages[1].role';
      await expectBadRequest(WAYS[way](completions, request, dialect), `${param} ${words}`, { param });
      expect(emulation.wire.requests).toEqual([]);
    });
  });
});

describe.each(['anthropic', 'gemini'] as const)('%s', (dialect) => {
  describe.each([
    ['an image of a kind that it does not read', TIFF, 0],
    ['an image by an address that it does not fetch', INSECURE, 1],
  ] as const)('%s', (_what, request, at) => {
    it.each(['whole', 'streamed'] as const)('is a 400 where nobody else is left, %s', async (way) => {
      const { emulation, completions } = await start(dialect);
      const reason = `${DIALECTS[dialect].model} ${OBJECTIONS[dialect][at]}`;
      const words = `No model of this chain can serve the request: ${reason}.`;
      await expectBadRequest(WAYS[way](completions, request, dialect), words);
      expect(emulation.wire.requests).toEqual([]);
    });

    it('goes to the next provider, and the reason is told', async () => {
      const { emulation, failover } = await start(dialect, 'openai');
      const reply = await failover.chat(request);
      expect(reply.text).toBe('A cat.');
      expect(reply.failover).toMatchObject({ upstream: 'openai', attempts: [{ outcome: 'ok' }] });
      expect(reply.failover.skipped).toMatchObject([
        { deployment: `${DIALECTS[dialect].model}@${dialect}`, reason: OBJECTIONS[dialect][at] },
      ]);
      expect(emulation.wire.requests).toHaveLength(1);
    });
  });
});
