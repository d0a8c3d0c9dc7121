/** The official `openai` package has its answer through every fault, having asked once. */
import { fail } from '@ai-failover/testing';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { FAULTS } from './faults.ts';
import { QUESTION, startStage, TEXT, type StageOptions } from './stage.ts';

const ASKED = { model: 'm', messages: [...QUESTION] };

/** The ways in which an application asks, all of which end in a completion. */
const WAYS: readonly {
  readonly way: string;
  readonly endpoint?: StageOptions['endpoint'];
  readonly ask: (client: OpenAI, request: typeof ASKED) => Promise<OpenAI.ChatCompletion>;
}[] = [
  { way: 'whole', ask: (client, request) => client.chat.completions.create(request) },
  {
    way: 'whole and streamed inside',
    endpoint: { call: { streamInside: true } },
    ask: (client, request) => client.chat.completions.create(request),
  },
  { way: 'streamed', ask: (client, request) => client.chat.completions.stream(request).finalChatCompletion() },
];

describe.each(WAYS)('An answer that is asked for $way is the whole of it after', ({ endpoint, ask }) => {
  it.each(FAULTS)('$fault', async (row) => {
    const { openai, visits, failover, P } = await startStage({ ...row, endpoint });
    await row.before?.(P);
    const { choices } = await ask(openai({ maxRetries: 2 }), ASKED);
    expect(choices).toMatchObject([{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }]);
    expect(visits).toHaveLength(1);
    expect(failover.status().calls).toMatchObject({ total: 1, answered: 1, canned: 0, failed: 0, aborted: 0 });
  });
});

describe.each(WAYS)('When all upstreams are down, an answer that is asked for $way', ({ endpoint, ask }) => {
  const down: StageOptions = { P: fail(503), S: fail(500), endpoint };

  it('is the canned one', async () => {
    const { openai, visits } = await startStage({
      ...down,
      options: { cannedReply: { en: 'Back soon.', de: 'Bis gleich.' } },
    });
    const client = openai({ maxRetries: 2, defaultHeaders: { 'accept-language': 'de-AT' } });
    const { choices } = await ask(client, ASKED);
    expect(choices).toMatchObject([{ message: { role: 'assistant', content: 'Bis gleich.' }, finish_reason: 'stop' }]);
    expect(visits).toHaveLength(1);
  });

  it('is an error where nothing is canned, or where JSON is wanted', async () => {
    const { openai } = await startStage(down);
    await expect(ask(openai(), ASKED)).rejects.toMatchObject({ status: 502 });
    const canned = await startStage({ ...down, options: { cannedReply: 'Back soon.' } });
    const json = { ...ASKED, response_format: { type: 'json_object' as const } };
    await expect(ask(canned.openai(), json)).rejects.toMatchObject({ status: 502 });
  });
});
