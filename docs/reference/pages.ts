/** The pages of the reference, made of the sources themselves. */
import { reportHeaders } from '../../packages/core/src/http/report-headers.ts';
import { membersOf, source, type Member } from './read-source.ts';

/** File name and text. */
export type Pages = Readonly<Record<string, string>>;

export function pages(): Pages {
  return { 'options.md': options(), 'events.md': events(), 'errors.md': errors(), 'headers.md': headers() };
}

const MADE =
  'Made from the sources by `npx -y pnpm@10 run docs`, which a test repeats. All durations are milliseconds.';

// --- options

interface Section {
  readonly title: string;
  readonly words: string;
  readonly file: string;
  readonly name: string;
}

const OPTIONS: readonly Section[] = [
  section('The whole', 'What `aiFailover(options)` and `createFailover(options)` take.', 'FailoverOptions'),
  section('An upstream', 'Entries of `upstreams`.', 'UpstreamOptions'),
  section('A model of an upstream', 'Values of `models: { name: { … } }`.', 'ModelOptions', 'config/model-options.ts'),
  section(
    'A key of an upstream',
    'Entries of `keys`, where a string does not say it.',
    'KeyOptions',
    'config/key-options.ts',
  ),
  section('What a key function returns', 'If not the key itself.', 'KeyAnswer', 'config/key-options.ts'),
  section(
    'capabilities',
    'Of a model. A request that needs what is `false` is not sent to it.',
    'CapabilityOptions',
    'config/model-options.ts',
  ),
  section('price', 'Of a model, in dollars per million tokens.', 'PriceOptions', 'config/model-options.ts'),
  section('What a function for `sticky` is given', 'In `balance: { sticky: (call) => key }`.', 'StickyCall'),
  section('timeouts', 'On the whole, an upstream, a model or a call; the nearest wins.', 'TimeoutOptions'),
  section(
    'retry, anywhere',
    'On the whole, an upstream, a model or a call; the nearest wins.',
    'DeploymentRetryOptions',
  ),
  section('retry, on the whole', 'Besides those above.', 'RetryOptions'),
  section('breaker', 'On the whole, an upstream or a model; the nearest wins.', 'BreakerOptions'),
  section('limits', 'On the whole, an upstream, a key or a model; the nearest wins. Per key.', 'LimitOptions'),
  section(
    'health',
    'On the whole, an upstream or a model; the nearest wins, and `false` there switches it off.',
    'HealthOptions',
    'config/health-options.ts',
  ),
  section(
    'quota',
    'On an upstream; the amounts are in its own unit: money, tokens, requests. Places in the answer are JSON pointers, such as `/data/limit_remaining`; what stands there is a number, also as a text, or `null` where there is no limit.',
    'QuotaOptions',
    'config/watch-options.ts',
  ),
  section(
    'statusPage',
    'On an upstream, where a URL alone does not say enough.',
    'StatusPageOptions',
    'config/watch-options.ts',
  ),
  section('state', 'On the whole.', 'StateOptions', 'config/state-options.ts'),
  section('require', 'On a chain and per call; demands add up.', 'Requirements'),
  section('A call', 'What `chat`, `stream`, `respond` and `with` take.', 'CallOptions', 'call/call-options.ts'),
  section('A call on behalf of a request', 'Besides those above.', 'RequestCallOptions', 'http/merge-options.ts'),
  section('The endpoint', 'What `ai.endpoint(options)` takes.', 'EndpointOptions', 'http/endpoint-options.ts'),
];

function section(title: string, words: string, name: string, file = 'config/options.ts'): Section {
  return { title, words, name, file };
}

function options(): string {
  const parts = OPTIONS.map(({ title, words, file, name }) => {
    const rows = membersOf(source(file), name).map(({ name: option, type, comment, otherwise }) => [
      `\`${option}\``,
      code(typeText(type)),
      comment,
      otherwise === undefined ? '' : otherwise.includes(' ') ? otherwise : `\`${otherwise}\``,
    ]);
    return `## ${title}\n\n${words}\n\n${table(['Option', 'Type', 'What it means', 'Default'], rows)}`;
  });
  return page('Options', parts);
}

// --- events

/** What the shared parts of payloads hold. */
const SHARED = ['CallFacts', 'AttemptFacts', 'Circuit', 'Alarm', 'QuotaFacts'] as const;

function events(): string {
  const text = source('events.ts');
  const rows = membersOf(text, 'FailoverEvents').map((event) => [
    `\`${event.name}\``,
    event.comment,
    fieldsOf(event, text).map(code).join(', '),
  ]);
  const words = [
    '`ai.failover.on(name, listener)` listens to one event, `onAny(listener)` to all; both return the way to stop. No payload holds a prompt,',
    'an answer or a key. A listener that throws is reported as `hook-failed` and disturbs nothing. Alarms (`credential-rejected`,',
    '`upstream-misconfigured`, `model-rejected`, `quota-exhausted`, `quota-low`, `account-limited`, `misuse-detected`, `state-not-restored`, `state-not-saved`) become process warnings while nobody listens.',
  ].join('\n');
  return page('Events', [words, table(['Event', 'When', 'Payload'], rows)]);
}

function fieldsOf({ type }: Member, text: string): readonly string[] {
  const shared = SHARED.filter((name) => new RegExp(`\\b${name}\\b`).test(type)).flatMap((name) =>
    fieldNames(bodyOf(name, text)),
  );
  return [...shared, ...fieldNames(type)];
}

function bodyOf(name: string, text: string): string {
  const start = text.indexOf(`interface ${name} {`);
  return text.slice(start, text.indexOf('\n}\n', start));
}

