/** What it costs to estimate the tokens of a prompt, beside a real tokenizer. In CPU time, because others use the machine. */
import { checkRequest } from '../packages/core/src/request/check-request.ts';
import { TokenCounter, type PromptReader } from '../packages/core/src/tokens/token-counter.ts';
import { tokenizerOf } from '../packages/core/src/tokens/tokenizer.ts';
import { kilobytes, median } from './figures.ts';

const ROUNDS = 15;
const GPT: PromptReader = { modelId: 'gpt-4o', tokenizer: tokenizerOf(['gpt-4o'], 'openai') };

const ENGLISH = `Hi there, I ordered a pair of hiking boots two weeks ago (order number 4471-0982) and the tracking page still says
"label created". I'm leaving for a trip on Friday and really need them before then. Could you check where the parcel is? `;
const CHINESE = `你好，我上周三在你们店里买了一双登山鞋，订单号是 20260314-88172，到现在物流信息还停在“已揽收”，一直没有更新。
我这周五就要出发去旅行，真的很着急，麻烦帮我查一下包裹到底在哪里，如果找不到的话能不能重新发一双？`;

/** A prompt of new strings, as each HTTP request brings them. */
function promptOf(...contents: readonly string[]) {
  const messages = contents.map((content) => ({ role: 'user', content: Buffer.from(content).toString() }));
  return checkRequest({ messages }, { defaults: {} }).prompt;
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Microseconds of `task` on each of what `prepare` makes, without the making. */
function time<Input>(prepare: () => Input, task: (input: Input) => unknown, times: number): number {
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const inputs = Array.from({ length: times }, prepare);
    const start = cpuMicroseconds();
    for (const input of inputs) task(input);
    figures.push((cpuMicroseconds() - start) / times);
  }
  return median(figures);
}

function tell(what: string, microseconds: number, characters: number): void {
  const each = (microseconds / characters) * 100;
  console.log(
    `  ${what.padEnd(58)} ${microseconds.toFixed(1).padStart(9)} us  ${each.toFixed(3)} us per 100 characters`,
  );
}

export async function benchTokens(): Promise<void> {
  console.log(`\nEstimating tokens (CPU time, medians of ${ROUNDS} rounds):`);
  const counter = new TokenCounter(Math.random);
  const count = (prompt: ReturnType<typeof promptOf>): number => counter.count(prompt, GPT);
  let times = 0;
  /** Something that has not been counted yet. */
  const fresh = (text: string): string => `${(times += 1)} ${text}`;
  const english = ENGLISH.repeat(13);
  const chinese = CHINESE.repeat(9);
  tell(
    'a short English prompt',
    time(() => promptOf(ENGLISH), count, 5_000),
    ENGLISH.length,
  );
  tell(
    'a short Chinese prompt',
    time(() => promptOf(CHINESE), count, 5_000),
    CHINESE.length,
  );
  tell(
    'a long English prompt, new',
    time(() => promptOf(fresh(english)), count, 500),
    english.length,
  );
  tell(
    'the same, counted before',
    time(() => promptOf(english), count, 500),
    english.length,
  );
  tell(
    'a long Chinese prompt, new',
    time(() => promptOf(fresh(chinese)), count, 500),
    chinese.length,
  );
  tell(
    'the same, counted before',
    time(() => promptOf(chinese), count, 500),
    chinese.length,
  );
  const talk = Array.from({ length: 40 }, (_, turn) => `${turn} ${ENGLISH.repeat(3)}`);
  const size = talk.join('').length;
  tell(
    'a conversation of 40 messages, new',
    time(() => promptOf(...talk.map(fresh)), count, 100),
    size,
  );
  tell(
    'the same, counted before',
    time(() => promptOf(...talk), count, 100),
    size,
  );
  const above = (prompt: ReturnType<typeof promptOf>): unknown => counter.above(1_000_000, prompt, GPT);
  tell(
    'the same, far from the window',
    time(() => promptOf(...talk), above, 100),
    size,
  );
  const huge = ENGLISH.repeat(Math.ceil(5_000_000 / ENGLISH.length));
  tell(
    '5 million characters, far from a limit',
    time(() => promptOf(fresh(huge)), count, 3),
    huge.length,
  );
  const near = (prompt: ReturnType<typeof promptOf>): number => counter.count(prompt, GPT, huge.length / 4.2);
  tell(
    'the same, near a limit',
    time(() => promptOf(fresh(huge)), near, 3),
    huge.length,
  );
  await compare(english);
}

/** What a table of ranks would cost. */
async function compare(english: string): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const start = cpuMicroseconds();
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  countTokens('Hello');
  const load = (cpuMicroseconds() - start) / 1_000;
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const held = kilobytes(heapUsed + external - before.heapUsed - before.external);
  console.log(`  gpt-tokenizer (o200k): ${load.toFixed(0)} ms to load, ${held} held`);
  tell(
    'gpt-tokenizer: the long English prompt',
    time(() => Buffer.from(english).toString(), countTokens, 50),
    english.length,
  );
}
