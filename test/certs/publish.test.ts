import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyPair } from '../../certs/authority.ts';
import { issueAuthority } from '../../certs/authority.ts';
import { publish } from '../../certs/publish.ts';
import type { Trusted } from '../../certs/rotation.ts';
import { fingerprintOf } from '../../certs/verify.ts';
import { MemoryCluster } from './support/memory-cluster.ts';
import { DAY, HOUR, lasting, NOW } from './support/pool.ts';

let ours: Trusted;
let next: Trusted;
let theirs: string;
let ended: string;
beforeAll(async () => {
  ours = trusted(await issueAuthority(lasting(100)));
  next = trusted(await issueAuthority(lasting(200)));
  theirs = (await issueAuthority(lasting(50))).certificatePem;
  ended = (await issueAuthority({ notBefore: NOW - 2 * DAY, notAfter: NOW - HOUR })).certificatePem;
});

function trusted({ certificatePem }: KeyPair): Trusted {
  const certificate = new X509Certificate(certificatePem);
  return { id: fingerprintOf(certificate), certificatePem, notBefore: NOW, notAfter: NOW + 100 * DAY };
}

describe('publishing', () => {
  it('brings all authorities into every entry of every configuration', async () => {
    const cluster = new MemoryCluster({ a: 3, b: 1 });

    const published = await publish(cluster.configurationStore(), [ours, next], NOW);

    const bundle = ours.certificatePem + next.certificatePem;
    expect(cluster.bundles('a')).toEqual([bundle, bundle, bundle]);
    expect(cluster.bundles('b')).toEqual([bundle]);
    expect(published).toEqual({ held: [ours.id, next.id], changed: 4, missing: [] });
  });

  it('writes nothing where all is there, in whatever order', async () => {
    const cluster = new MemoryCluster();
    cluster.apply('secrets-inject', [theirs + next.certificatePem + ours.certificatePem]);

    const published = await publish(cluster.configurationStore(), [ours, next], NOW);

    expect(published).toMatchObject({ held: [ours.id, next.id], changed: 0 });
    expect(cluster.calls).not.toContain('configuration.patch');
  });

  it('changes only the entries that need it', async () => {
    const cluster = new MemoryCluster();
    cluster.apply('secrets-inject', [ours.certificatePem, '', ours.certificatePem]);

    const { changed } = await publish(cluster.configurationStore(), [ours], NOW);

    expect(changed).toBe(1);
  });

  it('keeps what somebody else put there while it is valid, and drops what has ended or is no certificate', async () => {
    const cluster = new MemoryCluster();
    cluster.apply('secrets-inject', [
      `# by hand\n${theirs}${ended}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
    ]);

    await publish(cluster.configurationStore(), [ours], NOW);

    expect(cluster.bundles()).toEqual([theirs + ours.certificatePem]);
  });

  it('reads again where somebody else was first, and loses nothing', async () => {
    const cluster = new MemoryCluster();
    const stores = Array.from({ length: 5 }, () => cluster.configurationStore());

    await Promise.all(stores.map((store, i) => publish(store, [i % 2 === 0 ? ours : next], NOW)));

    const { held } = await publish(cluster.configurationStore(), [ours, next], NOW);
    expect(held).toEqual([ours.id, next.id]);
  });

  it('tells which configurations are not there', async () => {
    const cluster = new MemoryCluster({ a: 1, b: 1 });
    const store = cluster.configurationStore();
    cluster.delete('b');

    const published = await publish(store, [ours], NOW);

    expect(published).toMatchObject({ held: [], missing: ['b'] });
    expect(cluster.bundles('a')).toEqual([ours.certificatePem]);
  });

  it('rejects where it may not write', async () => {
    const cluster = new MemoryCluster();
    cluster.failures.set('configuration.patch', 'denied');

    await expect(publish(cluster.configurationStore(), [ours], NOW)).rejects.toMatchObject({ kind: 'denied' });
  });

  it('gives up after some tries where it is never first', async () => {
    const cluster = new MemoryCluster();
    cluster.failures.set('configuration.patch', 'conflict');

    await expect(publish(cluster.configurationStore(), [ours], NOW)).rejects.toMatchObject({ kind: 'conflict' });
    expect(cluster.calls.filter((call) => call === 'configuration.patch')).toHaveLength(5);
  });

  it('rejects where what it wrote does not stay', async () => {
    const cluster = new MemoryCluster();
    const store = cluster.configurationStore();

    await expect(publish({ ...store, patch: emptying }, [ours], NOW)).rejects.toThrow('changed on its way');
  });
});

/** As if an admission plugin of the cluster threw bundles away. */
async function emptying(name: string) {
  return { name, resourceVersion: '9', bundles: [''] };
}
