import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FileStore } from '../../contract/agent-config.ts';
import { run } from '../cluster/run.ts';
import { storeContract } from './contract.ts';
import { failureOf, freshName, read } from './reading.ts';

const folder = await mkdtemp(join(tmpdir(), 'file-store-'));
const root = join(folder, 'root');
const links = join(folder, 'links');
await mkdir(join(root, 'sub'), { recursive: true });
await mkdir(links);
const config: FileStore = { backend: 'file', root };
const linked: FileStore = { backend: 'file', root: links };

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('file', () => {
  storeContract({
    config,
    stranger: linked,
    absentVersion: '',
    async write(name, value) {
      await writeFile(join(root, name), value);
      await symlink(join(root, name), join(links, name)).catch(() => undefined);
      return name;
    },
    unwrap: (bytes) => bytes,
    remove: (name) => unlink(join(root, name)),
  });

  it('reads from sub-folders, and through links that stay under the root', async () => {
    await writeFile(join(root, 'sub', 'real'), 'value');
    await symlink('real', join(root, 'sub', 'link'));

    const bytes = await read(config, 'sub/link');

    expect(Buffer.from(bytes).toString()).toBe('value');
  });

  it('may itself be reached through a link', async () => {
    await writeFile(join(root, 'plain'), 'value');
    await symlink(root, join(folder, 'way-to-root'));

    const bytes = await read({ backend: 'file', root: join(folder, 'way-to-root') }, 'plain');

    expect(Buffer.from(bytes).toString()).toBe('value');
  });

  it('lets no folder link and no parent segment lead out of the root', async () => {
    await writeFile(join(folder, 'outside'), 'outside');
    await symlink(folder, join(root, 'up'));

    const failures = await Promise.all(['up/outside', '../outside'].map((name) => failureOf(read(config, name))));

    expect(failures.map(({ reason }) => reason)).toEqual(['denied', 'denied']);
  });

  it('reads no folder beside the root whose name only begins alike', async () => {
    await mkdir(`${root}-other`);
    await writeFile(join(`${root}-other`, 'file'), 'outside');

    const failure = await failureOf(read(config, '../root-other/file'));

    expect(failure.reason).toBe('denied');
  });

  it('reads neither folder nor fifo, and does not hang on one', async () => {
    const fifo = freshName();
    await run(['mkfifo', join(root, fifo)]);

    const failures = await Promise.all(['sub', fifo].map((name) => failureOf(read(config, name))));

    expect(failures.map(({ reason }) => reason)).toEqual(['configuration', 'configuration']);
  });

  it('says that the root folder is not there, rather than that the secret is missing', async () => {
    const failure = await failureOf(read({ backend: 'file', root: '/does/not/exist' }, 'any'));

    expect(failure.reason).toBe('configuration');
  });
});
