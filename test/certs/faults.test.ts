import { afterEach, describe, expect, it } from 'vitest';
import { readBundle } from '../../certs/verify.ts';
import { MemoryCluster } from './support/memory-cluster.ts';
import { opensslVerify } from './support/openssl.ts';
import { SERVER_NAME, startReplica, until } from './support/replica.ts';
import type { Replica, ReplicaOptions } from './support/replica.ts';

const DAY = 86_400_000;
const replicas: Replica[] = [];
afterEach(() => Promise.all(replicas.splice(0).map((replica) => replica.stop())));

async function running(cluster: MemoryCluster, options?: ReplicaOptions): Promise<Replica> {
  const replica = startReplica(cluster, options);
  replicas.push(replica);
  await replica.started;
  await until('it is published', () => replica.source.status().bundleContainsServedAuthority === true);
  return replica;
}

const document = (cluster: MemoryCluster) => cluster.secret?.data['state.json'];

describe('a Secret that', () => {
  it.each([
    ['is deleted', undefined],
    ['is emptied', {}],
    ['turns to garbage', { 'state.json': '{"format":1,"epoch":' }],
  ])('%s comes back from memory as it was; nothing served or published changes', async (_, data) => {
    const cluster = new MemoryCluster();
    const replica = await running(cluster);
    const [before, bundles] = [document(cluster), cluster.bundles()];

    cluster.putSecret(data);

    await until('it is back', () => document(cluster) === before);
    expect(cluster.bundles()).toEqual(bundles);
    expect(replica.certificates).toHaveLength(1);
  });

  it('is put back to an older version comes back from memory', async () => {
    const cluster = new MemoryCluster();
    let offset = 0;
    const replica = await running(cluster, { now: () => Date.now() + offset });
    const backup = cluster.secret?.data;
    offset = 16 * DAY;
    await until('it is renewed', () => replica.certificates.length === 2);
    const renewed = document(cluster);

    cluster.putSecret(backup);

    await until('it is back', () => document(cluster) === renewed);
    expect(replica.certificates).toHaveLength(2);
  });

  it('is corrupt when all replicas are new makes a new authority join the published bundle, not replace it', async () => {
    const cluster = new MemoryCluster();
    await (await running(cluster)).stop();
    const [old = ''] = cluster.bundles();
    cluster.putSecret({ 'state.json': 'garbage' });

    const replica = await running(cluster);

    const [bundle = ''] = cluster.bundles();
    expect(bundle.startsWith(old)).toBe(true);
    expect(readBundle(bundle).certificates).toHaveLength(2);
    expect(opensslVerify(replica.certificates[0]?.chainPem ?? '', bundle, SERVER_NAME, Date.now())).toBe('OK');
  });

  it('a later release wrote is neither used nor replaced', async () => {
    const cluster = new MemoryCluster();
    const replica = await running(cluster);
    const later = { 'state.json': '{"format":2}' };

    cluster.putSecret(later);

    await until('it is told', () => replica.messages.some((message) => message.includes('a later release')));
    expect(cluster.secret?.data).toEqual(later);
    expect(replica.certificates).toHaveLength(1);
  });
});

describe('a bundle that', () => {
  it.each([
    ['is emptied', ''],
    ['is replaced by garbage', 'bundle'],
  ])('%s is restored within seconds and counted', async (_, bundle) => {
    const cluster = new MemoryCluster();
    const replica = await running(cluster, { times: {} });
    const before = cluster.bundles();
    const started = Date.now();

    cluster.apply('secrets-inject', [bundle]);

    await until('it is back', () => cluster.bundles()[0] === before[0]);
    expect(Date.now() - started).toBeLessThan(3000);
    await until('it is counted', () => replica.source.status().bundlesRestored === 1);
  });

  it('may not be written is told, and the leaf is renewed nevertheless', async () => {
    const cluster = new MemoryCluster();
    let offset = 0;
    const replica = await running(cluster, { now: () => Date.now() + offset });
    cluster.failures.set('configuration.patch', 'denied');
    cluster.apply('secrets-inject', ['']);
    await until('it is told', () => replica.messages.some((message) => message.includes('publishing the CA bundle')));

    offset = 16 * DAY;

    await until('it is renewed', () => replica.certificates.length === 2);
    expect(replica.source.status().bundleContainsServedAuthority).toBe(false);
  });

  it('may not be written holds back an authority that is new', async () => {
    const cluster = new MemoryCluster();
    let offset = 0;
    const replica = await running(cluster, { now: () => Date.now() + offset, times: { look: 50, settle: 100 } });
    cluster.failures.set('configuration.patch', 'denied');

    offset = 366 * DAY;

    await until('a successor waits', () => replica.source.status().phase === 'publish');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(replica.source.status()).toMatchObject({ phase: 'publish', bundleContainsServedAuthority: true });
  });
});

describe('an API server that', () => {
  it('is away leaves the last good certificate in service, and is asked again', async () => {
    const cluster = new MemoryCluster();
    const replica = await running(cluster);
    for (const verb of ['secret.get', 'configuration.get']) cluster.failures.set(verb, 'other');
    await until('it is told', () => replica.messages.some((message) => message.startsWith('error')));
    const status = replica.source.status();

    cluster.failures.clear();

    await until('all is well', () => (replica.source.status().lastSuccess ?? 0) > (status.lastSuccess ?? 0));
    expect(status.bundleContainsServedAuthority).toBe(true);
    expect(replica.certificates).toHaveLength(1);
  });

  it('never hears a key from us', async () => {
    const cluster = new MemoryCluster();
    const replica = await running(cluster);
    cluster.putSecret({ 'state.json': document(cluster)?.replace('"phase"', '"fase"') ?? '' });
    await until('it is told', () => replica.messages.length > 2);

    const told = [...replica.messages, JSON.stringify(replica.source.status()), ...cluster.bundles()].join('\n');
    expect(told).not.toContain('PRIVATE');
  });
});
