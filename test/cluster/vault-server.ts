/** A real Vault that Pods reach at the node's address over TLS, and that asks the cluster who they are. */
import { readFile } from 'node:fs/promises';
import { freePort } from '../stores/servers/daemon.ts';
import { startVault, type VaultServer } from '../stores/servers/vault.ts';
import { expose, unexpose, type OwnCluster } from './cluster.ts';
import type { Kubectl } from './kubectl.ts';
import { NODE_ADDRESS } from './network.ts';

export interface ClusterVault {
  /** For calls from the test. */
  readonly server: VaultServer;
  /** For Pods. */
  readonly address: string;
  readonly caPem: string;
  /** The network between Pods and Vault goes away, and comes back. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'expose-vault';
const PORT = 8200;
const REVIEWER = 'vault-reviewer';

export async function startClusterVault(own: OwnCluster, kubectl: Kubectl): Promise<ClusterVault> {
  const port = await freePort('127.0.0.1');
  const server = await startVault({ host: '127.0.0.1', port, tlsNames: [NODE_ADDRESS] });
  await trustCluster(server, own, kubectl);
  const mend = async () => void (await expose(own, NAME, PORT, port));
  const cut = () => unexpose(own, NAME);
  const stop = async () => {
    await cut();
    await server.stop();
  };
  await mend();
  return { server, address: `https://${NODE_ADDRESS}:${PORT}`, caPem: server.caPem ?? '', cut, mend, stop };
}

/** Vault's Kubernetes auth, with a reviewer of its own, so that Pods can show tokens that are good for Vault alone. */
async function trustCluster(server: VaultServer, own: OwnCluster, kubectl: Kubectl): Promise<void> {
  const system = kubectl.in('kube-system');
  await system.apply([serviceAccount, mayReviewTokens]);
  const token = (await system.run('create', 'token', REVIEWER, '--duration=12h')).trim();
  const [cluster] = (JSON.parse(await readFile(own.kubeconfig, 'utf8')) as Kubeconfig).clusters;
  await server.api('POST', 'sys/auth/kubernetes', { type: 'kubernetes' });
  await server.api('POST', 'auth/kubernetes/config', {
    kubernetes_host: cluster.cluster.server,
    kubernetes_ca_cert: Buffer.from(cluster.cluster['certificate-authority-data'], 'base64').toString(),
    token_reviewer_jwt: token,
  });
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
}

const serviceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: REVIEWER } };

const mayReviewTokens = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: REVIEWER },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
  subjects: [{ kind: 'ServiceAccount', name: REVIEWER, namespace: 'kube-system' }],
};

/** Lets one ServiceAccount read everything below secret/, with a token made for Vault. */
export async function allowReading(server: VaultServer, role: string, namespace: string, account: string) {
  await server.api('POST', 'sys/policies/acl/read-all', { policy: 'path "secret/*" { capabilities = ["read"] }' });
  await server.api('POST', `auth/kubernetes/role/${role}`, {
    bound_service_account_names: [account],
    bound_service_account_namespaces: [namespace],
    audience: 'vault',
    token_policies: ['read-all'],
    token_ttl: '1h',
  });
}
