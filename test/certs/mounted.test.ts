import { mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KeyPair } from '../../certs/authority.ts';
import { issueLeaf } from '../../certs/authority.ts';
import { mounted } from '../../certs/mounted.ts';
import { lasting, makePool } from './support/pool.ts';
import { replicaOf, SERVICE, until } from './support/replica.ts';
import type { Replica } from './support/replica.ts';

let pool: Awaited<ReturnType<typeof makePool>>;
let renewed: KeyPair;
beforeAll(async () => {
  pool = await makePool();
  renewed = await issueLeaf(pool.first, pool.names, lasting(60));
});

const replicas: Replica[] = [];
afterEach(() => Promise.all(replicas.splice(0).map((replica) => replica.stop())));

/** As the kubelet: a new folder, links into it, and one link that is swapped. */
function mount(directory: string, files: Record<string, string>): void {
  const version = mkdtempSync(join(directory, '..version-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(version, name), text);
  symlinkSync(version, join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
}

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-inject-'));
  mkdirSync(directory, { recursive: true });
  for (const name of ['tls.crt', 'tls.key', 'ca.crt']) symlinkSync(join('..data', name), join(directory, name));
  return directory;
}

function start(directory: string): Replica {
  const replica = replicaOf((report) => mounted({ ...SERVICE, directory, pollMs: 20, report }));
  replicas.push(replica);
  return replica;
}

const filesOf = (leaf: KeyPair, authority?: string) => ({
  'tls.crt': leaf.certificatePem,
  'tls.key': leaf.keyPem,
  ...(authority && { 'ca.crt': authority }),
});

describe('a mounted certificate', () => {
  it('is served, with its authority where the folder tells it', async () => {
    const directory = newDirectory();
    mount(directory, filesOf(pool.leaf, pool.first.certificatePem));

    const replica = start(directory);
    await replica.started;

    expect(replica.certificates).toMatchObject([{ chainPem: pool.leaf.certificatePem }]);
    expect(replica.source.status().authorityNotAfter).toBeDefined();
  });

  it('is served without its authority too', async () => {
    const directory = newDirectory();
    mount(directory, filesOf(pool.leaf));

    await expect(start(directory).started).resolves.toBeUndefined();
  });

  it('is served from plain files too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'secrets-inject-'));
    for (const [name, text] of Object.entries(filesOf(pool.leaf))) writeFileSync(join(directory, name), text);

    await expect(start(directory).started).resolves.toBeUndefined();
  });

  it('is swapped when the kubelet swaps it', async () => {
    const directory = newDirectory();
    mount(directory, filesOf(pool.leaf, pool.first.certificatePem));
    const replica = start(directory);
    await replica.started;

    mount(directory, filesOf(renewed, pool.first.certificatePem));

    await until('the new one is served', () => replica.certificates.length === 2);
    expect(replica.certificates[1]?.chainPem).toBe(renewed.certificatePem);
  });

  it.each([
    ['a key that does not fit', () => filesOf({ ...renewed, keyPem: pool.leaf.keyPem }), 'does not fit'],
    ['no key', () => ({ 'tls.crt': renewed.certificatePem }), 'no such file'],
    ['garbage', () => filesOf({ ...renewed, certificatePem: 'x' }), 'does not parse'],
    ['another authority', () => filesOf(renewed, pool.second.certificatePem), 'no valid authority'],
  ])('stays the last good one where %s follows, and it is told', async (_, files, reason) => {
    const directory = newDirectory();
    mount(directory, filesOf(pool.leaf));
    const replica = start(directory);
    await replica.started;

    mount(directory, files());

    await until('it is told', () => replica.messages.some((message) => message.includes(reason)));
    expect(replica.certificates).toHaveLength(1);
  });

  it('is waited for where the folder is empty', async () => {
    const directory = newDirectory();
    const replica = start(directory);
    await until('it is told', () => replica.messages.some((message) => message.includes('no such file')));

    mount(directory, filesOf(pool.leaf));

    await expect(replica.started).resolves.toBeUndefined();
  });
});
