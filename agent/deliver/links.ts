/** The links of a volume: `..data` to the current set, and each name through it. */
import { lstatSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SetFile } from './set.ts';

export const DATA = '..data';
const NEXT_LINK = '..data_tmp';

export function currentFolder(root: string): string | undefined {
  if (!lstatSync(join(root, DATA), { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  const folder = join(root, readlinkSync(join(root, DATA)));
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? folder : undefined;
}

/** The names that users see, each a link into `..data`; ours that are no longer wanted go. */
export function linkNames(root: string, files: readonly SetFile[]): void {
  const wanted = new Set(files.map(({ path }) => path.split('/', 1).join('')));
  for (const name of wanted) linkName(root, name);
  for (const name of readdirSync(root))
    if (!name.startsWith('..') && !wanted.has(name) && linkTarget(join(root, name)) === join(DATA, name))
      rmSync(join(root, name));
}

function linkName(root: string, name: string): void {
  if (linkTarget(join(root, name)) !== join(DATA, name)) linkAtOnce(join(DATA, name), join(root, name));
}

/** Nobody finds the path without a link, or half of one. */
export function linkAtOnce(target: string, path: string): void {
  const next = join(dirname(path), NEXT_LINK);
  rmSync(next, { recursive: true, force: true });
  symlinkSync(target, next);
  renameSync(next, path);
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
