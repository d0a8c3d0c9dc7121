/** The known names nearest to one that is unknown: for typing mistakes in options and in requests. */

/** Names may come from requests of strangers; a longer one is no typing mistake, and comparing it costs time. */
const LONGEST_COMPARED = 100;
/** Shorter beginnings and parts fit too many names. */
const SHORTEST_PART = 3;

/**
 * The names of `known` that may have been meant by `name`, the nearest first, at most `limit`. Case and separators do not
 * count (`GPT4.1` finds `gpt-4.1`); beginnings, ends and parts do (`claude-sonnet` finds `claude-sonnet-4.5`); of other
 * names about every third character may be wrong. Empty when nothing is near.
 */
export function nearestNames(name: string, known: Iterable<string>, limit = 3): string[] {
  if (name.length > LONGEST_COMPARED) return [];
  const wanted = simplify(name);
  if (wanted === '') return [];
  const near: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(known)) {
    const distance = nameDistance(wanted, simplify(candidate));
    if (distance !== undefined) near.push({ candidate, distance });
  }
  return near
    .toSorted((left, right) => left.distance - right.distance)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[\s\-_./:@]/gu, '');
}

/** 0 for equal names; more for less alike ones; `undefined` for those too far apart to be worth a word. */
function nameDistance(wanted: string, candidate: string): number | undefined {
  if (wanted === candidate) return 0;
  const distances = [partDistance(wanted, candidate), typingDistance(wanted, candidate)];
  const near = distances.filter((distance) => distance !== undefined);
  return near.length === 0 ? undefined : Math.min(...near);
}

/**
 * One name inside the other. A beginning is nearer than one typing mistake, an end than two; a known name inside a longer
 * wanted one is farther, because something else was wanted. Among equals, less missing is nearer.
 */
function partDistance(wanted: string, candidate: string): number | undefined {
  const [part, whole] = wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted];
  const position = whole.indexOf(part);
  if (part.length < SHORTEST_PART || position === -1) return undefined;
  const missing = whole.length - part.length;
  const place = position === 0 ? 0 : position === missing ? 1 : 2;
  const excess = wanted === whole ? 1.5 : 0;
  return place + excess + missing / (missing + 10);
}

function typingDistance(wanted: string, candidate: string): number | undefined {
  const longer = Math.max(wanted.length, candidate.length);
  const shorter = Math.min(wanted.length, candidate.length);
  const cutOff = Math.max(1, Math.floor(longer / 3));
  if (longer > LONGEST_COMPARED || longer - shorter > cutOff) return undefined;
  const edits = editDistance(wanted, candidate);
  return edits <= cutOff && edits < shorter ? edits : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours (Damerau-Levenshtein, optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const replaced = cell(last, column - 1) + (same ? 0 : 1);
      let best = Math.min(replaced, cell(last, column) + 1, cell(current, column - 1) + 1);
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped && row > 1 && column > 1) best = Math.min(best, cell(beforeLast, column - 2) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return cell(last, right.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
