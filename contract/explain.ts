/** Problems → the one message that a user reads. */
import type { Problem } from './request.ts';
import { clean } from './text.ts';

/** One line for one problem; else a numbered list, still on one line, for the places that cut lines off. */
export function explain(problems: readonly Problem[], more: number): string {
  const lines = problems.map(({ where, message }) => `${clean(where, 200)}: ${clean(message, 400)}`);
  if (lines.length + more <= 1) return lines.join('');
  const rest = more > 0 ? ` … and ${more} more` : '';
  return `${lines.length + more} problems: ${lines.map((line, i) => `(${i + 1}) ${line}`).join('; ')}${rest}`;
}
