/** Names from other libraries and from habit, in lower case and without separators, and what they are called here. */

/** A kind of object among the options. */
export type Level =
  | 'whole'
  | 'upstream'
  | 'model'
  | 'timeouts'
  | 'retry'
  | 'deploymentRetry'
  | 'breaker'
  | 'limits'
  | 'chain'
  | 'require';

type Names = Readonly<Record<string, string>>;

const GROUPS: Names = {
  timeout: 'timeouts',
  retries: 'retry',
  circuit: 'breaker',
  circuitbreaker: 'breaker',
  limit: 'limits',
  limiter: 'limits',
  ratelimit: 'limits',
  ratelimits: 'limits',
  rpm: 'limits.requestsPerMinute',
  tpm: 'limits.tokensPerMinute',
  maxconcurrency: 'limits.concurrency',
  concurrency: 'limits.concurrency',
};

const UPSTREAM: Names = {
  ...GROUPS,
  key: 'keys',
  apikey: 'keys',
  apikeys: 'keys',
  token: 'keys',
  secret: 'keys',
  api: 'baseUrl',
  apibase: 'baseUrl',
  apiurl: 'baseUrl',
  baseurl: 'baseUrl',
  endpoint: 'baseUrl',
  host: 'baseUrl',
  url: 'baseUrl',
  id: 'name',
  dialect: 'provider',
  kind: 'provider',
  type: 'provider',
  model: 'models',
  deployments: 'models',
  regions: 'region',
  tag: 'tags',
  agent: 'dispatcher',
  httpagent: 'dispatcher',
  proxy: 'dispatcher',
  maxconnections: 'connections',
  poolsize: 'connections',
  maxbodysize: 'maxResponseBytes',
  maxretries: 'retry.maxAttempts beside upstreams',
};

const RETRY: Names = {
  attempts: 'maxAttempts',
  maxretries: 'maxAttempts',
  retries: 'maxAttempts',
  base: 'baseDelay',
  delay: 'baseDelay',
  initialdelay: 'baseDelay',
  minimumdelay: 'baseDelay',
  mintimeout: 'baseDelay',
  cap: 'maxDelay',
  maxtimeout: 'maxDelay',
  maxretryafter: 'maxHintWait',
};

const TABLE: Readonly<Record<Level, Names>> = {
  whole: {
    ...GROUPS,
    key: 'upstreams[].keys',
    apikey: 'upstreams[].keys',
    apikeys: 'upstreams[].keys',
    baseurl: 'upstreams[].baseUrl',
    url: 'upstreams[].baseUrl',
    endpoint: 'upstreams[].baseUrl',
    model: 'upstreams[].models',
    deployments: 'upstreams',
    endpoints: 'upstreams',
    pool: 'upstreams',
    providers: 'upstreams',
    servers: 'upstreams',
    targets: 'upstreams',
    fallback: 'chains',
    fallbacks: 'chains',
    chain: 'chains',
    routes: 'chains',
    canned: 'cannedReply',
    cannedmessage: 'cannedReply',
    cannedresponse: 'cannedReply',
    defaultreply: 'cannedReply',
    fallbackmessage: 'cannedReply',
    fallbackreply: 'cannedReply',
    fallbackresponse: 'cannedReply',
    lastresortmodel: 'lastResort',
    maxretries: 'retry.maxAttempts',
    retries: 'retry.maxAttempts',
    maxattempts: 'retry.maxAttempts',
    balancer: 'balance',
    loadbalancing: 'balance',
    strategy: 'balance',
    totaltimeout: 'deadline',
    streamtimeout: 'streamDeadline',
    hedge: 'raceAfter',
    hedgeafter: 'raceAfter',
    hedgedelay: 'raceAfter',
    hedging: 'raceAfter',
    race: 'raceAfter',
    racing: 'raceAfter',
    onstreamerror: 'onStreamFailure',
    stream: 'streamInside',
    streaming: 'streamInside',
    queuetimeout: 'queueWait',
    temperature: 'defaults.temperature',
    maxtokens: 'defaults.max_tokens',
    debug: 'expose',
  },
  upstream: UPSTREAM,
  model: {
    ...GROUPS,
    model: 'id',
    name: 'id',
    context: 'contextWindow',
    contextlength: 'contextWindow',
    maxcontext: 'contextWindow',
    thinking: 'reasoning',
    assistantprefill: 'prefill',
    continuefinalmessage: 'prefill',
    prefix: 'prefill',
    supportsprefill: 'prefill',
  },
  timeouts: {
    connection: 'connect',
    connecttimeout: 'connect',
    acquire: 'pool',
    send: 'write',
    firstbyte: 'firstContent',
    firsttoken: 'firstContent',
    headers: 'firstContent',
    ttfb: 'firstContent',
    ttft: 'firstContent',
    body: 'betweenChunks',
    chunk: 'betweenChunks',
    idle: 'betweenChunks',
    stall: 'betweenChunks',
    read: 'unary',
    request: 'unary',
    response: 'unary',
    deadline: 'deadline beside upstreams',
    overall: 'deadline beside upstreams',
    total: 'deadline beside upstreams',
    raceafter: 'raceAfter beside upstreams',
    streamdeadline: 'streamDeadline beside upstreams',
  },
  retry: RETRY,
  deploymentRetry: {
    ...RETRY,
    attempts: 'retry.maxAttempts beside upstreams',
    maxretries: 'retry.maxAttempts beside upstreams',
    retries: 'retry.maxAttempts beside upstreams',
  },
  breaker: {
    failures: 'consecutiveFailures',
    failurethreshold: 'consecutiveFailures',
    threshold: 'consecutiveFailures',
    errorthresholdpercentage: 'failureRatio',
    failurerate: 'failureRatio',
    volumethreshold: 'minimumAttempts',
    rollingcounttimeout: 'window',
    cooldown: 'openFor',
    duration: 'openFor',
    halfopenafter: 'openFor',
    resettimeout: 'openFor',
    halfopencalls: 'trialCalls',
    successthreshold: 'successesToClose',
    slowrate: 'slowRatio',
  },
  limits: {
    rpm: 'requestsPerMinute',
    requests: 'requestsPerMinute',
    tpm: 'tokensPerMinute',
    tokens: 'tokensPerMinute',
    concurrent: 'concurrency',
    maxconcurrency: 'concurrency',
    maxconcurrent: 'concurrency',
    parallel: 'concurrency',
  },
  chain: { models: 'steps', requires: 'require', requirements: 'require' },
  require: { tag: 'tags', region: 'regions' },
};

const BY_LEVEL = new Map(Object.entries(TABLE).map(([level, names]) => [level, new Map(Object.entries(names))]));

/** The wrong names known for this kind of object. */
export function wrongNames(level: Level): ReadonlyMap<string, string> {
  return BY_LEVEL.get(level) ?? new Map();
}
