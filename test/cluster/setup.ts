/** Once for all test files of the cluster: a cluster, unless one is there already. Who brings it takes it away. */
import { down, findCluster, up } from './cluster.ts';
import { FOREIGN_KUBECONFIG } from './config.ts';

export default async function setup(): Promise<() => Promise<void>> {
  if (FOREIGN_KUBECONFIG !== undefined || (await findCluster()) !== undefined) return async () => undefined;
  await up();
  return async () => {
    await down();
  };
}
