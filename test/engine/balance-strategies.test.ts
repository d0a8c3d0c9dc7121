/** `balance`: which way applies to a call, what it goes by, and what is told of it. */
import { answerWith, failWith, streamWith, type ScriptedRequest } from '@ai-failover/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setStage, trail, upstream, type Stage, type StageOptions } from '../traces/stage.ts';
import { NO_BREAKER } from './steady.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const NAMES = ['a', 'b', 'c', 'd'];
const POOL = NAMES.map((name) => upstream(name, ['m', 'n']));
const BALANCES = ['weighted', 'round-robin', 'least-in-flight', 'latency', 'cheapest', 'sticky'] as const;

/** Four upstreams in one tier, each answering with its name. */
function four(options: StageOptions = {}, reply = ({ upstream: name }: ScriptedRequest) => answerWith(name)): Stage {
  const upstreams = Object.fromEntries(NAMES.map((name) => [name, reply]));
  return setStage(upstreams, { upstreams: POOL, breaker: NO_BREAKER, chains: { default: ['m'] }, ...options });
}

/** Who answered a call, which is over before this returns. */
async function answerer(stage: Stage, request: object = {}, options: object = {}): Promise<string> {
  const call = stage.call(request, options);
  await stage.until(stage.at() + 0.001);
  return call.reply?.text ?? 'nobody';
}

async function answerers(stage: Stage, count: number, options: object = {}): Promise<string[]> {
  const all: string[] = [];
  for (let call = 0; call < count; call += 1) all.push(await answerer(stage, {}, options));
  return all;
}

function counts(all: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const one of all) found[one] = (found[one] ?? 0) + 1;
  return found;
}

describe('Each way of balancing', () => {
  it.each(BALANCES)(
    'is shown by explain as the next call does it, and changed by nothing but calls: %s',
    async (balance) => {
      const stage = four({ balance });
      const explain = (): string[] => {
        const { models } = stage.failover.explain({ messages: [{ role: 'user', content: 'Hello' }] }, { user: 'ada' });
        return models[0]?.candidates.map((one) => one.upstream) ?? [];
      };
      for (let call = 0; call < 12; call += 1) {
        const shown = explain();
        expect(explain()).toEqual(shown);
        expect(shown.toSorted()).toEqual(NAMES);
        expect(await answerer(stage, {}, { user: 'ada' })).toBe(shown[0]);
      }
    },
  );

  it.each(BALANCES)('asks one of weight 0 only when all others have failed: %s', async (balance) => {
    const upstreams = NAMES.map((name) => upstream(name, { m: { price: { input: 1, output: 1 } } }, { weight: 1 }));
    upstreams[1] = upstream('b', { m: { price: { input: 0, output: 0 } } }, { weight: 0 });
    const stage = four({ balance, upstreams });
    for (let user = 0; user < 30; user += 1) {
      expect(await answerer(stage, {}, { user: `user-${user}` })).not.toBe('b');
    }
    const failing = four({ balance, upstreams, retry: { maxAttemptsPerModel: 4 } }, ({ upstream: name }) =>
      name === 'b' ? answerWith(name) : failWith(500),
    );
    const call = failing.call();
    await failing.until(1);
    expect(trail(call)).toMatch(/^(?:m@[acd] server, ){3}m@b ok$/);
  });

  it.each(BALANCES)('is overruled by priority, and by a rest: %s', async (balance) => {
    const upstreams = NAMES.map((name, index) => upstream(name, ['m'], { priority: index < 2 ? 1 : 2 }));
    const stage = four({ balance, upstreams });
    const first = await answerers(stage, 8, { user: 'ada' });
    expect(Object.keys(counts(first)).every((name) => name === 'a' || name === 'b')).toBe(true);
    stage.failover.upstream('a').rest(60_000);
    expect(counts(await answerers(stage, 4, { user: 'ada' }))).toEqual({ b: 4 });
    stage.failover.upstream('b').rest(60_000);
    const second = counts(await answerers(stage, 4, { user: 'ada' }));
    expect((second['c'] ?? 0) + (second['d'] ?? 0)).toBe(4);
  });

  it('may be one of the chain alone', async () => {
    const chains = { default: ['m'], together: { steps: ['m'], balance: 'sticky' as const } };
    const stage = four({ chains });
    expect(counts(await answerers(stage, 8, { user: 'ada' }))).toEqual({ a: 2, b: 2, c: 2, d: 2 });
    expect(Object.values(counts(await answerers(stage, 8, { user: 'ada', chain: 'together' })))).toEqual([8]);
  });

  it('is a part of the chain for a model that is asked for by its name, too', async () => {
    const stage = four({ chains: { default: { steps: ['m'], balance: 'sticky' } } });
    const homes = new Set<string>();
    for (let call = 0; call < 6; call += 1) homes.add(await answerer(stage, { model: 'n' }, { user: 'ada' }));
    expect(homes.size).toBe(1);
  });
});

