import { afterEach, describe, expect, it } from 'vitest';
import { readBundle } from '../../certs/verify.ts';
import { MemoryCluster } from './support/memory-cluster.ts';
import { opensslVerify } from './support/openssl.ts';
import { dial, listen, peerOf, SERVER_NAME, startReplica, until } from './support/replica.ts';
import type { Replica, ReplicaOptions } from './support/replica.ts';

const DAY = 86_400_000;
const replicas: Replica[] = [];
afterEach(() => Promise.all(replicas.splice(0).map((replica) => replica.stop())));

async function start(cluster: MemoryCluster, count: number, options?: ReplicaOptions): Promise<Replica[]> {
  const started = Array.from({ length: count }, () => startReplica(cluster, options));
  replicas.push(...started);
  await Promise.all(started.map((replica) => replica.started));
  return started;
}

const served = ({ source }: Replica) => source.status().fingerprint;
const authoritiesIn = (cluster: MemoryCluster) => cluster.bundles().map((pem) => readBundle(pem).certificates.length);

/** A clock that the test sets. */
function clock(offset = 0) {
  const started = Date.now();
  const at = { offset, now: () => Date.now() + at.offset, started };
  return at;
}

describe('the first start', () => {
  it('makes five replicas at once agree on one authority, one leaf and one bundle', async () => {
    const cluster = new MemoryCluster({ 'secrets-inject': 2 });

    const all = await start(cluster, 5);

    await until('all serve the same', () => new Set(all.map(served)).size === 1);
    await until('the bundle is there', () => authoritiesIn(cluster).every((count) => count === 1));
    expect(all.map(({ certificates }) => certificates.length)).toEqual([1, 1, 1, 1, 1]);
    const chainPem = all[0]?.certificates[0]?.chainPem ?? '';
    expect(opensslVerify(chainPem, cluster.bundles()[0] ?? '', SERVER_NAME, Date.now())).toBe('OK');
    expect(all.map(({ source }) => source.status().bundleContainsServedAuthority)).toEqual(Array(5).fill(true));
  });

  it('goes on with what the Secret holds when all replicas are new', async () => {
    const cluster = new MemoryCluster();
    const [first] = await start(cluster, 1);
    const before = first && served(first);
    await first?.stop();

    const [second] = await start(cluster, 1);

    expect(second && served(second)).toBe(before);
    expect(cluster.calls.filter((call) => call === 'secret.create')).toHaveLength(1);
  });

  it('waits for an API server that is away, says so once, and ends when told to', async () => {
    const cluster = new MemoryCluster();
    cluster.failures.set('secret.get', 'other');
    const replica = startReplica(cluster);
    await until('it tried', () => cluster.calls.length > 1);

    await replica.stop();

    await expect(replica.started).rejects.toThrow('stopped');
    expect(replica.messages.filter((message) => message.includes('reading the certificate Secret'))).toHaveLength(1);
  });

  it('serves before there is a configuration, and publishes when it comes', async () => {
    const cluster = new MemoryCluster();
    cluster.delete('secrets-inject');
    const [replica] = await start(cluster, 1);
    expect(replica?.source.status().bundleContainsServedAuthority).toBe(false);

    cluster.apply('secrets-inject', ['']);

    await until('it is published', () => replica?.source.status().bundleContainsServedAuthority === true);
    expect(replica?.certificates).toHaveLength(1);
  });
});

describe('a leaf at half of its life', () => {
  it('is renewed under the same authority, by one replica for all', async () => {
    const cluster = new MemoryCluster();
    const time = clock();
    const all = await start(cluster, 3, { now: time.now });
    await until('all serve the same', () => new Set(all.map(served)).size === 1);
    const [before, bundle] = [all[0] && served(all[0]), cluster.bundles()];

    time.offset = 15 * DAY;

    await until('all serve another', () => all.every((replica) => served(replica) !== before));
    await until('all serve the same', () => new Set(all.map(served)).size === 1);
    expect(cluster.bundles()).toEqual(bundle);
    const end = all[0]?.source.status().leafNotAfter?.getTime() ?? 0;
    expect(Math.abs(end - (time.started + 45 * DAY))).toBeLessThan(60_000);
  });

  it('is swapped for new handshakes while an open connection goes on', async () => {
    const cluster = new MemoryCluster();
    const time = clock(-16 * DAY);
    const [replica] = await start(cluster, 1, { now: time.now });
    const { server, port } = await listen();
    const swap = () => {
      const latest = replica?.certificates.at(-1);
      if (latest) server.setSecureContext({ cert: latest.chainPem, key: latest.keyPem });
    };
    swap();
    await until('it is published', () => authoritiesIn(cluster)[0] === 1);
    const old = await dial(port, cluster.bundles()[0] ?? '');

    time.offset = 0;
    await until('it is renewed', () => replica?.certificates.length === 2);
    swap();
    const fresh = await dial(port, cluster.bundles()[0] ?? '');
    const echoed = new Promise((resolve) => old.once('data', (data) => resolve(data.toString())));
    old.write('still here');

    expect(peerOf(fresh)).not.toBe(peerOf(old));
    expect(await echoed).toBe('still here');
    for (const socket of [old, fresh]) socket.destroy();
    server.close();
  });
});

describe('an authority at half of its life', () => {
  it('gets a successor that is published, waited for, and then signs, vouched for by the old one', async () => {
    const cluster = new MemoryCluster();
    const time = clock();
    const times = { look: 50, settle: 300 };
    const [replica] = await start(cluster, 1, { now: time.now, times });
    await until('it is published', () => authoritiesIn(cluster)[0] === 1);
    const first = cluster.bundles()[0] ?? '';

    time.offset = 366 * DAY;

    await until('both are published', () => authoritiesIn(cluster)[0] === 2);
    expect(replica?.source.status().phase).toBe('publish');
    await until('the new one signs', () => replica?.source.status().phase === 'stable');
    await until('it is served', () => replica?.certificates.length === 3);
    const chain = replica?.certificates.at(-1)?.chainPem ?? '';
    expect(readBundle(chain).certificates).toHaveLength(2);
    expect(opensslVerify(chain, first, SERVER_NAME, time.now())).toBe('OK');
    expect(opensslVerify(chain, (cluster.bundles()[0] ?? '').replace(first, ''), SERVER_NAME, time.now())).toBe('OK');
  });
});

describe('times that make no sense', () => {
  it.each([
    ['a leaf as long as its authority', { leafLife: 730 * DAY }],
    ['a look once an hour', { look: 3_600_000 }],
    ['a wait as long as a leaf', { settle: 30 * DAY }],
    ['a negative life', { leafLife: -1 }],
  ])('are refused: %s', (_, times) => {
    expect(() => startReplica(new MemoryCluster(), { times })).toThrow('make no sense');
  });
});
