import { describe, expect, it, vi } from 'vitest';
import type { ClassifyHook } from '../../src/config/options.js';
import { classify, type HookFaultListener } from '../../src/judgement/classify.js';
import type { Failure, FailureClass } from '../../src/judgement/failure.js';
import { answer, anthropic, gemini, HTML, inside200, openai, socketError, timeout } from './failures.js';

const QUOTA_TEXT = 'You exceeded your current quota, please check your plan and billing details.';
const RETRY = { 'x-should-retry': 'true' };

function quotaFailure(quotaId: string): object {
  return { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId }] };
}

/** A hook written in JavaScript: it may return anything. */
type UntypedHook = () => ReturnType<JSON['parse']>;

type Row = readonly [what: string, failure: Failure, expected: FailureClass];

const TABLE: readonly Row[] = [
  ['the caller left', { kind: 'aborted' }, 'client-abort'],

  ['400 with an error object', answer(400, openai(null)), 'request'],
  ['422 of FastAPI', answer(422, { detail: [{ loc: ['body', 'messages'], msg: 'Field required' }] }), 'request'],
  ['422 of Mistral', answer(422, { object: 'error', message: 'bad', type: 'invalid_request' }), 'request'],
  ['400 with an error text', answer(400, { error: 'temperature is too high' }), 'request'],
  ['400 content filter of Azure', answer(400, openai('content_filter')), 'request'],
  ['400 content policy', answer(400, openai('content_policy_violation')), 'request'],
  ['400 content filter of DashScope', answer(400, { code: 'DataInspectionFailed', message: 'no' }), 'request'],
  ['400 too long', answer(400, openai('context_length_exceeded')), 'request'],
  ['403 moderation of OpenRouter', answer(403, { error: { code: 403, message: 'Your input was flagged' } }), 'request'],
  ['413 that the provider itself explains', answer(413, anthropic('request_too_large')), 'request'],
  ['418 with an error object', answer(418, openai(null)), 'request'],
  [
    'a prompt about balance quoted in a 400',
    answer(400, openai(null, "Bad: '余额不足 insufficient balance'")),
    'request',
  ],
  ['a prompt about models quoted in a 400', answer(400, openai(null, 'Bad: The model `x` does not exist')), 'request'],

  ['404 HTML page', answer(404, HTML), 'misconfigured'],
  ['404 of the route', answer(404, openai(null, 'Invalid URL (POST /v1/v1/chat/completions)')), 'misconfigured'],
  ['404 empty', answer(404), 'misconfigured'],
  ['404 of FastAPI', answer(404, { detail: 'Not Found' }), 'misconfigured'],
  ['405', answer(405, { detail: 'Method Not Allowed' }), 'misconfigured'],
  ['413 of a proxy', answer(413, HTML), 'misconfigured'],
  ['413 bare', answer(413), 'misconfigured'],
  ['415', answer(415, openai(null)), 'misconfigured'],
  ['400 HTML page', answer(400, HTML), 'misconfigured'],
  ['400 HTML by its type only', answer(400, 'nope', { 'content-type': 'text/html; charset=utf-8' }), 'misconfigured'],
  ['403 HTML page', answer(403, HTML), 'misconfigured'],
  ['403 that says nothing', answer(403), 'misconfigured'],
  ['XML page', answer(400, '<?xml version="1.0"?><Error/>'), 'misconfigured'],
  ['418 without an error object', answer(418, 'teapot'), 'misconfigured'],
  ['a redirect', answer(302, '', { location: 'https://login.example/x?key=1' }), 'misconfigured'],
  ['a redirect that says retry', answer(307, '', RETRY), 'misconfigured'],
  [
    '403 of a country',
    answer(403, openai('unsupported_country_region_territory', 'Country, region, or territory not supported')),
    'misconfigured',
  ],
  [
    '400 of a country, Gemini',
    answer(400, gemini(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')),
    'misconfigured',
  ],

  ['401', answer(401, openai('invalid_api_key')), 'credential'],
  ['401 empty', answer(401), 'credential'],
  ['401 HTML page', answer(401, HTML), 'credential'],
  ['403 invalid key', answer(403, openai(null, 'Invalid API key provided')), 'credential'],
  ['403 of Anthropic', answer(403, anthropic('permission_error')), 'credential'],
  ['403 of Gemini', answer(403, gemini(403, 'PERMISSION_DENIED')), 'credential'],
  ['403 Forbidden in words', answer(403, { message: 'Forbidden' }), 'credential'],
  ['403 with another error object', answer(403, openai(null, 'no')), 'credential'],
  ['403 token of one-api', answer(403, openai(null, '该令牌已过期')), 'credential'],
  ['403 invalid token of one-api', answer(403, openai(null, '无效的令牌')), 'credential'],
  [
    '400 key of Gemini',
    answer(
      400,
      gemini(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
        { reason: 'API_KEY_INVALID' },
      ]),
    ),
    'credential',
  ],

  ['404 of the model', answer(404, openai('model_not_found', 'The model `x` does not exist')), 'model'],
  ['404 of the model in words', answer(404, openai(null, 'The model `x` does not exist')), 'model'],
  ['404 of Anthropic', answer(404, anthropic('not_found_error', 'model: claude-9')), 'model'],
  ['404 of Ollama', answer(404, { error: 'model "x" not found, try pulling it first' }), 'model'],
  ['404 of Gemini', answer(404, gemini(404, 'NOT_FOUND', 'models/x is not found for API version v1beta')), 'model'],
  ['404 of Azure', answer(404, openai('DeploymentNotFound')), 'model'],
  ['404 of Moonshot', answer(404, openai(null, 'Not found the model x or Permission denied')), 'model'],
  ['400 of DeepSeek', answer(400, openai('invalid_request_error', 'Model Not Exist')), 'model'],
  ['400 of Mistral', answer(400, { message: 'Invalid model: x', type: 'invalid_model', code: '1500' }), 'model'],
  ['400 of Zhipu', answer(400, { error: { code: '1211', message: '模型不存在，请检查模型代码。' } }), 'model'],
  ['403 not enabled', answer(403, openai(null, 'The model gpt-9 is not enabled for this project')), 'model'],
  ['403 no access', answer(403, openai(null, 'Project does not have access to model x: no access to model')), 'model'],
  ['403 of new-api', answer(403, openai(null, '该令牌无权访问模型 gpt-9')), 'model'],
  ['403 of one-api', answer(403, openai(null, '该令牌无权使用模型：gpt-9')), 'model'],
  ['503 of new-api', answer(503, openai('model_not_found', '当前分组 default 下对于模型 x 无可用渠道')), 'model'],

  ['402', answer(402), 'quota'],
  ['402 of DeepSeek', answer(402, openai('invalid_request_error', 'Insufficient Balance')), 'quota'],
  ['429 no quota', answer(429, openai('insufficient_quota', QUOTA_TEXT, 'insufficient_quota')), 'quota'],
  ['429 no quota, by its type only', answer(429, openai(null, 'words', 'insufficient_quota')), 'quota'],
  ['429 no quota beside a rate limit', answer(429, openai('rate_limit_exceeded', '', 'insufficient_quota')), 'quota'],
  ['429 no quota in words only', answer(429, { message: QUOTA_TEXT }), 'quota'],
  ['429 no credit', answer(429, openai('credit_balance_exhausted', '', 'insufficient_quota')), 'quota'],
  [
    '429 spend limit of Anthropic',
    answer(429, anthropic('rate_limit_error', 'words', { error_code: 'enforced_spend_limit_reached' })),
    'quota',
  ],
  [
    '400 no credit, Anthropic',
    answer(400, anthropic('invalid_request_error', 'Your credit balance is too low')),
    'quota',
  ],
  [
    '400 usage limit, Anthropic',
    answer(
      400,
      anthropic('invalid_request_error', 'You have reached your specified workspace API usage limits. You …'),
    ),
    'quota',
  ],
  [
    '429 requests per day',
    answer(429, openai('rate_limit_exceeded', 'Rate limit reached on requests per day (RPD)')),
    'quota',
  ],
  [
    '429 daily of OpenRouter',
    answer(429, { error: { code: 429, message: 'Rate limit exceeded: free-models-per-day' } }),
    'quota',
  ],
  [
    '429 a day of Gemini',
    answer(429, [gemini(429, 'RESOURCE_EXHAUSTED', QUOTA_TEXT, [quotaFailure('RequestsPerDay-Free')])]),
    'quota',
  ],
  [
    '429 limit 0 of Gemini',
    answer(429, gemini(429, 'RESOURCE_EXHAUSTED', `${QUOTA_TEXT} limit: 0, model: x`)),
    'quota',
  ],
  ['429 of Moonshot', answer(429, openai(null, 'suspended', 'exceeded_current_quota_error')), 'quota'],
  ['400 of DashScope', answer(400, { code: 'Arrearage', message: 'Access denied' }), 'quota'],
  ['403 of new-api', answer(403, openai('insufficient_user_quota', 'user quota is not enough')), 'quota'],
  ['403 of new-api in words', answer(403, openai(null, '用户额度不足, 剩余额度: ＄0.00')), 'quota'],
  ['401 of one-api', answer(401, openai(null, '该令牌额度已用尽')), 'quota'],
  ['429 of a reseller', answer(429, { success: false, message: '余额不足，请充值' }), 'quota'],
  ['500 of a reseller', answer(500, { error: { message: '账户余额不足' } }), 'quota'],
  ['403 of SiliconFlow', answer(403, { code: 30001, message: 'Sorry, your account balance is insufficient' }), 'quota'],

  ['429', answer(429, openai('rate_limit_exceeded', 'Rate limit reached', 'requests')), 'rate-limited'],
  ['429 empty', answer(429), 'rate-limited'],
  ['429 HTML page', answer(429, HTML), 'rate-limited'],
  ['429 of Anthropic', answer(429, anthropic('rate_limit_error')), 'rate-limited'],
  [
    '429 a minute of Gemini',
    answer(429, gemini(429, 'RESOURCE_EXHAUSTED', QUOTA_TEXT, [quotaFailure('RequestsPerMinute')])),
    'rate-limited',
  ],
  ['429 limit 10 of Gemini', answer(429, gemini(429, 'RESOURCE_EXHAUSTED', 'limit: 0.5 or limit: 10')), 'rate-limited'],
  ['429 slow_down', answer(429, openai('slow_down', 'words', 'rate_limit_error')), 'rate-limited'],
  ['429 of new-api', answer(429, openai(null, '当前分组上游负载已饱和，请稍后再试')), 'rate-limited'],

  ['503', answer(503), 'overloaded'],
  ['503 HTML page', answer(503, HTML), 'overloaded'],
  ['503 server_is_overloaded', answer(503, openai('server_is_overloaded')), 'overloaded'],
  ['503 slow_down', answer(503, openai('slow_down')), 'overloaded'],
  ['529', answer(529, anthropic('overloaded_error')), 'overloaded'],
  ['500 that says overloaded', answer(500, anthropic('overloaded_error')), 'overloaded'],
  ['424', answer(424), 'overloaded'],
  ['429 engine of Moonshot', answer(429, openai(null, 'words', 'engine_overloaded_error')), 'overloaded'],

  ...[500, 501, 502, 504, 520, 521, 522, 523, 524, 599, 408, 409].map((status): Row => [
    `${status}`,
    answer(status, HTML),
    'server',
  ]),
  ['400 that says retry', answer(400, openai(null), RETRY), 'server'],
  ['404 that says retry', answer(404, HTML, RETRY), 'server'],
  ["500 about the reseller's own key", answer(500, openai('invalid_api_key')), 'server'],

  ['503 of a model that is busy', answer(503, openai(null, 'The model is currently not available')), 'overloaded'],

  ['refused', socketError('ECONNREFUSED', { connecting: true }), 'connect'],
  ['DNS', socketError('ENOTFOUND', { connecting: true }), 'connect'],
  ['TLS', socketError('CERT_HAS_EXPIRED', { connecting: true }), 'connect'],
  ['refused, not marked as connecting', socketError('ECONNREFUSED'), 'connect'],
  ['connect timeout', timeout('connect'), 'connect'],

  ['reused and reset at once', socketError('ECONNRESET', { reused: true, sinceWrite: 999 }), 'stale-socket'],
  ['reused and closed at once', socketError('UND_ERR_SOCKET', { reused: true }), 'stale-socket'],
  ['reused and EPIPE', socketError('EPIPE', { reused: true, sinceWrite: 0 }), 'stale-socket'],

  ['reset after a second', socketError('ECONNRESET', { reused: true, sinceWrite: 1000 }), 'cut'],
  ['reset of a fresh socket', socketError('ECONNRESET'), 'cut'],
  ['reset after a byte', socketError('ECONNRESET', { reused: true, received: true }), 'cut'],
  ['reused and something else', socketError('ERR_SSL_WRONG_VERSION_NUMBER', { reused: true }), 'cut'],
  ['ended early', { kind: 'cut' }, 'cut'],

  ['overtaken in silence', { kind: 'overtaken', received: false }, 'silent'],
  ['no first content, no byte', timeout('first-content'), 'silent'],
  ['unstreamed, no byte', timeout('unary'), 'silent'],

  ['overtaken after headers', { kind: 'overtaken', received: true }, 'slow'],

  ['no first content, but a ping', timeout('first-content', { received: true }), 'timeout'],
  ['between chunks', timeout('between-chunks', { received: true }), 'timeout'],
  ['write', timeout('write'), 'timeout'],
  ['unstreamed, half a reply', timeout('unary', { received: true }), 'timeout'],
  ['unstreamed, cut by the deadline', timeout('unary', { limitedByDeadline: true }), 'timeout'],

  ['wrong type', { kind: 'protocol', problem: 'content-type is text/html' }, 'protocol'],
  ['no HTTP', socketError('HPE_INVALID_CONSTANT', { received: true }), 'protocol'],
  ['400 that says nothing', answer(400), 'protocol'],
  ['400 in plain text', answer(400, 'Bad Request'), 'protocol'],
  ['400 with JSON that is no error', answer(400, { ok: false }), 'protocol'],
  ['no status of failure', answer(200), 'protocol'],

  ['the gate', { kind: 'local', reason: 'no free place' }, 'local'],
  ['no free connection', timeout('pool'), 'local'],
  ['the deadline', timeout('deadline'), 'local'],
];

const INSIDE_200: readonly Row[] = [
  ['overloaded_error of Anthropic', inside200(anthropic('overloaded_error')), 'overloaded'],
  ['insufficient_quota of OpenAI', inside200(openai('insufficient_quota', QUOTA_TEXT)), 'quota'],
  ['a status', inside200({ error: { code: 502, message: 'Provider returned error' } }), 'server'],
  ['a status of Gemini', inside200([gemini(503, 'UNAVAILABLE')]), 'overloaded'],
  ['rate_limit_error', inside200(anthropic('rate_limit_error')), 'rate-limited'],
  ['slow_down', inside200(openai('slow_down', 'words', 'x')), 'overloaded'],
  ['api_error', inside200(anthropic('api_error')), 'server'],
  ['server_error', inside200(openai(null, 'words', 'server_error')), 'server'],
  ['invalid_request_error', inside200(openai(null)), 'request'],
  ['a balance in words', inside200({ error: { message: '余额不足' } }), 'quota'],
  [
    'a balance of MiniMax',
    inside200({ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
    'quota',
  ],
  ['a code nobody knows', inside200(openai('weird', 'words', 'odd')), 'protocol'],
  ['no error object', inside200({ choices: [] }), 'protocol'],
  ['no JSON', inside200('oops'), 'protocol'],
];

const FAILURES: ReadonlySet<FailureClass> = new Set([
  'overloaded',
  'server',
  'connect',
  'silent',
  'timeout',
  'protocol',
  'cut',
]);
const ASKED_AGAIN: ReadonlySet<FailureClass> = new Set([
  'rate-limited',
  'overloaded',
  'server',
  'connect',
  'stale-socket',
  'protocol',
  'cut',
]);

describe('the judgement table', () => {
  it.each(TABLE)('%s', (_, failure, expected) => {
    const verdict = classify(failure, undefined, 0);
    expect(verdict.class).toBe(expected);
    expect(verdict.breaker).toBe(FAILURES.has(expected) ? 'failure' : 'neutral');
    expect(verdict.retrySame).toBe(ASKED_AGAIN.has(expected));
  });

  it.each(INSIDE_200)('an error inside a 200: %s', (_, failure, expected) => {
    expect(classify(failure, undefined, 0).class).toBe(expected);
  });

  it('has an example of every class', () => {
    const seen = new Set(TABLE.map(([, , expected]) => expected));
    expect(seen.size).toBe(17);
  });
});

describe('x-should-retry', () => {
  it('false keeps the class, but not the second try of the same deployment', () => {
    const verdict = classify(answer(503, '', { 'x-should-retry': 'false' }), undefined, 0);
    expect(verdict).toMatchObject({ class: 'overloaded', breaker: 'failure', retrySame: false });
  });

  it('true leaves a key without balance to rest', () => {
    expect(classify(answer(429, openai('insufficient_quota'), RETRY), undefined, 0).class).toBe('quota');
  });
});

describe('what was cut', () => {
  it('is asked again only before content', () => {
    expect(classify({ kind: 'cut', content: true }, undefined, 0).retrySame).toBe(false);
    expect(classify(socketError('ECONNRESET', { received: true, content: true }), undefined, 0).retrySame).toBe(false);
  });
});

describe('the message', () => {
  const LINES: readonly (readonly [Failure, string])[] = [
    [answer(503, anthropic('overloaded_error')), '503 overloaded (overloaded_error)'],
    [
      answer(429, anthropic('rate_limit_error', '', { error_code: 'enforced_spend_limit_reached' })),
      '429 quota (enforced_spend_limit_reached)',
    ],
    [answer(404, HTML), '404 misconfigured, an HTML page'],
    [answer(429), '429 rate-limited'],
    [answer(Number.NaN), 'no status protocol'],
    [
      answer(302, '', { location: 'https://me:pw@login.example/sso/start?key=1#x' }),
      '302 misconfigured, redirects to https://login.example/sso/start',
    ],
    [
      answer(308, '', { location: 'http://127.0.0.1:3000/v1/' }),
      '308 misconfigured, redirects to http://127.0.0.1:3000/v1/',
    ],
    [answer(301, '', { location: '/v1/chat' }), '301 misconfigured, redirects to /v1/chat'],
    [answer(301, '', { location: 'javascript:alert(1)' }), '301 misconfigured, a redirect to no URL'],
    [answer(301), '301 misconfigured, a redirect to nowhere'],
    [inside200(openai('insufficient_quota')), 'error inside a 200: quota (insufficient_quota)'],
    [socketError('ECONNREFUSED', { connecting: true }), 'connect: no connection (ECONNREFUSED)'],
    [socketError('ECONNRESET'), 'cut: connection lost (ECONNRESET)'],
    [timeout('first-content'), 'silent: no content within 1000 ms'],
    [
      timeout('unary', { limitedByDeadline: true }),
      'timeout: no complete reply within 1000 ms, the deadline was the limit',
    ],
    [{ kind: 'protocol', problem: 'no choices' }, 'protocol: no choices'],
    [{ kind: 'local', reason: 'no free place' }, 'local: no free place'],
  ];

  it.each(LINES)('of %o', (failure, expected) => {
    expect(classify(failure, undefined, 0).message).toBe(expected);
  });

  it('drops a code that is none', () => {
    const codes = [
      'sk-abcdefghijklmnop',
      'two words',
      'x'.repeat(65),
      '3f2a9c1e7b5d4f6081726354a1b2c3d4',
      'a\nb',
      'ключ',
    ];
    for (const code of codes) {
      expect(classify(answer(500, { error: { code, message: 'm' } }), undefined, 0)).toMatchObject({
        code: undefined,
        message: '500 server',
      });
    }
  });
});

describe('a request that was refused', () => {
  it('comes with the words of the provider on one line', () => {
    const verdict = classify(answer(400, openai(null, ' too\n\u0000hot\u2028\uD800 ')), undefined, 0);
    expect(verdict).toMatchObject({ providerMessage: 'too hot', status: 400, code: 'invalid_request_error' });
  });

  it('comes with at most 2,000 characters of them, none of them halved', () => {
    const words = classify(answer(400, openai(null, `x${'😀'.repeat(1500)}`)), undefined, 0).providerMessage ?? '';
    expect(words).toHaveLength(1999);
    expect(words.endsWith('😀')).toBe(true);
  });

  it('says which field of FastAPI was wrong, and not what stood in it', () => {
    const detail = [{ loc: ['body', 'messages', 0], msg: 'Field required', input: 'the prompt' }];
    expect(classify(answer(422, { detail }), undefined, 0).providerMessage).toBe('body.messages.0: Field required');
  });

  it('gives the words to no other class', () => {
    expect(classify(answer(500, openai(null)), undefined, 0)).not.toHaveProperty('providerMessage');
  });

  it.each([
    openai('context_length_exceeded', 'too long'),
    openai(null, "This model's maximum context length is 8192 tokens."),
    anthropic('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
    gemini(
      400,
      'INVALID_ARGUMENT',
      'The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).',
    ),
    openai(null, 'Your request exceeded model token limit: 8192'),
    openai(null, 'Range of input length should be [1, 30720]'),
    openai(null, '输入内容过长，超出模型限制'),
  ])('is marked as too long: %o', (body) => {
    expect(classify(answer(400, body), undefined, 0)).toMatchObject({ class: 'request', contextLength: true });
  });

  it.each([
    openai(null, 'max_tokens is too large: 100000. This model supports at most 16384 completion tokens'),
    openai('content_filter'),
  ])('is not marked as too long: %o', (body) => {
    expect(classify(answer(400, body), undefined, 0)).not.toHaveProperty('contextLength');
  });
});

describe('the hook', () => {
  it('has the last word, and everything follows its class', () => {
    const verdict = classify(answer(400, openai(null, 'm'), { 'retry-after': '7' }), () => 'overloaded', 0);
    expect(verdict).toMatchObject({ class: 'overloaded', breaker: 'failure', retrySame: true, hint: 7000 });
    expect(verdict).not.toHaveProperty('providerMessage');
  });

  it('is given the facts and the built-in class', () => {
    const hook = vi.fn<ClassifyHook>();
    const failure = answer(500);
    classify(failure, hook, 0);
    expect(hook).toHaveBeenCalledExactlyOnceWith(failure, 'server');
  });

  it('is not asked about a caller that left or a refusal of ours', () => {
    const hook = vi.fn<ClassifyHook>();
    expect(classify({ kind: 'aborted' }, hook, 0).class).toBe('client-abort');
    expect(classify({ kind: 'local', reason: 'x' }, hook, 0).class).toBe('local');
    expect(hook).not.toHaveBeenCalled();
  });

  it('is ignored and reported when it throws', () => {
    const fault = new Error('broken hook');
    const report = vi.fn<HookFaultListener>();
    const hook = vi.fn<ClassifyHook>().mockImplementation(() => {
      throw fault;
    });
    expect(classify(answer(500), hook, 0, report).class).toBe('server');
    expect(report).toHaveBeenCalledExactlyOnceWith(fault);
  });

  it.each(['nonsense', 'constructor', '__proto__', null, 7, {}])(
    'is ignored and reported when it returns %o',
    (junk) => {
      const report = vi.fn<HookFaultListener>();
      expect(classify(answer(500), vi.fn<UntypedHook>().mockReturnValue(junk), 0, report).class).toBe('server');
      expect(report).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError));
    },
  );

  it('is ignored and reported when it is async, and its rejection ends nothing', () => {
    const report = vi.fn<HookFaultListener>();
    const hook = vi.fn<UntypedHook>().mockRejectedValue(new Error('async hook'));
    expect(classify(answer(500), hook, 0, report).class).toBe('server');
    expect(report).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError));
  });
});
