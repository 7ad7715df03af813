import { beforeAll, describe, expect, it } from 'vitest';
import { startSecondApiServer, type OwnCluster } from './cluster.ts';
import { KUBERNETES_VERSION } from './config.ts';
import { useCluster, type TestCluster } from './use.ts';

let cluster: TestCluster;
let own: OwnCluster;

beforeAll(async () => {
  cluster = await useCluster();
  if (cluster.own === undefined) throw new Error('these tests look at a cluster of our own: unset KUBECONFIG');
  own = cluster.own;
});

describe('the cluster of the tests', () => {
  it('says the version that it is', async () => {
    const { serverVersion } = JSON.parse(await cluster.kubectl.run('version', '--output=json')) as Versions;
    expect(serverVersion.gitVersion).toBe(`v${KUBERNETES_VERSION}`);
  });

  it('can have a second API server, which sees what the first was told', async () => {
    const { kubeconfig } = await startSecondApiServer(own);
    await cluster.kubectl.apply([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen-by-both' } }]);
    const seen = await cluster.kubectl.with(kubeconfig).run('get', 'configmap', 'seen-by-both', '--output=name');
    expect(seen.trim()).toBe('configmap/seen-by-both');
  });
});

interface Versions {
  readonly serverVersion: { readonly gitVersion: string };
}
