import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSaver } from '../../src/state/saver.js';
import { LARGEST_FILE } from '../../src/state/state-file.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function stage({
  write,
  textOf = (body) => body,
}: { write?: (text: string) => Promise<void>; textOf?: (body: string) => string } = {}) {
  const written: string[] = [];
  const failures: string[] = [];
  const known = { body: 'a' };
  const saver = createSaver({
    interval: 1_000,
    body: () => known.body,
    textOf,
    write: async (text) => {
      await write?.(text);
      written.push(text);
    },
    onFailure: (reason) => failures.push(reason),
  });
  return { written, failures, known, saver, after: (time: number) => vi.advanceTimersByTimeAsync(time) };
}

describe('saving', () => {
  it('happens on the interval when something has changed, and at the end', async () => {
    const { written, known, saver, after } = stage();
    await after(5_000);
    expect(written).toEqual([]);
    known.body = 'b';
    await after(3_000);
    expect(written).toEqual(['b']);
    known.body = 'c';
    await after(500);
    await saver.close();
    expect(written).toEqual(['b', 'c']);
  });

  it('at the end happens also where nothing has changed, because the file may be gone', async () => {
    const { written, saver } = stage();
    await saver.close();
    expect(written).toEqual(['a']);
  });

  it('is never begun while another is under way; the last one is of the moment of the end', async () => {
    let underWay = 0;
    let most = 0;
    const write = async (): Promise<void> => {
      most = Math.max(most, (underWay += 1));
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      underWay -= 1;
    };
    const { written, known, saver, after } = stage({ write });
    known.body = 'b';
    await after(1_000);
    known.body = 'c';
    await after(1_500);
    const closed = saver.close();
    known.body = 'taken apart';
    await after(10_000);
    await closed;
    expect([written, most]).toEqual([['b', 'c'], 1]);
  });

  it('that fails is tried again, and told once until it has worked again', async () => {
    let broken = true;
    const write = async (): Promise<void> => {
      if (broken) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    const { written, failures, known, saver, after } = stage({ write });
    known.body = 'b';
    await after(5_000);
    expect([failures, written]).toEqual([['ENOSPC'], []]);
    broken = false;
    await after(1_000);
    expect(written).toEqual(['b']);
    broken = true;
    await saver.close();
    expect(failures).toEqual(['ENOSPC', 'ENOSPC']);
  });

  it('of more than would be read again is a failure', async () => {
    const { written, failures, saver } = stage({ textOf: () => 'ä'.repeat(LARGEST_FILE / 2 + 1) });
    await saver.close();
    expect([written, failures]).toEqual([[], ['too-large']]);
  });

  it('leaves the event loop free to end', async () => {
    vi.useRealTimers();
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { saver } = stage();
    expect(timers()).toBe(before);
    await saver.close();
    vi.useFakeTimers();
  });
});
