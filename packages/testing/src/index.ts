export { createFaultyUpstream } from './faulty-upstream/create-faulty-upstream.js';
export type { FaultyUpstream, FaultyUpstreamOptions } from './faulty-upstream/create-faulty-upstream.js';
export { continueAnswer } from './faulty-upstream/continue-answer.js';
export type { ContinueOptions } from './faulty-upstream/continue-answer.js';
export type { Point } from './faulty-upstream/cut.js';
export { refuseBody, resetOnConnect } from './faulty-upstream/early-fault.js';
export type { EarlyFault } from './faulty-upstream/early-fault.js';
export { answer, huge, modelList } from './faulty-upstream/openai-answer.js';
export type { AnswerOptions } from './faulty-upstream/openai-answer.js';
export { fail } from './faulty-upstream/openai-error.js';
export type { FailOptions } from './faulty-upstream/openai-error.js';
export { reply, stream } from './faulty-upstream/openai-stream.js';
export type { StreamOptions, StreamPart } from './faulty-upstream/openai-stream.js';
export { html, raw } from './faulty-upstream/plain-reply.js';
export { proxyTo } from './faulty-upstream/proxy.js';
export type { ReceivedRequest, RequestOutcome } from './faulty-upstream/received-request.js';
export { refuseField } from './faulty-upstream/refuse-field.js';
export type { Reply } from './faulty-upstream/reply.js';
export type { Behaviour, Responder, Script } from './faulty-upstream/script.js';
export { close, hang, headersThenHang, reset } from './faulty-upstream/silence.js';
export { sse } from './faulty-upstream/sse.js';
export type { SseOptions, SsePause } from './faulty-upstream/sse.js';
export type { SseFrame } from './faulty-upstream/sse-frame.js';
export type { ErrorFrame } from './faulty-upstream/sse-faults.js';
export type { Ending, ReplyHeaders } from './faulty-upstream/wire-action.js';

export { createTestFailover } from './scripted/create-test-failover.js';
export type { TestFailover, TestFailoverSettings, TestReply } from './scripted/create-test-failover.js';
export { continueWith } from './scripted/continue-with.js';
export type { ContinueWithOptions } from './scripted/continue-with.js';
export { answerWith, failWith, neverAnswer, refuseConnection } from './scripted/replies.js';
export type { FailureDetails, ReplyTiming } from './scripted/replies.js';
export type { TransportScript } from './scripted/scripted-exchange.js';
export type { ScriptedEnding, ScriptedPart, ScriptedReply, ScriptedStream } from './scripted/scripted-reply.js';
export type { ScriptedOutcome, ScriptedRequest } from './scripted/scripted-request.js';
export { createScriptedTransport } from './scripted/scripted-transport.js';
export type { ScriptedTransport } from './scripted/scripted-transport.js';
export { sseWith, streamWith } from './scripted/stream-replies.js';
export type { ScriptedHead, ScriptedPiece, ScriptedStreamOptions } from './scripted/stream-replies.js';

export type { StreamPiece, StreamShape } from './openai/stream-frames.js';
export type { Usage } from './openai/usage.js';

export { describeAdapterContract } from './adapter-contract/describe-adapter-contract.js';
export { isPieces } from './adapter-contract/contract-subject.js';
export type {
  ContractApplication,
  ContractEndpoint,
  ContractRequest,
  ContractRoute,
  ContractScope,
  ContractSubject,
  ErrorAnswer,
  OwnRoute,
  RespondRoute,
  RunningApplication,
} from './adapter-contract/contract-subject.js';
export type { Expectation, TestFunctions } from './adapter-contract/test-functions.js';
