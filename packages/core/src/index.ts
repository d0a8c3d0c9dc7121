export { createFailover } from './create-failover.js';
export type { FailoverSeams } from './create-failover.js';
export { isFailover } from './failover.js';
export type { Failover, StartedCall, StartedStream } from './failover.js';
export { defineOptions } from './config/define-options.js';
export { bind } from './http/bind.js';
export { serveEndpoint } from './http/endpoint.js';
export { checkEndpointOptions } from './http/endpoint-options.js';
export type { Authorization, EndpointOptions } from './http/endpoint-options.js';
export { reportIfBuiltInHandler } from './http/misuse.js';
export type { RequestAI } from './http/bind.js';
export type { RequestCallOptions } from './http/merge-options.js';

export { AIFailoverError, AttemptError, CallError, ConfigError } from './errors.js';
export type { AttemptRecord, CallErrorKind, ConfigIssue, SkippedCandidate } from './errors.js';

export type {
  BalanceOption,
  BreakerOptions,
  ChainOptions,
  ChainStep,
  ClassifyHook,
  DeploymentRetryOptions,
  FailoverOptions,
  LimitOptions,
  RequestToSign,
  Requirements,
  RetryOptions,
  StickyCall,
  StickyKey,
  TimeoutOptions,
  UpstreamOptions,
} from './config/options.js';
export type { KeyAnswer, KeyEntry, KeyFunction, KeyOptions, KeyRequest } from './config/key-options.js';
export type { QuotaOptions, QuotaReport, ReadQuota, StatusPageOptions } from './config/watch-options.js';
export type { RefusableFeature } from './request/refusable.js';
export type { CapabilityOptions, ModelName, ModelOptions, ModelTable, PriceOptions } from './config/model-options.js';
export type { HealthOptions, ProbeContext, ProbeFunction } from './config/health-options.js';
export type { StateOptions } from './config/state-options.js';
export type { CallOptions } from './call/call-options.js';
export type { CannedReply, CannedReplyContext } from './call/canned-reply.js';
export type { ChatReply, FailoverReport } from './call/reply.js';
export type {
  AnyEvent,
  AnyListener,
  Degradation,
  EventName,
  FailoverEvents,
  Listener,
  NameListener,
} from './events.js';
export type { BreakerEffect, Failure, FailureClass, RestScope, TimeoutPhase } from './judgement/failure.js';
export type { Explanation, ExplainedCandidate, ExplainedLane, ExplainedModel } from './plan/explain.js';
export type { KeySettings, UpstreamSettings } from './config/settings.js';
export type { AccountClass } from './pool/account-limit.js';
export type { BucketSnapshot } from './limiter/bucket.js';
export type { LeftOut } from './plan/route.js';
export type { RestReason } from './pool/cooldown.js';
export type { StatisticsSnapshot } from './pool/statistics.js';
export type { BalanceStatus, CallCounts, DeploymentStatus, FailoverStatus, LaneStatus } from './status.js';
export type { UpstreamStatus } from './upstream-status.js';
export type { QuotaSnapshot } from './quota/upstream-quota.js';
export type { StatusPageSnapshot } from './status-page/status-page.js';
export type { Indicator } from './status-page/summary.js';
export type { KeyStatus } from './key-status.js';
export type { RestStatus } from './rest-status.js';
export type { StateFault } from './state/read-snapshot.js';
export type { CircuitChange, CircuitSnapshot, CircuitState } from './breaker/circuit.js';
export type { HealthReport } from './health/pool-health.js';
export type { HealthStatus } from './health/health-status.js';
export type { HistorySummary, ProbeRecord } from './health/history.js';
export type { ProbeOutcome } from './health/probe-state.js';
export type { ProbeStatus } from './health/check.js';
export type { CriticalStatus } from './health/critical-watch.js';
export type { LimiterSnapshot } from './limiter/limiter.js';
export type { LearnedSnapshot } from './limiter/learned-limits.js';
export type { LimitKind } from './judgement/rate-limits.js';
export type { DeploymentControl, UpstreamControl } from './controls.js';
export type { PoolControl, UpstreamChanges } from './pool/pool-changes.js';
export type {
  ChatChoice,
  ChatChunk,
  ChatChunkChoice,
  ChatCompletion,
  ChatContentPart,
  ChatDelta,
  ChatFinishReason,
  ChatMessage,
  ChatReplyMessage,
  ChatRequest,
  ChatTool,
  ChatToolCall,
  ChatUsage,
} from './request/chat-types.js';
export type {
  CreateTransport,
  Exchange,
  ResponseSink,
  Transport,
  TransportError,
  WireHeaders,
  WireRequest,
} from './transport/transport.js';
export type { ChatStream, StreamFlow, StreamOutcome, StreamReceiver } from './stream/chat-stream.js';
export type { Frame } from './stream/frame.js';
