/** A real Vault that Pods reach at the node's address, and that asks the cluster who they are. */
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
  /** Empty without TLS. */
  readonly caPem: string;
  /** The next version of a secret. @param path as users write it: below `secret/` (KV v2) or `kv1/` (KV v1). */
  write(path: string, data: Readonly<Record<string, unknown>>): Promise<void>;
  /** The network between Pods and Vault goes away, and comes back. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterVaultOptions {
  /** Of the node's address; several Vaults differ in it. */
  readonly port?: number;
  readonly tls?: boolean;
}

const REVIEWER = 'vault-reviewer';

export async function startClusterVault(
  own: OwnCluster,
  kubectl: Kubectl,
  { port: nodePort = 8200, tls = true }: ClusterVaultOptions = {},
): Promise<ClusterVault> {
  const port = await freePort('127.0.0.1');
  const server = await startVault({ host: '127.0.0.1', port, ...(tls && { tlsNames: [NODE_ADDRESS] }) });
  await trustCluster(server, own, kubectl);
  await server.api('POST', 'sys/mounts/kv1', { type: 'kv', options: { version: '1' } });
  const name = `expose-vault-${nodePort}`;
  const mend = async () => void (await expose(own, name, nodePort, port));
  const cut = () => unexpose(own, name);
  const stop = async () => {
    await cut();
    await server.stop();
  };
  await mend();
  const address = `${tls ? 'https' : 'http'}://${NODE_ADDRESS}:${nodePort}`;
  return { server, address, caPem: server.caPem ?? '', write: writer(server), cut, mend, stop };
}

function writer({ api }: VaultServer): ClusterVault['write'] {
  return async (path, data) => {
    const [mount = '', ...name] = path.split('/');
    if (mount === 'kv1') await api('POST', path, data);
    else await api('POST', [mount, 'data', ...name].join('/'), { data });
  };
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

const READ_ALL = ['secret', 'kv1'].map((mount) => `path "${mount}/*" { capabilities = ["read"] }`).join('\n');

/**
 * Lets ServiceAccounts of one namespace read everything, with tokens made for Vault.
 * @param account `*` for all of the namespace
 */
export async function allowReading(server: VaultServer, role: string, namespace: string, account: string) {
  await server.api('POST', 'sys/policies/acl/read-all', { policy: READ_ALL });
  await allow(server, { role, namespace, account, policies: ['read-all'] });
}

export interface VaultRole {
  readonly role: string;
  readonly namespace: string;
  readonly account: string;
  readonly policies: readonly string[];
}

/** A role of the Kubernetes method for tokens with the audience `vault`. */
export async function allow({ api }: VaultServer, { role, namespace, account, policies }: VaultRole): Promise<void> {
  await api('POST', `auth/kubernetes/role/${role}`, {
    bound_service_account_names: [account],
    bound_service_account_namespaces: [namespace],
    audience: 'vault',
    token_policies: policies,
    token_ttl: '1h',
  });
}
