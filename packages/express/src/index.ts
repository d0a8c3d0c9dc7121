export { aiFailover } from './ai-failover.js';
export type { AdapterOptions, AIFailoverMiddleware, AIProperty } from './ai-failover.js';

export {
  AIFailoverError,
  AttemptError,
  CallError,
  ConfigError,
  createFailover,
  defineOptions,
} from '@ai-failover/core';
export type {
  AttemptRecord,
  CallOptions,
  CannedReply,
  CannedReplyContext,
  ChatCompletion,
  ChatMessage,
  ChatReply,
  ChatRequest,
  EventName,
  Explanation,
  Failover,
  FailoverEvents,
  FailoverOptions,
  FailoverReport,
  FailoverStatus,
  RequestAI,
  RequestCallOptions,
  UpstreamOptions,
} from '@ai-failover/core';
