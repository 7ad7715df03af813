/** Names that outputs take: each once, and no file where another one needs a folder. */
import { quote } from '../text.ts';
import type { Entry } from './entries.ts';
import type { Problems } from './problems.ts';

const FILES = new Set(['file', 'template', 'template-from']);
const VARIABLES = new Set(['env', 'env-template']);

export function fileNames(entries: readonly Entry[]): readonly string[] {
  return entries.filter(({ head }) => FILES.has(head)).map(({ subject = '' }) => subject);
}

export function checkNames(entries: readonly Entry[], problems: Problems): void {
  const files = checkDistinct(entries, FILES, 'file', problems);
  checkDistinct(entries, VARIABLES, 'variable', problems);
  for (const [name, { where }] of files) {
    const folder = parents(name).find((parent) => files.has(parent));
    if (folder !== undefined)
      problems.add(where, `needs a folder ${quote(folder, 80)}, which is the name of a file too`);
  }
}

function checkDistinct(
  entries: readonly Entry[],
  heads: ReadonlySet<string>,
  what: string,
  problems: Problems,
): ReadonlyMap<string, Entry> {
  const names = new Map<string, Entry>();
  for (const entry of entries.filter(({ head }) => heads.has(head))) {
    const other = names.get(entry.subject ?? '');
    if (other === undefined) names.set(entry.subject ?? '', entry);
    else problems.add(entry.where, `gives the same ${what} as ${other.where}: leave one of them out`);
  }
  return names;
}

function parents(name: string): string[] {
  const found: string[] = [];
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) found.push(name.slice(0, at));
  return found;
}
