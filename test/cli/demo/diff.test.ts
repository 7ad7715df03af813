import { describe, expect, it } from 'vitest';
import { diffLines, onlyChanges } from '../../../cli/demo/diff.ts';

const SIGN = { same: ' ', added: '+', removed: '-' } as const;

function diff(before: string, after: string): string[] {
  return diffLines(before, after).map(({ kind, text }) => SIGN[kind] + text);
}

describe('the difference of two texts', () => {
  it('names added and removed lines in place', () => {
    expect(diff('a\nb\nc', 'a\nx\nc\nd')).toEqual([' a', '-b', '+x', ' c', '+d']);
  });

  it('is all the same for equal texts', () => {
    expect(diff('a\n\nb', 'a\n\nb')).toEqual([' a', ' ', ' b']);
  });

  it('keeps as many lines as can be kept', () => {
    expect(diff('a\nb\na', 'b\na\nb')).toEqual(['-a', ' b', ' a', '+b']);
  });

  it('leaves out what is far from a change', () => {
    const lines = onlyChanges(diffLines('1\n2\n3\n4\n5', '1\n2\n3\n4\nnew\n5'), 1);

    expect(lines.map(({ text }) => text)).toEqual(['4', 'new', '5']);
  });

  it('marks where lines between two changes are left out', () => {
    const lines = onlyChanges(diffLines('1\n2\n3\n4\n5', '0\n1\n2\n3\n4\n5\n6'), 1);

    expect(lines.map(({ text }) => text)).toEqual(['0', '1', '…', '5', '6']);
  });
});