describe('round-robin', () => {
  it('takes no notice of weights', async () => {
    const upstreams = NAMES.map((name, index) => upstream(name, ['m'], { weight: index + 1 }));
    expect(counts(await answerers(four({ balance: 'round-robin', upstreams }), 40))).toEqual({
      a: 10,
      b: 10,
      c: 10,
      d: 10,
    });
  });
});

describe('least-in-flight', () => {
  it('asks whoever has the fewest attempts under way', async () => {
    const stage = four({ balance: 'least-in-flight' }, ({ upstream: name }) =>
      answerWith(name, { after: name === 'a' ? 10_000 : 100 }),
    );
    for (let call = 0; call < 4; call += 1) stage.call();
    await stage.until(1);
    // The others are idle again.
    for (let call = 0; call < 6; call += 1) stage.call();
    await stage.until(1.01);
    const inFlight = stage.failover.status().deployments.filter(({ model }) => model === 'm');
    expect(inFlight.map((one) => one.inFlight)).toEqual([1, 2, 2, 2]);
    await stage.until(20);
  });
});

describe('latency', () => {
  it('tries everybody once at first, and waits for what comes of it', async () => {
    const stage = four({ balance: 'latency' }, ({ upstream: name }) =>
      answerWith(name, { after: name === 'a' ? 100 : 5_000 }),
    );
    const calls = Array.from({ length: 4 }, () => stage.call());
    await stage.until(1);
    expect(calls.map(({ reply }) => reply?.text ?? 'nobody')).toContain('a');
    const later = Array.from({ length: 12 }, () => stage.call());
    await stage.until(4);
    // Half of all pairs hold it, and it wins them: of the others nobody has heard anything yet.
    const won = later.filter(({ reply }) => reply?.text === 'a').length;
    expect(won).toBeGreaterThanOrEqual(5);
    expect(won).toBeLessThanOrEqual(7);
    await stage.until(10);
    expect(calls.map(({ reply }) => reply?.text ?? 'nobody').toSorted((a, b) => a.localeCompare(b))).toEqual(NAMES);
  });

  it('is measured where answers come, and shown in the status', async () => {
    const stage = four({ balance: 'latency', upstreams: [upstream('a', ['m'])] }, ({ body }) =>
      body['stream'] === true
        ? streamWith('one two', { firstContentAfter: 700, interval: 1 })
        : answerWith('yes', { after: 825 }),
    );
    const measures = () => stage.failover.status().deployments[0]?.balance;
    expect(measures()).toEqual({ failures: 0, firstContent: undefined, perOutputToken: undefined });
    stage.stream();
    await stage.until(2);
    expect(measures()).toEqual({ failures: 0, firstContent: 700, perOutputToken: undefined });
    stage.call();
    await stage.until(6);
    expect(measures()).toEqual({ failures: 0, firstContent: 700, perOutputToken: 15 });
    // What streams underneath is compared with streams.
    stage.call({}, { streamInside: true });
    await stage.until(7);
    expect(measures()).toEqual({ failures: 0, firstContent: 700, perOutputToken: 15 });
  });

  it('is not measured by errors, which weigh for themselves', async () => {
    const upstreams = [upstream('a', ['m'])];
    const stage = four({ balance: 'latency', upstreams, retry: { maxAttempts: 1 } }, () => failWith(500, { after: 5 }));
    stage.call();
    await stage.until(0.5);
    const measures = stage.failover.status().deployments[0]?.balance;
    expect(measures?.failures).toBeGreaterThan(0.9);
    expect(measures).toMatchObject({ firstContent: undefined, perOutputToken: undefined });
  });

  it('has answers make up for errors', async () => {
    const upstreams = [upstream('a', ['m'])];
    const stage = four({ balance: 'latency', upstreams, retry: { maxAttempts: 1 } }, ({ number }) =>
      number === 1 ? failWith(500) : answerWith('yes'),
    );
    await answerers(stage, 6, { maxAttempts: 1 });
    expect(stage.failover.status().deployments[0]?.balance.failures).toBeCloseTo(0.8 ** 5, 1);
  });

  it('is not measured by what happens behind the first content', async () => {
    const stage = four({ balance: 'latency', upstreams: [upstream('a', ['m'])], onStreamFailure: 'error' }, () =>
      streamWith('one two three', { firstContentAfter: 100, hangAfter: 1 }),
    );
    stage.stream();
    await stage.until(30);
    const measures = stage.failover.status().deployments[0]?.balance;
    expect(measures?.firstContent).toBe(100);
    expect(measures?.failures).toBeGreaterThan(0);
  });

  it('is known of the same service also when its options have changed', async () => {
    const stage = four({ balance: 'latency', upstreams: [upstream('a', ['m'])] }, ({ number }) =>
      number === 1 ? answerWith('yes', { after: 825 }) : failWith(500),
    );
    stage.call();
    await stage.until(1);
    stage.call({}, { maxAttempts: 1 });
    await stage.until(1.001);
    await stage.failover.pool.update('a', { weight: 5 });
    const [a] = stage.failover.status().deployments;
    expect(a).toMatchObject({ weight: 5, balance: { perOutputToken: 15 } });
    expect(a?.balance.failures).toBeGreaterThan(0.9);
  });

  it.each([400, 422])('counts no failure for a request that is wrong in itself: %d', async (status) => {
    const stage = four({ balance: 'latency' }, () => failWith(status, { after: 5 }));
    stage.call();
    await stage.until(0.5);
    for (const { balance } of stage.failover.status().deployments) expect(balance.failures).toBe(0);
  });

  it.each([
    ['slow', { firstContentAfter: 30_000 }, 0],
    ['silent', { headersAfter: 30_000 }, 1],
  ])('knows of one that was %s until it was overtaken that it takes at least so long', async (_, how, failures) => {
    const upstreams = [upstream('a', ['m']), upstream('b', ['m'], { priority: 2 })];
    const stage = four({ balance: 'latency', upstreams, raceAfter: 2_000 }, ({ upstream: name }) =>
      streamWith('one two', name === 'a' ? how : { firstContentAfter: 100 }),
    );
    stage.stream();
    await stage.until(2.1);
    const [a] = stage.failover.status().deployments;
    expect(a?.balance.firstContent).toBe(2_100);
    // One that has given a sign of life has not failed.
    expect(a?.balance.failures).toBeCloseTo(failures);
    await stage.until(5);
  });
});

