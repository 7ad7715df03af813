/** The Secret and the webhook configurations that certificates live in, kept by the API server. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  KubernetesFailure,
  type ConfigurationStore,
  type SecretSnapshot,
  type SecretStore,
  type WebhookConfiguration,
} from '../certs/ports.ts';
import type { KubernetesApi } from './kubernetes.ts';

const SILENCE_MS = 600_000;
const PAUSE_MS = 5000;

export function createSecretStore(api: KubernetesApi, namespace: string, name: string): SecretStore {
  const all = `/api/v1/namespaces/${namespace}/secrets`;
  const one = `${all}/${name}`;
  const bodyOf = (data: Readonly<Record<string, string>>, resourceVersion?: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/name': 'secrets-inject' }, resourceVersion },
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  });
  return {
    get: () => orMissing(api.request(one).then(snapshotOf)),
    create: async (data) => snapshotOf(await api.request(all, { method: 'POST', body: bodyOf(data) })),
    update: async (data, version) => snapshotOf(await api.request(one, { method: 'PUT', body: bodyOf(data, version) })),
    watch: (onChange, signal) => void keepWatching(api, all, name, onChange, signal),
  };
}

interface RawSecret {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>> | null;
}

function snapshotOf(object: unknown): SecretSnapshot {
  const { metadata, data } = object as RawSecret;
  const decoded = Object.entries(data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return { resourceVersion: metadata.resourceVersion, data: Object.fromEntries(decoded) as Record<string, string> };
}

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

export function createConfigurationStore(api: KubernetesApi, names: readonly string[]): ConfigurationStore {
  return {
    names,
    get: (name) => orMissing(api.request(`${CONFIGURATIONS}/${name}`).then(configurationOf)),
    async patch(name, operations) {
      const request = { method: 'PATCH', contentType: 'application/json-patch+json', body: operations } as const;
      return configurationOf(await api.request(`${CONFIGURATIONS}/${name}`, request).catch(asConflict));
    },
    watch(onChange, signal) {
      for (const name of names) void keepWatching(api, CONFIGURATIONS, name, onChange, signal);
    },
  };
}

interface RawConfiguration {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly webhooks?: readonly { readonly clientConfig?: { readonly caBundle?: string } }[] | null;
}

function configurationOf(object: unknown): WebhookConfiguration {
  const { metadata, webhooks } = object as RawConfiguration;
  const bundles = (webhooks ?? []).map(({ clientConfig }) =>
    Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString(),
  );
  return { name: metadata.name, resourceVersion: metadata.resourceVersion, bundles };
}

/** A patch whose `test` fails is answered as if it were malformed. */
function asConflict(error: unknown): never {
  if (error instanceof KubernetesFailure && 'status' in error && error.status === 422)
    throw new KubernetesFailure('conflict', 'somebody else changed the object first');
  throw error;
}

async function orMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof KubernetesFailure && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** From now on, without a list: after each gap it is told as a change, since something may have happened in it. */
async function keepWatching(
  api: KubernetesApi,
  path: string,
  name: string,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  const query = `watch=true&timeoutSeconds=540&fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  const request = { silenceMs: SILENCE_MS, signal, onOpen: onChange, onEvent: onChange };
  while (!signal.aborted) {
    // A loss needs no words: whoever watches also looks from time to time, and tells what fails then.
    await api.watch(`${path}?${query}`, request).catch(() => undefined);
    await sleep(PAUSE_MS * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}