function fieldNames(text: string): readonly string[] {
  return [...text.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) => name);
}

// --- errors

function errors(): string {
  const text = source('errors.ts');
  const statuses = [...blockOf(text, 'CALL_STATUS').matchAll(/'?([\w-]+)'?: (\d+),/g)];
  const messages = blockOf(source('call/call-failure.ts'), 'MESSAGES');
  const rows = statuses.map(([, kind = '', status = '']) => [
    code(`AIF_${kind.toUpperCase().replaceAll('-', '_')}`),
    code(kind),
    status,
    kind === 'bad-request'
      ? "the provider's words about the request, or ours"
      : (new RegExp(`'?${kind}'?: '([^']+)'`).exec(messages)?.[1] ??
        'The AI service is shutting down. Please try again.'),
  ]);
  const classes = [...blockOf(source('judgement/table.ts'), 'CONSEQUENCES').matchAll(/^ {2}'?([\w-]+)'?:/gm)].map(
    ([, name = '']) => code(`AIF_ATTEMPT_${name.toUpperCase().replaceAll('-', '_')}`),
  );
  return page('Errors', [
    [
      'Every error of ours is an `AIFailoverError` with a stable `code`; `AIFailoverError.is(value)` tells it, also that of another copy of the',
      'package. `CallError` has `status`, `statusCode` and `headers` for the framework, `param` for a bad request, `providerCode` where the',
      'provider named one, and, not enumerable, `attempts` (the trail), `skipped` (who could not serve the request at all) and `cause` (the last',
      "attempt's error). Its message may be shown to anybody.",
      'An abort rejects with the reason of its signal, never wrapped.',
    ].join('\n'),
    `## CallError\n\n${table(['Code', 'Kind', 'Status', 'Message'], rows)}`,
    `## ConfigError\n\n\`AIF_CONFIG\`, thrown at start. \`issues\` has every fault: \`path\`, \`value\`, \`expected\`, \`suggestion\`.`,
    `## AttemptError\n\nThe \`cause\` of a \`CallError\`: one for each class of the [judgement table](../architecture.md#the-judgement-table). ${classes.join(', ')}.`,
  ]);
}

function blockOf(text: string, constant: string): string {
  const start = text.search(new RegExp(`^(export )?const ${constant}\\b`, 'm'));
  return text.slice(start, text.indexOf('\n};', start) + 1);
}

// --- headers

type HeaderRow = readonly [name: string, file: string, words: string];

/** What `reportHeaders` says of an answer, name by name. */
const REPORTED: Readonly<Record<string, string>> = {
  'x-ai-failover-degraded': 'How the answer fell short: `downgraded` or `canned`. Always said.',
  'x-ai-failover-deployment': 'Who answered. With `expose: true`.',
  'x-ai-failover-model': 'The model that answered. With `expose: true`.',
  'x-ai-failover-attempts': 'How many were asked. With `expose: true`.',
  'x-ai-failover-trail': 'Who was asked, and how it ended. With `expose: true`.',
  'x-ai-failover-skipped':
    'Who could not serve the request at all, and why. With `expose: true`, where there is anybody.',
};

/** Others that we write, and where. */
const WRITTEN: readonly HeaderRow[] = [
  ['x-request-id', 'http/request-id.ts', 'The call, as events name it (`callId`), unless something else has set it.'],
  [
    'x-should-retry',
    'errors.ts',
    '`false` on every error: the official clients would multiply our attempts by theirs.',
  ],
  ['retry-after', 'errors.ts', 'Seconds until something may serve again, where that is known.'],
];

const READ: readonly HeaderRow[] = [
  ['x-ai-failover-chain', 'http/endpoint.ts', 'Chooses a chain, where the endpoint allows it (`chainHeader: true`).'],
  ['x-stainless-retry-count', 'http/client-call.ts', 'Above 0 the caller is itself trying again: one attempt fewer.'],
  ['accept-language', 'http/client-call.ts', 'Chooses among canned replies by locale.'],
];

function headers(): string {
  const found = (list: readonly HeaderRow[]): string[][] =>
    list.map(([name, file, words]) => {
      if (!source(file).includes(name)) throw new Error(`${file} knows nothing of ${name}`);
      return [code(name), words];
    });
  const sample = {
    requestId: '',
    deployment: 'm@u',
    upstream: 'u',
    model: 'm',
    attempts: [],
    skipped: [{ deployment: 'm@u', reason: '' }],
    failedOver: false,
  };
  const reported = Object.keys(reportHeaders({ ...sample, degraded: 'canned' }, true)).map((name) => {
    if (REPORTED[name] === undefined) throw new Error(`${name} is not described`);
    return [code(name), REPORTED[name]];
  });
  return page('Headers', [
    'On responses that we write: `respond` and the endpoint. Where a stream had to send its status line before its first content, the same facts\nstand in `ai_failover` of its first chunk, or its error frame says what went wrong.',
    table(['Header', 'What it says'], [...reported, ...found(WRITTEN)]),
    `Of requests we read:\n\n${table(['Header', 'What it does'], found(READ))}`,
  ]);
}

// --- Markdown

function page(title: string, parts: readonly string[]): string {
  return `# ${title}\n\n${MADE}\n\n${parts.join('\n\n')}\n`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** Without what only a compiler needs. */
function typeText(type: string): string {
  return type
    .replace(/;$/, '')
    .replaceAll(/NoInfer<ModelName<Model, Configured>>/g, 'string')
    .replaceAll(/\breadonly /g, '')
    .replaceAll(/ \| undefined\b/g, '');
}
