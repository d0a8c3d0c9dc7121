/** The events of a streamed reply as chunks: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent */
import { randomUUID } from 'node:crypto';
import { isRecord } from '../../request/bad-request.js';
import type { Fields } from '../../request/bad-request.js';
import type { ChatChunk, ChatChunkChoice, ChatFinishReason } from '../../request/chat-types.js';
import { isEntryIndex } from '../../stream/entry-index.js';
import type { WireHeaders } from '../../transport/transport.js';
import type { StreamDecoder, StreamItem } from '../dialect.js';
import { errorInside, parseJson } from '../json-reply.js';
import { ReplyCallIds } from './call-ids.js';
import { CandidateReader, type Delta } from './candidate-reader.js';
import { fieldsOf, listOf, textOf } from './loose-json.js';
import { blockOf, endOf, logprobsOf, refusalIn, UsageCounts } from './reply-facts.js';

const NOTHING: StreamItem = { kind: 'nothing' };
const MALFORMED: StreamItem = { kind: 'malformed' };

/** The second is how OpenAI ends a stream. Gemini's ends with its last event; what others send says nothing about being whole. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['', '[DONE]']);

/** @param headers of the reply: they may name a wait for the error that comes inside it */
export function createResponseStreamDecoder(headers: WireHeaders): StreamDecoder {
  return new ResponseStreamDecoder(headers);
}

interface OpenCandidate {
  readonly reader: CandidateReader;
  begun: boolean;
  finished: boolean;
}

class ResponseStreamDecoder implements StreamDecoder {
  readonly #headers: WireHeaders;
  readonly #created = Math.floor(Date.now() / 1000);
  #id = '';
  #model = '';
  readonly #ids = new ReplyCallIds();
  readonly #candidates = new Map<number, OpenCandidate>();
  readonly #usage = new UsageCounts();

  constructor(headers: WireHeaders) {
    this.#headers = headers;
  }

  read(data: string, type: string): StreamItem {
    const event = parseJson(data);
    if (type === 'error' || isError(event)) return { kind: 'error', failure: errorInside(this.#headers, data) };
    if (isRecord(event)) return this.#readResponse(event);
    return SAYS_NOTHING.has(data.trim()) ? NOTHING : MALFORMED;
  }

  #readResponse({ candidates, promptFeedback, responseId, modelVersion, usageMetadata }: Fields): StreamItem {
    this.#id ||= textOf(responseId);
    this.#model ||= textOf(modelVersion);
    this.#usage.add(usageMetadata);
    const listed = listOf(candidates).filter(isRecord);
    if (listed.length > 0) return this.#readCandidates(listed);
    const blocked = blockOf(promptFeedback, this.#headers);
    if (blocked !== undefined) return { kind: 'error', failure: blocked };
    if (this.#hasEnded() && isRecord(usageMetadata)) return this.#chunk([]);
    const isResponse = [promptFeedback, responseId, modelVersion, usageMetadata].some((field) => field !== undefined);
    return isResponse ? NOTHING : MALFORMED;
  }

  #readCandidates(listed: readonly Fields[]): StreamItem {
    const choices: ChatChunkChoice[] = [];
    for (const [position, candidate] of listed.entries()) {
      // The first one's index is left out as a rule.
      const index = candidate['index'] ?? position;
      if (!isEntryIndex(index)) return MALFORMED;
      const choice = this.#readCandidate(candidate, index);
      if (choice === undefined) continue;
      if ('kind' in choice) return choice;
      choices.push(choice);
    }
    return choices.length === 0 ? NOTHING : this.#chunk(choices);
  }

  /** @returns an item in the place of a choice where the whole event is of no use; undefined for one that says nothing */
  #readCandidate(candidate: Fields, index: number): ChatChunkChoice | StreamItem | undefined {
    const open = this.#candidateAt(index);
    const delta = open.reader.read(fieldsOf(candidate['content'])['parts'], this.#id);
    if (delta === undefined) return MALFORMED;
    const end = open.finished ? undefined : endOf(textOf(candidate['finishReason']), open.reader);
    if (typeof end === 'object') return { kind: 'error', failure: end };
    const logprobs = logprobsOf(candidate['logprobsResult']);
    if (end === undefined && logprobs === null && Object.keys(delta).length === 0) return undefined;
    const finish: ChatFinishReason | null = end ?? null;
    const said = this.#said(open, delta, refusalIn(candidate, finish));
    open.finished ||= finish !== null;
    return { index, delta: said, logprobs, finish_reason: finish };
  }

  #said(open: OpenCandidate, delta: Delta, refusal: string | undefined): Delta {
    const role: Delta = open.begun ? {} : { role: 'assistant', content: '' };
    open.begun = true;
    return { ...role, ...delta, ...(refusal === undefined ? {} : { refusal }) };
  }

  #candidateAt(index: number): OpenCandidate {
    let open = this.#candidates.get(index);
    if (open === undefined) {
      open = { reader: new CandidateReader(this.#ids), begun: false, finished: false };
      this.#candidates.set(index, open);
    }
    return open;
  }

  #hasEnded(): boolean {
    return this.#candidates.size > 0 && [...this.#candidates.values()].every(({ finished }) => finished);
  }

  /** Every event brings the usage so far; it is told at the end. */
  #chunk(choices: ChatChunkChoice[]): StreamItem {
    const usage = this.#hasEnded() ? this.#usage.whole() : undefined;
    // Some imitations give none, and of chunks without an id the `openai` package drops the usage.
    this.#id ||= `chatcmpl-${randomUUID()}`;
    const chunk: ChatChunk = {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices,
      ...(usage === undefined ? {} : { usage }),
    };
    return { kind: 'chunk', chunk, asItCame: false };
  }
}

/** As Google reports it, alone or in a list. */
function isError(event: unknown): boolean {
  const first: unknown = Array.isArray(event) ? event[0] : event;
  return Boolean(fieldsOf(first)['error']);
}
