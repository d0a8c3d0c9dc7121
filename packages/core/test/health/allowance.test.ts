import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allowance } from '../../src/health/allowance.js';

const DAY = 86_400_000;

describe('an allowance', () => {
  it('has a tenth of the day at hand and the rest evenly over the day', () => {
    const allowance = new Allowance(500, 1, 0);
    let spent = 0;
    while (allowance.allows(1, 0)) {
      allowance.spend(1, 0);
      spent += 1;
    }
    expect(spent).toBe(50);
    expect(allowance.allows(1, 190_000)).toBe(false);
    expect(allowance.allows(1, 193_000)).toBe(true);
  });

  it('of nothing admits nothing', () => {
    expect(new Allowance(0, 1, 0).allows(1, DAY * 10)).toBe(false);
    expect(new Allowance(0, 0.001, 0).allows(0.000_01, DAY * 10)).toBe(false);
  });

  it('makes up for what cost more than was thought', () => {
    const allowance = new Allowance(1, 0.001, 0);
    allowance.spend(0.5, 0);
    expect(allowance.allows(0.05, 0)).toBe(false);
    expect(allowance.allows(0.05, DAY / 4)).toBe(false);
    expect(allowance.allows(0.05, DAY * 0.6)).toBe(true);
  });

  it('is not exceeded in any 24 hours, whenever it is asked', () => {
    const steps = fc.array(fc.nat(3_600_000), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), steps, (perDay, waits) => {
        const allowance = new Allowance(perDay, 1, 0);
        const sent: number[] = [];
        let at = 0;
        for (const wait of waits) {
          at += wait;
          if (!allowance.allows(1, at)) continue;
          allowance.spend(1, at);
          sent.push(at);
        }
        for (const from of sent) {
          const inADay = sent.filter((one) => one >= from && one < from + DAY).length;
          expect(inADay).toBeLessThanOrEqual(perDay);
        }
      }),
    );
  });
});
