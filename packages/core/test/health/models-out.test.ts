import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canServe, isCritical, modelsOut, type Serving } from '../../src/health/models-out.js';

const WELL: Serving = {
  circuit: 'closed',
  upstreamCircuit: 'closed',
  shutOut: false,
  restsFor: 0,
  down: false,
  up: false,
};

describe('a deployment can serve', () => {
  it.each<[Partial<Serving>, boolean]>([
    [{}, true],
    [{ circuit: 'open' }, false],
    [{ upstreamCircuit: 'open' }, false],
    [{ circuit: 'half-open' }, false],
    [{ circuit: 'half-open', up: true }, true],
    [{ circuit: 'open', up: true }, false],
    [{ upstreamCircuit: 'half-open' }, false],
    [{ shutOut: true }, false],
    [{ down: true }, false],
    [{ restsFor: 1_000 }, true],
    [{ restsFor: 60_000 }, false],
  ])('with %j: %s', (facts, expected) => {
    expect(canServe({ ...WELL, ...facts })).toBe(expected);
  });
});

describe('a model', () => {
  it('is out when none of its deployments can serve', () => {
    const open = { ...WELL, circuit: 'open' as const };
    const models = [
      ['a', [open, WELL]],
      ['b', [open, open]],
      ['c', [open]],
    ] as const;
    expect(modelsOut(models)).toEqual(['b', 'c']);
  });
});

describe('a pool', () => {
  it('is critical when more than the ratio of its models is out', () => {
    expect(isCritical(1, 2, 0.5)).toBe(false);
    expect(isCritical(2, 2, 0.5)).toBe(true);
    expect(isCritical(2, 3, 0.5)).toBe(true);
    expect(isCritical(1, 4, 0)).toBe(true);
  });

  it('is never critical with one model alone, with nothing out, or where nobody wants to know', () => {
    expect(isCritical(1, 1, 0)).toBe(false);
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.double({ min: 0, max: 1, noNaN: true }), (out, of, ratio) => {
        expect(isCritical(out, of, false)).toBe(false);
        expect(isCritical(0, of, ratio)).toBe(false);
        expect(isCritical(Math.min(out, of), of, 1)).toBe(false);
      }),
    );
  });
});
