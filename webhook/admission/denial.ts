/** One message that tells every problem. */
import type { Problem } from '../../contract/request.ts';
import { clean } from '../../contract/text.ts';

const TOLD = 50;

/** @param more problems that were already left out */
export function denialMessage(problems: readonly Problem[], more: number): { message: string; problems: number } {
  const told = [...new Set(problems.map(({ where, message }) => `${clean(where, 200)}: ${clean(message, 400)}`))];
  const lines = told.slice(0, TOLD);
  const rest = more + told.length - lines.length;
  const count = lines.length + rest;
  const [only = ''] = lines;
  if (count === 1) return { message: only, problems: count };
  const end = rest > 0 ? `; and ${rest} more` : '';
  return {
    message: `${count} problems: ${lines.map((line, i) => `(${i + 1}) ${line}`).join('; ')}${end}`,
    problems: count,
  };
}
