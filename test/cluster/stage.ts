/**
 * What the tests of the cluster stand on: the cluster, the webhook with one configuration that is the same for all of
 * them (so that it is rolled out once), and a Vault that is new in each file. AWS and a second Vault come on request.
 */
import { AWS_ADDRESS, startClusterAws, STS_ADDRESS, type ClusterAws } from './aws-server.ts';
import type { OwnCluster } from './cluster.ts';
import { installWebhook } from './install.ts';
import type { Kubectl } from './kubectl.ts';
import { NODE_ADDRESS } from './network.ts';
import { restrictedNamespace } from './pods.ts';
import { until } from './run.ts';
import { useCluster } from './use.ts';
import { allowReading, startClusterVault, type ClusterVault } from './vault-server.ts';

export interface Stage {
  readonly own: OwnCluster;
  /** In no namespace. */
  readonly kubectl: Kubectl;
  /** At the address that Pods use when they name none. */
  readonly vault: ClusterVault;
  /**
   * A new namespace that enforces "restricted". Its ServiceAccounts may read all of Vault, by the role of the same
   * name; so the annotation is `vault.role: <name>`.
   */
  namespace(name: string): Promise<Kubectl>;
  startAws(): Promise<ClusterAws>;
  /** At `vault.address: SECOND_VAULT`; it trusts the same cluster, and has no role and no secret yet. */
  startSecondVault(): Promise<ClusterVault>;
  /** At `vault.address: UNTRUSTED_VAULT`; its certificate is of an authority that agents are not told of. */
  startUntrustedVault(): Promise<ClusterVault>;
  /** Removes the namespaces and ends the stores; cluster and webhook stay. */
  stop(): Promise<void>;
}

const vaultAt = (port: number, scheme = 'http') => `${scheme}://${NODE_ADDRESS}:${port}`;
const VAULT_PORT = 8200;
const SECOND_VAULT_PORT = 8201;
const UNTRUSTED_VAULT_PORT = 8202;
export const SECOND_VAULT = vaultAt(SECOND_VAULT_PORT);
export const UNTRUSTED_VAULT = vaultAt(UNTRUSTED_VAULT_PORT, 'https');
/** Nobody is ever there. */
export const ABSENT_VAULT = vaultAt(8203);

/** The folder of the agent's image that `file:` reads; what lies there anyway plays the secret. */
const FILE_ROOT = '/etc';

/** As an operator would write it. */
export const STAGE_CONFIG = {
  backends: ['vault', 'aws-secrets-manager', 'file'],
  vault: {
    address: vaultAt(VAULT_PORT),
    addresses: [vaultAt(VAULT_PORT), SECOND_VAULT, UNTRUSTED_VAULT, ABSENT_VAULT].map((url) => ({ url })),
  },
  aws: { endpoint: AWS_ADDRESS, endpoints: [{ url: AWS_ADDRESS }], stsEndpoint: STS_ADDRESS },
  file: { root: FILE_ROOT },
};

export async function useStage(): Promise<Stage> {
  const cluster = await useCluster();
  const { own, kubectl } = cluster;
  if (own === undefined) throw new Error('these tests put stores on the node, so they need a cluster of our own');
  await installWebhook(cluster, STAGE_CONFIG);
  const vault = await startClusterVault(own, kubectl, { port: VAULT_PORT, tls: false });
  const ends: (() => Promise<unknown>)[] = [() => vault.stop()];
  const ending = <T extends { stop(): Promise<void> }>(server: T): T => {
    ends.push(() => server.stop());
    return server;
  };
  return {
    own,
    kubectl,
    vault,
    async namespace(name) {
      ends.unshift(() => kubectl.delete(`namespace/${name}`));
      await allowReading(vault.server, name, name, '*');
      return await newNamespace(kubectl, name);
    },
    startAws: async () => ending(await startClusterAws(own, kubectl)),
    startSecondVault: async () =>
      ending(await startClusterVault(own, kubectl, { port: SECOND_VAULT_PORT, tls: false })),
    startUntrustedVault: async () => ending(await startClusterVault(own, kubectl, { port: UNTRUSTED_VAULT_PORT })),
    async stop() {
      for (const end of ends) await end();
    },
  };
}

/** What an earlier run has left is removed first. */
async function newNamespace(kubectl: Kubectl, name: string): Promise<Kubectl> {
  await kubectl.delete(`namespace/${name}`);
  await kubectl.apply([restrictedNamespace(name)]);
  const inside = kubectl.in(name);
  await until('default ServiceAccount', 30, () => inside.run('get', 'serviceaccount', 'default'));
  return inside;
}
