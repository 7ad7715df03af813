/** One folder with a whole set of files. Nobody sees it before `..data` points to it. */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export interface SetFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Absent: as in the set before. */
  readonly bytes?: Uint8Array;
}

/** Whether the folder has this file already, byte for byte. */
export function hasFile(folder: string, file: SetFile): boolean {
  const path = join(folder, file.path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || (found.mode & 0o7777) !== file.mode) return false;
  if (file.bytes === undefined) return true;
  return found.size === file.bytes.length && Buffer.compare(readFileSync(path), file.bytes) === 0;
}

/** Files that `previous` has already keep their inode and their times. */
export function writeSet(folder: string, files: readonly SetFile[], previous: string | undefined): void {
  makeFolder(folder);
  for (const file of files) {
    makeFolders(folder, dirname(file.path));
    if (previous !== undefined && hasFile(previous, file)) linkSync(join(previous, file.path), join(folder, file.path));
    else writeFile(join(folder, file.path), file.bytes ?? bytesBefore(file, previous), file.mode);
  }
}

/** Whatever the umask says, others may pass through; a group that the volume hands down stays. */
function makeFolder(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o755 | (statSync(path).mode & 0o2000));
}

function makeFolders(root: string, path: string): void {
  if (path === '.' || statSync(join(root, path), { throwIfNoEntry: false })) return;
  makeFolders(root, dirname(path));
  makeFolder(join(root, path));
}

function writeFile(path: string, bytes: Uint8Array, mode: number): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

/** A file to keep whose mode was changed. */
function bytesBefore(file: SetFile, previous: string | undefined): Uint8Array {
  if (previous === undefined) throw new Error(`there is no ${file.path} to keep`);
  return readFileSync(join(previous, file.path));
}
