import { describe, expect, it } from 'vitest';
import { AnswerRate } from '../../src/pool/answer-rate.js';

function rateOf(...times: readonly number[]): AnswerRate {
  const rate = new AnswerRate();
  for (const at of times) rate.answered(at);
  return rate;
}

describe('the rate of answers', () => {
  it('is nothing where there were none', () => {
    expect(rateOf().perSecond(5_000)).toBe(0);
  });

  it('is that of the better of the last two seconds', () => {
    const rate = rateOf(1_000, 1_100, 1_900, 2_500);
    expect(rate.perSecond(2_600)).toBe(3);
    expect(rate.perSecond(4_000)).toBe(3);
  });

  it('forgets a second that was not just before', () => {
    expect(rateOf(1_000, 1_100, 3_000).perSecond(3_000)).toBe(1);
  });

  it('is nothing when they are long over', () => {
    expect(rateOf(1_000, 1_100).perSecond(4_500)).toBe(0);
  });
});
