/** What the webhook asks of a cluster, kept in memory: a Secret, a webhook configuration, and who there is. */
import {
  KubernetesFailure,
  type ConfigurationStore,
  type SecretSnapshot,
  type SecretStore,
  type WebhookConfiguration,
} from '../../certs/ports.ts';
import type { Cluster } from '../../webhook/cluster.ts';

export interface MemoryConfiguration extends ConfigurationStore {
  /** As an API server would hold it. */
  readonly bundle: () => string;
}

export function createMemorySecret(): SecretStore {
  let current: SecretSnapshot | undefined;
  const store = (data: SecretSnapshot['data']) => {
    current = { data, resourceVersion: String(Number(current?.resourceVersion ?? 0) + 1) };
    return current;
  };
  return {
    get: async () => current,
    create: async (data) => (current ? conflict() : store(data)),
    update: async (data, version) => (current?.resourceVersion === version ? store(data) : conflict()),
    watch: () => undefined,
  };
}

/** One configuration with one entry; the webhook itself publishes its authority there. */
export function createMemoryConfiguration(name: string): MemoryConfiguration {
  let current: WebhookConfiguration = { name, resourceVersion: '1', bundles: [''] };
  return {
    names: [name],
    bundle: () => current.bundles[0] ?? '',
    get: async () => current,
    async patch(_name, operations) {
      const bundle = operations.find(({ op, path }) => op === 'add' && path.endsWith('/caBundle'));
      const bundles = bundle ? [Buffer.from(bundle.value, 'base64').toString('utf8')] : current.bundles;
      current = { ...current, bundles, resourceVersion: String(Number(current.resourceVersion) + 1) };
      return current;
    },
    watch: () => undefined,
  };
}

/** Every Namespace and ServiceAccount exists, without annotations. */
export const MEMORY_CLUSTER: Cluster = {
  namespace: () => ({}),
  serviceAccount: () => ({}),
  version: () => ({ major: 1, minor: 35 }),
};

function conflict(): never {
  throw new KubernetesFailure('conflict', 'somebody else was first');
}
