/** Writes what follows from the chart and the configuration table; `--check` only tells what is out of date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { format } from 'prettier';
import { renderInstall } from './install.ts';
import { VALUES_SCHEMA } from './values-schema.ts';

const FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  // First: Helm reads it while it renders the other.
  'chart/values.schema.json': () => format(JSON.stringify(VALUES_SCHEMA), { parser: 'json', printWidth: 120 }),
  'install.yaml': () => renderInstall(),
};

async function main(check: boolean): Promise<number> {
  const stale: string[] = [];
  for (const [name, content] of Object.entries(FILES)) {
    const path = join(import.meta.dirname, name);
    if (isStale(path, await content(), check)) stale.push(relative(process.cwd(), path));
  }
  if (!check || stale.length === 0) return 0;
  process.stderr.write(`out of date: ${stale.join(', ')}: run \`node deploy/generate.ts\`\n`);
  return 1;
}

function isStale(path: string, content: string, check: boolean): boolean {
  if (read(path) === content) return false;
  if (!check) writeFileSync(path, content);
  return true;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

process.exitCode = await main(process.argv.includes('--check'));
