/**
 * Takes a copy of the user's options before anything looks at them: reading them once keeps getters, proxies, cycles and
 * prototype tricks out of every later step, and nothing of ours can change what is the user's.
 */

/** Where a value stands: names of properties and positions in lists. */
export type Path = readonly PropertyKey[];

/** A place that could not be copied. */
export interface CopyFault {
  readonly path: Path;
  readonly expected: string;
}

export interface PlainCopy {
  /** Plain objects, lists, primitives, and functions by reference; `undefined` stands where there was a fault. */
  readonly value: unknown;
  readonly faults: readonly CopyFault[];
}

const DEEPEST = 64;
const LARGEST = 10_000;

/**
 * Copies plain data. Functions stay what they are, and so does what `keeps` points out. Own enumerable properties only;
 * an own `__proto__` (`JSON.parse` makes one) is a fault, because copying it would set the prototype.
 */
export function copyPlain(root: unknown, keeps: (path: Path) => boolean): PlainCopy {
  const faults: CopyFault[] = [];
  const copies = new Map<object, unknown>();
  const open = new Set<object>();

  function fail(path: Path, expected: string): undefined {
    faults.push({ path, expected });
  }

  function copy(value: unknown, path: Path): unknown {
    if (typeof value !== 'object' || value === null || keeps(path)) return value;
    if (open.has(value)) return fail(path, 'plain data; this refers back to an object that contains it');
    if (path.length > DEEPEST) return fail(path, `plain data of at most ${DEEPEST} levels`);
    // The same object in two places is copied once: what is shared many times over must not grow exponentially.
    if (copies.has(value)) return copies.get(value);
    open.add(value);
    const result = copyObject(value, path);
    open.delete(value);
    copies.set(value, result);
    return result;
  }

  function copyObject(value: object, path: Path): unknown {
    try {
      if (Array.isArray(value)) return copyList(value, path);
      if (!isPlain(value)) return fail(path, `a plain object, not ${instanceName(value)}`);
      return copyProperties(value, path);
    } catch {
      // The error's own words are the user's code speaking and may hold anything, keys included.
      return fail(path, 'something that can be read; looking at it threw an error');
    }
  }

  function copyList(list: readonly unknown[], path: Path): unknown {
    if (list.length > LARGEST) return fail(path, `a list of at most ${LARGEST} entries`);
    return Array.from({ length: list.length }, (_, index) => copyEntry(list, index, path));
  }

  function copyProperties(value: object, path: Path): unknown {
    const names = Object.keys(value);
    if (names.length > LARGEST) return fail(path, `an object of at most ${LARGEST} properties`);
    const result: Record<string, unknown> = {};
    for (const name of names) {
      if (name === '__proto__') fail([...path, name], 'another name; this one would change the object itself');
      else result[name] = copyEntry(value, name, path);
    }
    return result;
  }

  function copyEntry(holder: object, key: string | number, path: Path): unknown {
    const place = [...path, key];
    let entry: unknown;
    try {
      entry = Reflect.get(holder, key);
    } catch {
      return fail(place, 'something that can be read; its getter threw an error');
    }
    return copy(entry, place);
  }

  return { value: copy(root, []), faults };
}

/** Also of another realm: tests often run in one of their own, where `Object.prototype` is another object. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
}

function instanceName(value: object): string {
  const { constructor } = value;
  return typeof constructor === 'function' && /^\w{1,40}$/u.test(constructor.name)
    ? `an instance of ${constructor.name}`
    : 'an instance of a class';
}
