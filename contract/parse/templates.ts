import { nearest } from '../nearest.ts';
import { templateProblem } from '../template.ts';
import { quote } from '../text.ts';
import type { Entry } from './entries.ts';
import type { Problems } from './problems.ts';

const TEMPLATES = new Set(['template', 'env-template']);

/** Templates close what they open and use only aliases that some `secret.<alias>` declares. */
export function checkTemplates(entries: readonly Entry[], problems: Problems): void {
  if (entries.some(({ head }) => head === 'template-delimiters')) return;
  const aliases = new Set(entries.filter(({ head }) => head === 'secret').map(({ subject = '' }) => subject));
  for (const { head, text, where } of entries) {
    const problem = TEMPLATES.has(head) ? templateProblem(text, aliases) : undefined;
    if (problem !== undefined) problems.add(where, () => problem.reason + suggestion(problem.alias, aliases));
  }
}

function suggestion(alias: string | undefined, aliases: ReadonlySet<string>): string {
  if (alias === undefined) return '';
  const close = nearest(alias, aliases);
  return ` ${quote(alias)}; ${close === undefined ? `declare it with secret.${alias.slice(0, 40).toLowerCase()}` : `nearest valid name: ${close}`}`;
}
