export { aiFailover } from './ai-failover.js';
export type { AIFailoverMiddleware } from './ai-failover.js';
export type {
  ChatReply,
  ChatRequest,
  Failover,
  FailoverOptions,
  RequestAI,
  RequestCallOptions,
} from '@ai-failover/core';
export { AIFailoverError, AttemptError, CallError, ConfigError, defineOptions } from '@ai-failover/core';
