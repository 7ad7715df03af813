/** Sets that were replaced stay for a while: a reader may be in the middle of one. */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { currentFolder, DATA } from './links.ts';
import { WriteError } from './write-error.ts';

/**
 * Removes folders that are no longer current; what a killed agent left half-written goes with them.
 * @param retiredBefore epoch milliseconds
 * @throws WriteError
 */
export function sweep(root: string, retiredBefore: number): void {
  try {
    if (existsSync(root)) removeRetired(root, retiredBefore);
  } catch (error) {
    throw new WriteError(root, error);
  }
}

export function removeRetired(root: string, before: number): void {
  const current = currentFolder(root);
  for (const name of readdirSync(root)) {
    const path = join(root, name);
    const isSet = name.startsWith('..') && name !== DATA && path !== current;
    if (isSet && lstatSync(path).mtimeMs < before) rmSync(path, { recursive: true, force: true });
  }
}
