/** Sets of files that change all at once, as the kubelet does it: every name leads through the one link `..data`. */
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { FileIdentity } from '../state.ts';
import { currentFolder, DATA, linkAtOnce, linkNames } from './links.ts';
import { hasFile, writeSet, type SetFile } from './set.ts';
import { removeRetired } from './sweep.ts';
import { WriteError } from './write-error.ts';

export interface Delivery {
  /** Paths whose content is new; empty: nothing was touched. */
  readonly changed: readonly string[];
  /** By path; a file that could not be kept has none. */
  readonly identities: ReadonlyMap<string, FileIdentity>;
}

/**
 * Puts exactly these files in place, all at once, or changes nothing.
 * @param now milliseconds since the epoch, for the name of the new folder
 * @throws WriteError
 */
export function deliver(root: string, files: readonly SetFile[], now: number): Delivery {
  try {
    mkdirSync(root, { recursive: true });
    const current = currentFolder(root);
    const possible = files.filter((file) => file.bytes !== undefined || isThere(current, file.path));
    const changed = possible.filter((file) => current === undefined || !hasFile(current, file)).map(pathOf);
    if (current === undefined || changed.length > 0 || hasOthers(current, files)) flip(root, possible, current, now);
    linkNames(root, possible);
    return { changed, identities: identify(root, possible.map(pathOf)) };
  } catch (error) {
    throw new WriteError(root, error);
  }
}

/** What tells a delivered file from another one in its place; a missing file has no entry. */
export function identify(root: string, paths: readonly string[]): Map<string, FileIdentity> {
  const identities = new Map<string, FileIdentity>();
  for (const path of paths) {
    const found = statSync(join(root, DATA, path), { throwIfNoEntry: false });
    if (found?.isFile()) identities.set(path, { inode: found.ino, size: found.size, modifiedMs: found.mtimeMs });
  }
  return identities;
}

/** A file to keep can be gone by now; the rest of the set goes on without it. */
function isThere(folder: string | undefined, path: string): boolean {
  return folder !== undefined && statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true;
}

function pathOf({ path }: SetFile): string {
  return path;
}

function flip(root: string, files: readonly SetFile[], current: string | undefined, now: number): void {
  try {
    flipOnce(root, files, current, now);
  } catch (error) {
    if (!isFull(error)) throw error;
    // The folders before take room that the new set needs more.
    removeRetired(root, Infinity);
    flipOnce(root, files, current, now);
  }
}

function flipOnce(root: string, files: readonly SetFile[], current: string | undefined, now: number): void {
  const name = `..${new Date(now).toISOString().replaceAll(':', '_')}.${Math.random().toString(36).slice(2, 8)}`;
  try {
    writeSet(join(root, name), files, current);
    linkAtOnce(name, join(root, DATA));
  } catch (error) {
    rmSync(join(root, name), { recursive: true, force: true });
    throw error;
  }
  // For the sweep, a folder's time is that of its retirement.
  if (current !== undefined) utimesSync(current, now / 1000, now / 1000);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function hasOthers(current: string, files: readonly SetFile[]): boolean {
  const wanted = new Set(files.map(({ path }) => path));
  return readdirSync(current, { recursive: true, withFileTypes: true }).some(
    (entry) => !entry.isDirectory() && !wanted.has(join(entry.parentPath, entry.name).slice(current.length + 1)),
  );
}
