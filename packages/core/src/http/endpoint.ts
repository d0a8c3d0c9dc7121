/** An endpoint for OpenAI's clients: chat completions and the list of models. All adapters are made of this. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Failover } from '../failover.js';
import type { ClientExchange } from './client-call.js';
import { badRequest, isRecord } from '../request/bad-request.js';
import type { ChatRequest } from '../request/chat-types.js';
import { hasLeft } from './disconnect.js';
import type { EndpointOptions } from './endpoint-options.js';
import { endpointRoute, type EndpointRoute } from './endpoint-route.js';
import { mergeCallOptions, type RequestCallOptions } from './merge-options.js';
import { listedModel, modelList } from './model-list.js';
import { readBody } from './read-body.js';
import { Refusal } from './refusal.js';
import { setRequestId } from './request-id.js';
import { respond } from './respond.js';
import { sendError } from './send-error.js';
import { sendJson } from './send-json.js';

const MAX_REQUEST_BYTES = 10_485_760;
const CHAIN_HEADER = 'x-ai-failover-chain';

/**
 * Answers `POST …/chat/completions`, `GET …/models` and `GET …/models/:id`, by the end of the path. Resolves `false`, with nothing
 * touched, when the request is for somebody else; never rejects: every error becomes a response in OpenAI's form.
 *
 * Without `authorize` everybody who reaches it may ask.
 *
 * @example
 * createServer(async (req, res) => {
 *   if (!(await serveEndpoint(failover, req, res, { authorize }))) res.writeHead(404).end();
 * });
 */
export async function serveEndpoint<Model extends string, Chain extends string, Req extends IncomingMessage>(
  failover: Failover<Model, Chain>,
  req: Req,
  res: ServerResponse,
  options: EndpointOptions<Chain, Req> = {},
  { takeOver, body }: EndpointPlace = {},
): Promise<boolean> {
  const route = endpointRoute(req, failover.names);
  // Preflights are answered by whoever knows the rules of CORS.
  if (route === undefined || req.method === 'OPTIONS') return false;
  try {
    await serve(route, { failover, req, res, options, takeOver, body });
  } catch (error) {
    if (hasLeft(error)) return true;
    if (!res.headersSent) takeOver?.();
    sendError(req, res, error);
  }
  return true;
}

/** What frameworks keep in places of their own. */
export interface EndpointPlace {
  /** Called when something is about to be written, before status and headers are set. See `bind`. */
  readonly takeOver?: (() => void) | undefined;
  /** The parsed body. @default `req.body`, else it is read from `req` */
  readonly body?: unknown;
}

interface Visit<Model extends string, Chain extends string, Req extends IncomingMessage>
  extends ClientExchange<Model, Chain>, EndpointPlace {
  readonly req: Req;
  readonly options: EndpointOptions<Chain, Req>;
}

async function serve<Model extends string, Chain extends string, Req extends IncomingMessage>(
  route: EndpointRoute,
  visit: Visit<Model, Chain, Req>,
): Promise<void> {
  const { failover, req, res, takeOver } = visit;
  if (!route.methods.includes(req.method ?? '')) throw wrongMethod(route.methods);
  const granted = await authorized(visit);
  if (route.kind === 'chat') return complete(visit, granted);
  const answer = route.kind === 'models' ? modelList(failover.names) : listedModel(route.id, failover.names);
  takeOver?.();
  setRequestId(res, randomUUID());
  sendJson(res, Buffer.from(JSON.stringify(answer)));
}

async function complete<Model extends string, Chain extends string, Req extends IncomingMessage>(
  { options, body: parsed, ...exchange }: Visit<Model, Chain, Req>,
  granted: RequestCallOptions<Chain>,
): Promise<void> {
  const { failover, req, res } = exchange;
  const chosen = options.chainHeader === true ? chosenChain(req, failover.names.chains) : {};
  const callOptions = mergeCallOptions(mergeCallOptions(options.call ?? {}, chosen), granted);
  const body = await readBody(req, options.maxRequestBytes ?? MAX_REQUEST_BYTES, parsed);
  // Whatever it is, the engine checks it.
  const answering = respond(exchange, body as ChatRequest<Model | Chain>, callOptions);
  setRequestId(res, answering.id);
  await answering.done;
}

/** @throws Refusal 401 */
async function authorized<Model extends string, Chain extends string, Req extends IncomingMessage>({
  req,
  options: { authorize },
}: Visit<Model, Chain, Req>): Promise<RequestCallOptions<Chain>> {
  if (authorize === undefined) return {};
  const answer = await authorize(req);
  if (answer === true) return {};
  // In JavaScript it may be anything, and only what is clearly a yes is one.
  if (isRecord(answer)) return answer;
  throw new Refusal({
    status: 401,
    message: 'You are not allowed to use this endpoint, or your key is missing or wrong.',
    code: 'invalid_api_key',
    headers: { 'www-authenticate': 'Bearer' },
  });
}

/** @throws CallError `AIF_BAD_REQUEST` */
function chosenChain<Chain extends string>(
  { headers }: IncomingMessage,
  chains: readonly Chain[],
): RequestCallOptions<Chain> {
  const name = headers[CHAIN_HEADER];
  if (name === undefined) return {};
  const chain = chains.find((one) => one === name);
  if (chain === undefined) throw badRequest(CHAIN_HEADER, 'is not the name of a chain');
  return { chain };
}

function wrongMethod(methods: readonly string[]): Refusal {
  const allow = methods.join(', ');
  return new Refusal({ status: 405, message: `Only ${allow} is possible here.`, headers: { allow } });
}
