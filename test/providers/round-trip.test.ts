/**
 * Whatever conversation is sent to whatever provider, what an emulation of it reads is what was said: texts, calls with their ids and
 * arguments, results, tools, all in their order.
 */
import type { ChatMessage, ChatRequest } from '@ai-failover/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ASKS,
  type Dialect,
  DIALECTS,
  type Emulation,
  engineOf,
  NAMES,
  startEmulation,
  understoodBy,
} from './emulation.ts';

/** Of any script, never blank, with nothing at its ends that a provider might trim. */
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .map((words) => `<${words.replaceAll('\0', '0')}>`);
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,15}$/);
const value = fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' });
/** Fields of an own kind of object cannot be told from data everywhere. */
const given = fc.dictionary(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__'),
  value,
  { maxKeys: 4 },
);

const tools = fc.uniqueArray(
  fc.record({ name, description: text, fields: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }) }),
  { minLength: 1, maxLength: 3, selector: (tool) => tool.name },
);

type GivenTool = { readonly name: string; readonly description: string; readonly fields: readonly string[] };

const content = fc.oneof(
  text,
  fc.array(
    text.map((words) => ({ type: 'text' as const, text: words })),
    { minLength: 1, maxLength: 3 },
  ),
);
const call = fc.record({ tool: fc.nat(), arguments: given, result: text });
const round = fc.record({
  question: content,
  calls: fc.array(call, { maxLength: 3 }),
  before: fc.option(text, { nil: null }),
  /** In which order the results come: the first n stand last. */
  turned: fc.nat(2),
  answer: text,
});

const conversation = fc.record({
  system: fc.option(text, { nil: undefined }),
  tools,
  rounds: fc.array(round, { maxLength: 3 }),
  last: content,
});

type Given = typeof conversation extends fc.Arbitrary<infer Value> ? Value : never;

function messagesOf({ system, rounds, last, tools: known }: Given): ChatMessage[] {
  const messages: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  for (const [number, { question, calls, before, turned, answer }] of rounds.entries()) {
    messages.push({ role: 'user', content: question });
    if (calls.length > 0) {
      const made = calls.map(({ tool, arguments: written, result }, at) => ({
        id: `call_${number}_${at}`,
        name: nameAt(known, tool),
        written,
        result,
      }));
      messages.push({
        role: 'assistant',
        content: before,
        tool_calls: made.map((one) => ({
          id: one.id,
          type: 'function',
          function: { name: one.name, arguments: JSON.stringify(one.written) },
        })),
      });
      const results = [...made.slice(turned), ...made.slice(0, turned)];
      for (const { id, result } of results) messages.push({ role: 'tool', tool_call_id: id, content: result });
    }
    messages.push({ role: 'assistant', content: answer });
  }
  messages.push({ role: 'user', content: last });
  return messages;
}

function nameAt(known: readonly GivenTool[], at: number): string {
  return known[at % known.length]?.name ?? '';
}

/** Gemini is told results in the order of their calls. */
function inOrder(all: Given): Given {
  return {
    ...all,
    rounds: all.rounds.map(({ question, calls, before, answer }) => ({ question, calls, before, answer, turned: 0 })),
  };
}

function requestOf(all: Given): ChatRequest {
  return { messages: messagesOf(all), tools: toolsOf(all) };
}

function toolsOf({ tools: known }: Given) {
  return known.map(({ name: called, description, fields }) => {
    const properties = Object.fromEntries(fields.map((field) => [field, { type: 'string' }]));
    return {
      type: 'function',
      function: { name: called, description, parameters: { type: 'object', properties } },
    } as const;
  });
}

/** What is said, in its order; how texts are cut into parts and messages differs between the forms. */
function said(messages: readonly unknown[]): string[] {
  const all: string[] = [];
  let role = '';
  const say = (by: string, words: string): void => {
    if (words === '') return;
    if (by === role && by !== 'tool') all.push((all.pop() ?? '') + words);
    else all.push(`${by}: ${words}`);
    role = by;
  };
  for (const message of messages as readonly ChatMessage[]) {
    if (message.role === 'tool') {
      all.push(`result of ${message.tool_call_id}: ${unwrapped(textOf(message.content))}`);
      role = '';
      continue;
    }
    say(message.role, textOf(message.content));
    if (message.role !== 'assistant') continue;
    for (const made of message.tool_calls ?? []) {
      if (made.type !== 'function') throw new Error('there are functions only');
      all.push(`call ${made.id} ${made.function.name} ${JSON.stringify(sorted(JSON.parse(made.function.arguments)))}`);
      role = '';
    }
  }
  return all;
}

/** Gemini takes an object: what is none is said as its `output`, and the emulation writes that as JSON. */
function unwrapped(result: string): string {
  if (!result.startsWith('{')) return result;
  const { output } = JSON.parse(result) as { readonly output: string };
  return output;
}

function textOf(written: unknown): string {
  if (typeof written === 'string') return written;
  if (!Array.isArray(written)) return '';
  return (written as readonly { readonly text?: string }[]).map((part) => part.text ?? '').join('');
}

/** Without an order of fields, and with one zero. */
function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (json === 0) return 0;
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).map(([key, inner]): [string, unknown] => [key, sorted(inner)]);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

interface WireTool {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: object;
  readonly parametersJsonSchema?: object;
}

/** The emulation does not read the schemas of Gemini's tools where they are written as JSON schemas: they are looked at on the wire. */
function toolsUnderstood(dialect: Dialect, { mock, wire }: Emulation): unknown {
  const understood = (understoodBy({ mock, wire }).tools ?? []).map((tool) => tool.function);
  if (dialect !== 'gemini') return understood.map(outlineOf);
  expect(understood.map((tool) => tool.name)).toEqual(declaredIn(wire).map((tool) => tool.name));
  return declaredIn(wire).map(outlineOf);
}

function declaredIn({ requests }: Emulation['wire']): readonly WireTool[] {
  const { tools: sent } = requests.at(-1)?.json() ?? {};
  const [first] = sent as readonly { readonly functionDeclarations: readonly WireTool[] }[];
  return first?.functionDeclarations ?? [];
}

function outlineOf({ name: called, description, parameters, parametersJsonSchema: schema = parameters }: WireTool) {
  return { called, description, schema };
}

describe.each(NAMES)('Whatever is said to %s', (dialect) => {
  it('is read there as it was said', async () => {
    const emulation = await startEmulation();
    emulation.mock.onMessage(/[\s\S]*/, { content: 'fine' });
    const failover = engineOf([[dialect, emulation.wire]]);
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(conversation, fc.constantFrom('chat', 'stream'), async (all, way) => {
        const request = requestOf(all);
        const heard = await ASKS[way](failover, { model: DIALECTS[dialect].model, ...request });
        asked += 1;
        expect(heard.text).toBe('fine');
        const understood = understoodBy(emulation);
        expect(said(understood.messages)).toEqual(
          said(dialect === 'gemini' ? messagesOf(inOrder(all)) : request.messages),
        );
        expect(toolsUnderstood(dialect, emulation)).toEqual(toolsOf(all).map((tool) => outlineOf(tool.function)));
      }),
      { numRuns: 60 },
    );
    expect(asked).toBe(60);
  });
});