describe('cheapest', () => {
  it('asks by what the request will cost', async () => {
    const upstreams = [
      upstream('a', { m: { price: { input: 1, output: 10 } } }),
      upstream('b', { m: { price: { input: 4, output: 4 } } }),
      upstream('c', ['m']),
    ];
    const stage = four({ balance: 'cheapest', upstreams });
    expect(await answerer(stage, { max_tokens: 500 })).toBe('b');
    const long = { messages: [{ role: 'user', content: 'word '.repeat(20_000) }], max_tokens: 500 };
    expect(await answerer(stage, long)).toBe('a');
    stage.failover.upstream('a').rest(1_000);
    stage.failover.upstream('b').rest(1_000);
    expect(await answerer(stage)).toBe('c');
  });

  it('reads prices from a model map', async () => {
    const upstreams = [upstream('a', { m: { id: 'dear' } }), upstream('b', { m: { id: 'fair' } })];
    const modelMap = {
      dear: { input_cost_per_token: 5e-6, output_cost_per_token: 2e-5 },
      fair: { input_cost_per_token: 2e-7, output_cost_per_token: 8e-7 },
    };
    const stage = four({ balance: 'cheapest', upstreams, modelMap });
    expect(counts(await answerers(stage, 5))).toEqual({ b: 5 });
  });
});

