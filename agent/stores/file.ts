/** Secrets as files under one folder that the operator gives. For development. */
import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { FileStore } from '../../contract/agent-config.ts';
import { refuseUnknownParams } from './shared/params.ts';
import { StoreError, type SecretRequest, type SecretValue, type StoreFactory } from './store.ts';

const MAX_BYTES = 8 * 1024 * 1024;

const createFileStore: StoreFactory<FileStore> = (config) => ({
  read: (request, signal) => readSecret(config.root, request, signal),
});

export default createFileStore;

async function readSecret(root: string, request: SecretRequest, signal: AbortSignal): Promise<SecretValue> {
  refuseUnknownParams(request, []);
  const base = await translated(realpath(root), notThere('configuration', 'the root folder of the file store'));
  const path = await translated(realpath(join(base, request.name)), notThere('missing', 'this file'));
  if (!path.startsWith(base === sep ? sep : base + sep))
    throw new StoreError('denied', 'the file is outside of the root folder of the file store: links may not lead out');
  if (signal.aborted) throw new StoreError('unreachable', 'the file was not read in time');
  return { bytes: await readRegularFile(path) };
}

/** Judged by its handle. Opened without blocking, for a fifo would wait for a writer. */
async function readRegularFile(path: string): Promise<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await translated(open(path, flags), notThere('missing', 'this file'));
  try {
    return await readBounded(handle);
  } finally {
    await handle.close();
  }
}

async function readBounded(handle: FileHandle): Promise<Buffer> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new StoreError('configuration', 'this is a folder or a device, not a file');
  if (stat.size > MAX_BYTES) throw new StoreError('malformed', 'the file is larger than 8 MiB');
  return handle.readFile();
}

async function translated<T>(work: Promise<T>, explain: (code: string) => StoreError): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw explain(error instanceof Error && 'code' in error ? String(error.code) : 'unknown');
  }
}

function notThere(reason: 'configuration' | 'missing', what: string): (code: string) => StoreError {
  return (code) => {
    if (code === 'ENOENT' || code === 'ENOTDIR') return new StoreError(reason, `${what} does not exist`);
    if (code === 'EACCES' || code === 'EPERM' || code === 'ELOOP')
      return new StoreError('denied', `${what} may not be read (${code})`);
    return new StoreError('unreachable', `${what} cannot be read (${code})`);
  };
}
