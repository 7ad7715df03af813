import { afterEach, describe, expect, it } from 'vitest';
import { watchCluster, type WatchedCluster } from '../../webhook/cluster.ts';
import { connectKubernetes } from '../../webhook/kubernetes.ts';
import { ApiServer } from './support/api-server.ts';

const NAMESPACES = '/api/v1/namespaces';

async function ready(cluster: WatchedCluster): Promise<void> {
  await expect.poll(() => cluster.unready()).toBeUndefined();
}

async function connected(cluster: WatchedCluster): Promise<void> {
  await expect.poll(() => cluster.state('namespaces').connected).toBe(true);
}

describe('the watched cluster', () => {
  const cleanup: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of cleanup.splice(0).reverse()) await step();
  });

  async function start(prepare: (api: ApiServer) => void = () => undefined) {
    const api = new ApiServer();
    prepare(api);
    await api.start();
    const told: string[] = [];
    const live: string[] = [];
    const cluster = watchCluster(connectKubernetes(api.kubeconfig()), {
      onLiveRead: (kind, result) => live.push(`${kind} ${result}`),
      report: (message) => told.push(message),
      pauseMs: 20,
    });
    cleanup.push(
      () => api.stop(),
      () => cluster.stop(),
    );
    return { api, cluster, told, live };
  }

  it('answers from memory, without a call, what it has seen', async () => {
    const { api, cluster } = await start((api) => {
      api.addNamespace('shop', { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
      api.put(`${NAMESPACES}/shop/serviceaccounts`, {
        metadata: { name: 'web', namespace: 'shop', annotations: { role: 'r' } },
      });
    });
    await ready(cluster);
    await connected(cluster);
    const before = api.calls.length;

    for (let i = 0; i < 100; i++) {
      expect(cluster.namespace('shop', 1000)).toEqual({ team: 'a' });
      expect(cluster.serviceAccount('shop', 'web', 1000)).toEqual({ role: 'r' });
      expect(cluster.version()).toEqual({ major: 1, minor: 35 });
    }

    expect(api.calls.slice(before)).toEqual([]);
  });

  it('follows what is made, changed and deleted', async () => {
    const { api, cluster } = await start();
    await connected(cluster);

    api.addNamespace('shop', { a: '1' });
    await expect.poll(() => cluster.namespace('shop', 1000)).toEqual({ a: '1' });
    api.addNamespace('shop', { a: '2' });
    await expect.poll(() => cluster.namespace('shop', 1000)).toEqual({ a: '2' });
    api.delete(NAMESPACES, 'shop');
    await expect.poll(async () => cluster.namespace('shop', 1000)).toBeUndefined();
  });

  it('reads all pages of a list before it is ready', async () => {
    const { api, cluster } = await start((api) => {
      api.pageSize = 3;
      for (let i = 0; i < 10; i++) api.addNamespace(`n${i}`);
    });

    await ready(cluster);

    expect(cluster.state('namespaces').size).toBe(10);
    expect(cluster.namespace('n9', 1000)).toEqual({});
    expect(api.count(`GET ${NAMESPACES}`)).toBe(4);
  });

  it('reads live, once for all who wait, what the watch has not shown', async () => {
    const { api, cluster, live } = await start();
    await ready(cluster);
    // A watch that is behind.
    cluster.stop();
    await expect.poll(() => cluster.state('namespaces').connected).toBe(false);
    api.addNamespace('new', { a: '1' });

    const found = await Promise.all(Array.from({ length: 20 }, async () => cluster.namespace('new', 1000)));

    expect(found).toEqual(Array.from({ length: 20 }, () => ({ a: '1' })));
    expect(api.count(`GET ${NAMESPACES}/new`)).toBe(1);
    expect(live).toEqual(['namespaces found']);
  });

  it('does not remember for long that something does not exist', async () => {
    const { api, cluster, live } = await start();
    await ready(cluster);
    cluster.stop();

    await expect(cluster.serviceAccount('shop', 'late', 1000)).resolves.toBeUndefined();
    api.put(`${NAMESPACES}/shop/serviceaccounts`, { metadata: { name: 'late', namespace: 'shop', annotations: {} } });

    await expect.poll(async () => cluster.serviceAccount('shop', 'late', 1000), { timeout: 5000 }).toEqual({});
    expect(live).toContain('serviceaccounts missing');
  });

  it('never lets a name lead to another path', async () => {
    const { api, cluster } = await start();
    await ready(cluster);

    for (const name of ['../secrets/x', 'a/b', 'A', 'a?b', '', '%2e%2e', 'a#b']) {
      expect(cluster.namespace(name, 1000)).toBeUndefined();
      expect(cluster.serviceAccount('shop', name, 1000)).toBeUndefined();
      expect(cluster.serviceAccount(name, 'web', 1000)).toBeUndefined();
    }

    expect(api.calls.filter((call) => /secrets|%/.test(call))).toEqual([]);
  });

  it('keeps what it has while the API server is away, says so once in a while, and catches up', async () => {
    const { api, cluster, told } = await start((api) => api.addNamespace('shop', { a: '1' }));
    await ready(cluster);
    await api.stop();
    await expect.poll(() => told.join(' ')).toMatch('what was last known is used');

    expect(cluster.namespace('shop', 1000)).toEqual({ a: '1' });
    expect(cluster.unready()).toBeUndefined();
    await expect(cluster.namespace('other', 300)).rejects.toThrow('cannot be reached');

    api.addNamespace('shop', { a: '2' });
    await api.start();
    await expect.poll(() => cluster.namespace('shop', 1000), { timeout: 5000 }).toEqual({ a: '2' });
  });

  it('goes on where it was when the server ends a watch', async () => {
    const { api, cluster } = await start();
    await connected(cluster);

    api.endWatches();
    api.addNamespace('between', {});

    await expect.poll(() => cluster.state('namespaces').size).toBe(1);
    expect(api.count(`GET ${NAMESPACES}`)).toBe(1);
  });

  it('lists anew where the server has forgotten what it was', async () => {
    const { api, cluster } = await start((api) => api.addNamespace('old'));
    await connected(cluster);
    api.compactedBefore = 1_000_000;

    api.delete(NAMESPACES, 'old');
    api.addNamespace('new');
    api.endWatches();
    await expect.poll(() => api.count(`GET ${NAMESPACES}`)).toBeGreaterThan(1);

    await expect.poll(() => cluster.namespace('new', 1000)).toEqual({});
    expect(cluster.state('namespaces').size).toBe(1);
  });

  it('is not ready, and says why, before the API server has answered', async () => {
    const { api, cluster } = await start();
    await api.stop();

    expect(cluster.unready()).toMatch('the API server has not told yet: namespaces, serviceaccounts, version');
    await api.start();
    await ready(cluster);
  });

  it('waits for a live read no longer than it may', async () => {
    const { api, cluster } = await start();
    await ready(cluster);
    await api.stop();
    const began = performance.now();

    await expect(cluster.namespace('slow', 200)).rejects.toThrow(/cannot be reached/);

    expect(performance.now() - began).toBeLessThan(1000);
  });
});
