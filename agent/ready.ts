/** The file that the start gate waits for. */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { WriteError } from './deliver/write-error.ts';

/** @throws WriteError */
export function markReady(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  try {
    writeFileSync(path, '', { mode: 0o444 });
  } catch (error) {
    throw new WriteError(path, error);
  }
}

/** @throws WriteError */
export function unmarkReady(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new WriteError(path, error);
  }
}
