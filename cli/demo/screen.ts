/** Text for people: numbered steps, checks, and colours where they are wanted. */
import type { DiffLine } from './diff.ts';

export interface Screen {
  step(title: string): void;
  /** Something that was looked at and found to be so. */
  ok(text: string): void;
  note(text: string): void;
  block(text: string): void;
  diff(lines: readonly DiffLine[]): void;
  failure(text: string): void;
  summary(text: string): void;
}

const STYLE = { plain: '0', bold: '1', grey: '90', green: '32', red: '31' } as const;

export function createScreen(write: (text: string) => void, colours: boolean): Screen {
  let steps = 0;
  const paint = (style: keyof typeof STYLE, text: string) =>
    colours && style !== 'plain' ? `\u001B[${STYLE[style]}m${text}\u001B[0m` : text;
  const lines = (indent: string, style: keyof typeof STYLE, text: string) => {
    for (const line of text.trimEnd().split('\n')) write(`${indent}${paint(style, line)}\n`);
  };
  return {
    step: (title) => write(`\n${paint('bold', `${++steps}. ${title}`)}\n`),
    ok: (text) => lines('   ', 'green', `✓ ${text}`),
    note: (text) => lines('   ', 'plain', text),
    block: (text) => lines('     ', 'grey', text),
    diff: (all) => {
      for (const { kind, text } of all) write(`     ${paint(DIFF[kind].style, DIFF[kind].sign + text)}\n`);
    },
    failure: (text) => lines('   ', 'red', `✗ ${text}`),
    summary: (text) => write(`\n${paint('bold', text)}\n`),
  };
}

const DIFF = {
  same: { sign: '  ', style: 'grey' },
  added: { sign: '+ ', style: 'green' },
  removed: { sign: '- ', style: 'red' },
} as const;