describe('sticky', () => {
  const balance = 'sticky';

  it('keeps each user with one upstream, and all users together busy with all', async () => {
    const stage = four({ balance });
    const homes = new Map<string, string>();
    for (let call = 0; call < 120; call += 1) {
      const user = `user-${call % 40}`;
      const found = await answerer(stage, {}, { user });
      expect(homes.get(user) ?? found).toBe(found);
      homes.set(user, found);
    }
    expect(Object.keys(counts([...homes.values()])).toSorted()).toEqual(NAMES);
  });

  it("reads the request's own user where the option is missing", async () => {
    const stage = four({ balance });
    for (const user of ['ada', 'grace', 'alan', 'edsger', 'barbara']) {
      const home = await answerer(stage, {}, { user });
      expect(await answerer(stage, { user })).toBe(home);
      expect(await answerer(stage, { user: 'somebody else' }, { user })).toBe(home);
    }
  });

  it('never sends the user of the option to anybody', async () => {
    const stage = four({ balance });
    await answerer(stage, {}, { user: 'ada-4711' });
    expect(JSON.stringify(stage.requests)).not.toContain('ada-4711');
  });

  it.each([{}, { user: '' }])('shares the calls of nobody by weight: %j', async (options) => {
    expect(counts(await answerers(four({ balance }), 8, options))).toEqual({ a: 2, b: 2, c: 2, d: 2 });
  });

  it('keeps a user with the same upstream for another model', async () => {
    const stage = four({ balance, chains: { default: ['m'], other: ['n'] } });
    for (let user = 0; user < 20; user += 1) {
      const options = { user: `user-${user}` };
      expect(await answerer(stage, {}, { ...options, chain: 'other' })).toBe(await answerer(stage, {}, options));
    }
  });

  it('moves only the users of one that rests, and brings them back', async () => {
    const stage = four({ balance });
    const users = Array.from({ length: 40 }, (_, user) => ({ user: `user-${user}` }));
    const homes = async (): Promise<string[]> => {
      const all: string[] = [];
      for (const options of users) all.push(await answerer(stage, {}, options));
      return all;
    };
    const before = await homes();
    stage.failover.upstream('b').rest(60_000);
    const meanwhile = await homes();
    for (const [index, home] of before.entries()) {
      if (home === 'b') expect(meanwhile[index]).not.toBe('b');
      else expect(meanwhile[index]).toBe(home);
    }
    stage.failover.upstream('b').wake();
    expect(await homes()).toEqual(before);
  });

  it('moves users to an upstream that is added, and to no other', async () => {
    const stage = four({ balance });
    const users = Array.from({ length: 40 }, (_, user) => ({ user: `user-${user}` }));
    const before: string[] = [];
    for (const options of users) before.push(await answerer(stage, {}, options));
    stage.upstreams['e'] = () => answerWith('e');
    await stage.failover.pool.add(upstream('e', ['m']));
    const after: string[] = [];
    for (const options of users) after.push(await answerer(stage, {}, options));
    const moved = after.filter((home, user) => home !== before[user]);
    expect(new Set(moved)).toEqual(new Set(['e']));
    expect(moved.length).toBeLessThan(20);
  });

  it('asks a function for another key than the user', async () => {
    const asked: object[] = [];
    const stage = four({
      balance: {
        sticky: (call) => {
          asked.push(call);
          return String(call.metadata?.['shop']);
        },
      },
    });
    const together = new Set<string>();
    for (let call = 0; call < 6; call += 1) {
      together.add(await answerer(stage, {}, { user: `user-${call}`, metadata: { shop: 'shoes' } }));
    }
    expect(together.size).toBe(1);
    // Once for each call, with what it may know of it.
    expect(asked).toHaveLength(6);
    expect(asked[0]).toEqual({ user: 'user-0', metadata: { shop: 'shoes' } });
  });

  it('asks the function once for a call, however many tiers and models it gets to', async () => {
    let asked = 0;
    const upstreams = NAMES.map((name, index) => upstream(name, ['m', 'n'], { priority: index < 2 ? 1 : 2 }));
    const sticky = (): string => {
      asked += 1;
      return 'everybody';
    };
    const stage = four({ balance: { sticky }, upstreams, chains: { default: ['m', 'n'] } }, () => failWith(503));
    stage.call();
    await stage.until(10);
    expect(asked).toBe(1);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('my own mistake');
      },
    ],
    ['returns a number', () => 5],
    ['returns a promise', async () => 'ada'],
    [
      'returns a promise that fails',
      async () => {
        throw new Error('my own mistake');
      },
    ],
  ])('goes on by weight where the function %s, and tells of it', async (_, sticky) => {
    // As JavaScript may write it.
    const stage = four({ balance: { sticky: sticky as unknown as () => string } });
    expect(counts(await answerers(stage, 4, { user: 'ada' }))).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    const told = stage.events.filter(([name]) => name === 'hook-failed');
    expect(told).toHaveLength(4);
    expect(told[0]?.[1]).toEqual({ hook: 'balance', error: expect.any(Error) });
  });

  it.each([undefined, ''])('goes by weight, and tells nobody, where the function returns %j', async (key) => {
    const stage = four({ balance: { sticky: () => key } });
    expect(counts(await answerers(stage, 4, { user: 'ada' }))).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    expect(stage.events.map(([name]) => name)).not.toContain('hook-failed');
  });

  it('explains without telling of a function that fails', () => {
    const sticky = (): string => {
      throw new Error('my own mistake');
    };
    const stage = four({ balance: { sticky } });
    const { models } = stage.failover.explain({ messages: [{ role: 'user', content: 'Hello' }] });
    expect(models[0]?.candidates.map((one) => one.upstream)).toEqual(NAMES);
    expect(stage.events).toEqual([]);
  });
});
