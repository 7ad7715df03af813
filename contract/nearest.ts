/** Longer names are cut before they are compared: valid ones are far shorter, and the work stays bounded. */
const COMPARED = 80;

/** Levenshtein distance: insertions, deletions and replacements of one character. */
function distance(left: string, right: string): number {
  const [a, b] = [left.slice(0, COMPARED), right.slice(0, COMPARED)];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) row = nextRow(row, a[i], b, i + 1);
  return row[b.length] ?? 0;
}

function nextRow(above: readonly number[], char: string | undefined, b: string, first: number): number[] {
  const row = [first];
  for (let j = 0; j < b.length; j++) {
    const replaced = (above[j] ?? 0) + (char === b[j] ? 0 : 1);
    row.push(Math.min(replaced, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
  }
  return row;
}

/** Whether so few edits lead from one to the other; far cheaper than `distance` for few edits. */
function isWithin(left: string, right: string, edits: number): boolean {
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  const [a, b] = [left.slice(same), right.slice(same)];
  if (a === '' || b === '') return a.length + b.length <= edits;
  if (edits === 0) return false;
  const [a1, b1] = [a.slice(1), b.slice(1)];
  return isWithin(a1, b1, edits - 1) || isWithin(a1, b, edits - 1) || isWithin(a, b1, edits - 1);
}

/** The nearest candidate that is at most `most` edits away, the first of them on a tie. */
export function within(name: string, candidates: readonly string[], most: number): string | undefined {
  for (let edits = 0; edits <= most; edits++) {
    const found = candidates.find((candidate) => isWithin(name, candidate, edits));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The candidate with the fewest edits, the first of them on a tie; undefined only without candidates. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: { name: string; edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = distance(name, candidate);
    if (best === undefined || edits < best.edits) best = { name: candidate, edits };
  }
  return best?.name;
}
