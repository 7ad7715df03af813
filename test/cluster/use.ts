/** The cluster that the tests run on: somebody else's where KUBECONFIG names one, else our own. */
import { findCluster, up, type OwnCluster } from './cluster.ts';
import { FOREIGN_KUBECONFIG } from './config.ts';
import { loadImages } from './images.ts';
import { join } from 'node:path';
import { Kubectl } from './kubectl.ts';

export interface TestCluster {
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
  /** Differs between images of different sources; empty where they are not ours to build. */
  readonly images: string;
  /** Absent on a cluster of somebody else's: what needs the node itself cannot be done there. */
  readonly own?: OwnCluster;
}

/**
 * The cluster with the images of the present sources. Starts ours where none is running; whoever starts one by this
 * ends it (`npm run cluster -- down`). A foreign cluster has to have the images already.
 */
export async function useCluster(): Promise<TestCluster> {
  if (FOREIGN_KUBECONFIG !== undefined) {
    const kubectl = new Kubectl({ kubectl: 'kubectl', kubeconfig: FOREIGN_KUBECONFIG });
    return { kubectl, kubeconfig: FOREIGN_KUBECONFIG, images: '' };
  }
  const own = (await findCluster()) ?? (await up());
  const images = (await loadImages(own)).join();
  const { kubeconfig } = own;
  return { kubectl: new Kubectl({ kubectl: join(own.binaries, 'kubectl'), kubeconfig }), kubeconfig, images, own };
}
