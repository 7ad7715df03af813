/** The difference between two texts, line by line, for people. */

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** By the longest common subsequence: fine for some hundreds of lines. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const common = commonLengths(old, now);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    const [left, right] = [old[i], now[j]];
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left });
      i++;
      j++;
    } else if (right !== undefined && (left === undefined || at(common, i, j + 1) > at(common, i + 1, j))) {
      lines.push({ kind: 'added', text: right });
      j++;
    } else {
      lines.push({ kind: 'removed', text: left ?? '' });
      i++;
    }
  }
  return lines;
}

/** Only what changed, with `context` lines around it and `…` for what is left out. */
export function onlyChanges(lines: readonly DiffLine[], context: number): DiffLine[] {
  const changed = lines.flatMap(({ kind }, i) => (kind === 'same' ? [] : [i]));
  const shown = lines.map((_, i) => changed.some((at) => Math.abs(at - i) <= context));
  return lines.flatMap((line, i) => {
    if (shown[i]) return [line];
    return i > 0 && shown[i - 1] ? [{ kind: 'same', text: '…' } as const] : [];
  });
}

/** Element (i, j): how many lines the rests of both have in common. */
function commonLengths(old: readonly string[], now: readonly string[]): number[][] {
  const table = Array.from({ length: old.length + 1 }, () => Array.from({ length: now.length + 1 }, () => 0));
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--) {
      const row = table[i] ?? [];
      row[j] = old[i] === now[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  return table;
}

function at(table: readonly (readonly number[])[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}
