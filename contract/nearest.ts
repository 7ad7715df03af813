/** Longer names are cut before they are compared: valid ones are far shorter, and the work stays bounded. */
const COMPARED = 80;

/** Levenshtein distance: insertions, deletions and replacements of one character. */
export function distance(left: string, right: string): number {
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

/** The candidate with the fewest edits, the first of them on a tie; undefined only without candidates. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: { name: string; edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = distance(name, candidate);
    if (best === undefined || edits < best.edits) best = { name: candidate, edits };
  }
  return best?.name;
}
