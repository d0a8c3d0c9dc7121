/** The functions by which tests are written: those of vitest, or of whatever has the same. */

export interface TestFunctions {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
  readonly expect: (actual: unknown) => Expectation;
}

export interface Expectation {
  readonly not: Omit<Expectation, 'not'>;
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toMatchObject(expected: object): void;
  toContain(part: unknown): void;
  toMatch(pattern: RegExp): void;
  toHaveLength(length: number): void;
}
