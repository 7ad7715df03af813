/** Which files are generated, and what they have to hold. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format } from 'prettier';
import { annotationTable, backendTable, exitTable, metricTables, optionTable, paramTable } from './tables.ts';

const MADE = '<!-- Written by `npm run docs` from the definitions in the sources. Do not edit. -->';
const MARKS = ['<!-- annotations -->', '<!-- /annotations -->'] as const;

const PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/annotations.md': () =>
    `# Annotations\n\nEvery key starts with \`secrets.inject/\`. Options of stores (\`vault.address\` and its like) are in [stores](stores.md).\n\n${annotationTable()}`,
  'docs/reference/stores.md': () =>
    `# Stores and their options\n\nA reference is \`[<store>:]<name>[?<param>=<value>&…][#<property>]\`.\n\n${backendTable()}\n\n## Parameters\n\n${paramTable()}\n\n## Options\n\nAn option of a reference beats that of \`store.<id>\`, which beats the annotation.\n\n${optionTable()}`,
  'docs/reference/exit-codes.md': () => `# Exit codes of the agent\n\n${exitTable()}`,
  'docs/reference/metrics.md': () => {
    const [webhook, agent] = metricTables();
    return `# Metrics\n\nFor Prometheus; times in seconds.\n\n## Webhook\n\nAt \`:8080/metrics\`, beside the usual \`process_*\` and \`nodejs_*\`.\n\n${webhook}\n\n## Agent\n\nAt \`:9465/metrics\` of each Pod. The names of secrets are labels unless \`agent.nameLabels\` is false; values never.\n\n${agent}`;
  },
};

interface Generated {
  /** Relative to the root. */
  readonly file: string;
  readonly text: string;
}

/** Files that differ from what the definitions say; a README without the marks is left alone. */
export async function staleFiles(root: string): Promise<readonly Generated[]> {
  const wanted = await Promise.all(
    Object.entries(PAGES).map(([file, page]) => generate(file, `${MADE}\n\n${page()}\n`)),
  );
  return [...wanted, ...(await readme(root))].filter(({ file, text }) => read(join(root, file)) !== text);
}

export function writeFiles(root: string, files: readonly Generated[]): void {
  for (const { file, text } of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

async function generate(file: string, markdown: string): Promise<Generated> {
  return { file, text: await format(markdown, { parser: 'markdown', printWidth: 120, proseWrap: 'preserve' }) };
}

async function readme(root: string): Promise<readonly Generated[]> {
  const text = read(join(root, 'README.md')) ?? '';
  const [from, to] = [text.indexOf(MARKS[0]), text.indexOf(MARKS[1])];
  if (from === -1 || to < from) return [];
  const { text: table } = await generate('', annotationTable());
  return [{ file: 'README.md', text: `${text.slice(0, from)}${MARKS[0]}\n\n${table}\n${text.slice(to)}` }];
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
