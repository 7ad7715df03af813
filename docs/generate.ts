/** `npm run docs` writes what is generated; with `--check` it only names what is stale, and fails. */
import { join } from 'node:path';
import { staleFiles, writeFiles } from './pages.ts';

const root = join(import.meta.dirname, '..');
const stale = await staleFiles(root);

if (process.argv.includes('--check')) {
  for (const { file } of stale) process.stderr.write(`${file} is stale: run npm run docs\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  writeFiles(root, stale);
  for (const { file } of stale) process.stdout.write(`${file} written\n`);
}
