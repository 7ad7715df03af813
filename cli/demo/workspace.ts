/** A folder in memory that is gone afterwards. */
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Workspace {
  readonly files: string;
  readonly state: string;
  readonly tokens: string;
  readonly inMemory: boolean;
  remove(): void;
}

export function createWorkspace(): Workspace {
  const inMemory = isWritable('/dev/shm');
  const root = mkdtempSync(join(inMemory ? '/dev/shm' : tmpdir(), 'secrets-inject-demo-'));
  const folder = (name: string) => {
    const path = join(root, name);
    mkdirSync(path, { mode: 0o700 });
    return path;
  };
  return {
    files: folder('files'),
    state: folder('state'),
    tokens: folder('tokens'),
    inMemory,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
