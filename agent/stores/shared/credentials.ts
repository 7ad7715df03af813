/**
 * Tokens and keys that the Pod holds as files, in memory volumes. They are read anew at each use, for they rotate; and
 * synchronously, for that spares a start the promise variants and all they load.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../store.ts';

/** The projected token of the Pod's ServiceAccount. @throws StoreError */
export function readToken(path: string): string {
  return readTrimmed(path, `the Pod's token ${path}`, 'is the token volume mounted?');
}

/** One key of the Secret named by `credentials-secret`, mounted as a file. @throws StoreError */
export function readCredential(folder: string, name: string): string {
  return readTrimmed(join(folder, name), `the key ${name} of the credentials Secret`, 'add it to that Secret');
}

/** As `readCredential`, but undefined where there is no such key. @throws StoreError */
export function readOptionalCredential(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8').trim() || undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(`the key ${name} of the credentials Secret`, error, 'check its permissions');
  }
}

function readTrimmed(path: string, what: string, wayOut: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw unreadable(what, error, wayOut);
  }
  if (text === '') throw new StoreError('configuration', `${what} is empty: ${wayOut}`);
  return text;
}

function unreadable(what: string, error: unknown, wayOut: string): StoreError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return new StoreError('configuration', `${what} cannot be read (${code}): ${wayOut}`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
