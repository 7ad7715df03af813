/** What admission must know of the cluster, from memory: Namespaces, ServiceAccounts, and the version. */
import { KubernetesFailure } from '../certs/ports.ts';
import type { KubernetesVersion } from './injection/agent-shape.ts';
import type { KubernetesApi } from './kubernetes.ts';
import { metadataOf, mirror, type Metadata, type Mirror } from './mirror.ts';

type Annotations = Readonly<Record<string, string>>;

/** A promise only where the watch has not shown the object yet; `undefined`: it does not exist. */
export type Lookup = Annotations | undefined | Promise<Annotations | undefined>;

export interface Cluster {
  /** Annotations. Rejects with one sentence where the API server cannot be asked in time. */
  namespace(name: string, budgetMs: number): Lookup;
  serviceAccount(namespace: string, name: string, budgetMs: number): Lookup;
  /** Of the API server, as last seen. */
  version(): KubernetesVersion | undefined;
}

export type ClusterKind = 'namespaces' | 'serviceaccounts';
export type LiveResult = 'found' | 'missing' | 'failed';

export interface WatchedCluster extends Cluster {
  /** What has not been read even once, in one sentence, or `undefined`. */
  unready(): string | undefined;
  state(kind: ClusterKind): Pick<Mirror, 'size' | 'connected'>;
  stop(): void;
}

export interface ClusterOptions {
  readonly onLiveRead: (kind: ClusterKind, result: LiveResult) => void;
  readonly report: (message: string) => void;
  /** Before the first new attempt at a lost API server. */
  readonly pauseMs?: number;
}

const VERSION_EVERY_MS = 600_000;
/** A new Namespace often gets many Pods at once, before the watch shows it. */
const REMEMBER_MS = 1000;
/** Callers may be hostile, and each name that does not exist costs a request. */
const MAX_LIVE_READS = 200;
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

export function watchCluster(api: KubernetesApi, options: ClusterOptions): WatchedCluster {
  const stopping = new AbortController();
  const watched = (kind: ClusterKind) =>
    mirror(api, {
      path: `/api/v1/${kind}`,
      signal: stopping.signal,
      onLost: (reason) => options.report(`the watch of ${kind} is lost, what was last known is used: ${reason}`),
      ...(options.pauseMs !== undefined && { pauseMs: options.pauseMs }),
    });
  const mirrors = { namespaces: watched('namespaces'), serviceaccounts: watched('serviceaccounts') };
  const version = followVersion(api, options, stopping.signal);
  const live = liveReader(api, options.onLiveRead);
  const read = (kind: ClusterKind, path: string | undefined, budgetMs: number): Lookup =>
    path === undefined ? undefined : live(kind, path, budgetMs);
  return {
    namespace: (name, budgetMs) =>
      mirrors.namespaces.get('', name)?.annotations ?? read('namespaces', pathOf(name), budgetMs),
    serviceAccount: (namespace, name, budgetMs) =>
      mirrors.serviceaccounts.get(namespace, name)?.annotations ??
      read('serviceaccounts', pathOf(namespace, name), budgetMs),
    version,
    unready: () => unready(mirrors, version()),
    state: (kind) => mirrors[kind],
    stop: () => stopping.abort(),
  };
}

function unready(mirrors: Record<ClusterKind, Mirror>, version: KubernetesVersion | undefined): string | undefined {
  const missing = Object.entries(mirrors).flatMap(([kind, { synced }]) => (synced ? [] : [kind]));
  if (!version) missing.push('version');
  return missing.length === 0 ? undefined : `the API server has not told yet: ${missing.join(', ')}`;
}

function followVersion(api: KubernetesApi, options: ClusterOptions, signal: AbortSignal) {
  let known: KubernetesVersion | undefined;
  const read = async () => {
    const answer = (await api.request('/version')) as { major?: string; minor?: string };
    known = { major: Number.parseInt(answer.major ?? '', 10), minor: Number.parseInt(answer.minor ?? '', 10) };
  };
  const loop = async (): Promise<void> => {
    if (signal.aborted) return;
    await read().catch((error: unknown) => {
      if (!known) options.report(`the version of the cluster is unknown: ${messageOf(error)}`);
    });
    const timer = setTimeout(() => void loop(), known ? VERSION_EVERY_MS : (options.pauseMs ?? 1000));
    timer.unref();
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  };
  void loop();
  return () => known;
}

/** One request per object at a time, and its result for a second; failures are not kept. */
function liveReader(api: KubernetesApi, onLiveRead: ClusterOptions['onLiveRead']) {
  const known = new Map<string, Promise<Metadata | undefined>>();
  const start = async (kind: ClusterKind, path: string, budgetMs: number) => {
    try {
      const found = await readLive(api, path, budgetMs);
      onLiveRead(kind, found ? 'found' : 'missing');
      setTimeout(() => known.delete(path), REMEMBER_MS).unref();
      return found;
    } catch (error) {
      onLiveRead(kind, 'failed');
      known.delete(path);
      throw error;
    }
  };
  return async (kind: ClusterKind, path: string, budgetMs: number): Promise<Annotations | undefined> => {
    let reading = known.get(path);
    if (!reading) {
      if (known.size >= MAX_LIVE_READS)
        throw new KubernetesFailure('other', 'too many unknown objects were asked for at once');
      reading = start(kind, path, budgetMs);
      known.set(path, reading);
    }
    return (await reading)?.annotations;
  };
}

/** Names come from whoever can reach the port: they must not lead to another path. */
function pathOf(namespace: string, serviceAccount?: string): string | undefined {
  if (!NAME.test(namespace) || (serviceAccount !== undefined && !NAME.test(serviceAccount))) return undefined;
  const path = `/api/v1/namespaces/${namespace}`;
  return serviceAccount === undefined ? path : `${path}/serviceaccounts/${serviceAccount}`;
}

async function readLive(api: KubernetesApi, path: string, timeoutMs: number): Promise<Metadata | undefined> {
  try {
    return metadataOf((await api.request(path, { timeoutMs: Math.max(1, Math.floor(timeoutMs)) })) as object);
  } catch (error) {
    if (error instanceof KubernetesFailure && error.kind === 'missing') return undefined;
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
