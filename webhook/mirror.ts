/** One kind of object, listed once and then watched: a map in memory that survives the API server's absence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesFailure } from '../certs/ports.ts';
import type { KubernetesApi } from './kubernetes.ts';

/** What is kept of an object: everything else would only be memory. */
export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Mirror {
  /** Whether a whole list has been read; stays true from then on. */
  readonly synced: boolean;
  /** Whether a watch is open now. */
  readonly connected: boolean;
  readonly size: number;
  get(namespace: string, name: string): Metadata | undefined;
}

export interface MirrorOptions {
  /** E.g. `/api/v1/namespaces`. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** Gets one sentence when the API server is lost. */
  readonly onLost: (reason: string) => void;
  /** First pause before trying again; doubled each time, up to thirty-fold. */
  readonly pauseMs?: number;
}

const ONLY_METADATA = 'as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const ACCEPT_LIST = `application/json;${ONLY_METADATA.replace('Metadata;', 'MetadataList;')},application/json`;
const ACCEPT_WATCH = `application/json;${ONLY_METADATA},application/json`;
const PAGE = 500;
/** Bookmarks come every minute. */
const SILENCE_MS = 150_000;

/** Starts at once and goes on until the signal. */
export function mirror(api: KubernetesApi, options: MirrorOptions): Mirror {
  const state = { objects: new Map<string, Metadata>(), version: '', synced: false, connected: false };
  void keepMirroring(api, options, state);
  return {
    get synced() {
      return state.synced;
    },
    get connected() {
      return state.connected;
    },
    get size() {
      return state.objects.size;
    },
    get: (namespace, name) => state.objects.get(keyOf(namespace, name)),
  };
}

interface State {
  objects: Map<string, Metadata>;
  /** Where the watch goes on; empty: list anew. */
  version: string;
  synced: boolean;
  connected: boolean;
}

async function keepMirroring(api: KubernetesApi, options: MirrorOptions, state: State): Promise<void> {
  const first = options.pauseMs ?? 1000;
  let pause = first;
  while (!options.signal.aborted) {
    const began = performance.now();
    try {
      if (state.version === '') await list(api, options.path, state);
      await watch(api, options, state);
    } catch (error) {
      // 410: the server has forgotten that version.
      if (statusOf(error) === 410) state.version = '';
      else if (!options.signal.aborted) options.onLost(reasonOf(error));
    }
    state.connected = false;
    pause = performance.now() - began > 30 * first ? first : Math.min(pause * 2, 30 * first);
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** The old objects stay until all new ones are there. */
async function list(api: KubernetesApi, path: string, state: State): Promise<void> {
  const objects = new Map<string, Metadata>();
  let next = '';
  let version = '';
  do {
    const token = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
    const page = asList(await api.request(`${path}?limit=${PAGE}${token}`, { accept: ACCEPT_LIST, timeoutMs: 30_000 }));
    for (const item of page.items ?? []) put(objects, item);
    next = page.metadata?.continue ?? '';
    version = page.metadata?.resourceVersion ?? '';
  } while (next !== '');
  Object.assign(state, { objects, version, synced: true });
}

async function watch(api: KubernetesApi, { path, signal }: MirrorOptions, state: State): Promise<void> {
  // The server ends it by itself, at different times for different replicas.
  const seconds = 240 + Math.floor(Math.random() * 240);
  const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${encodeURIComponent(state.version)}`;
  await api.watch(`${path}?${query}`, {
    accept: ACCEPT_WATCH,
    silenceMs: SILENCE_MS,
    signal,
    onOpen: () => (state.connected = true),
    onEvent: (event) => apply(state, event as WatchEvent),
  });
}

interface RawObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>> | null;
  };
}

interface RawList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly RawObject[] | null;
}

interface WatchEvent {
  readonly type: string;
  readonly object: RawObject & { readonly code?: number };
}

function apply(state: State, { type, object }: WatchEvent): void {
  if (type === 'ERROR') throw Object.assign(new KubernetesFailure('other', 'the watch ended'), { status: object.code });
  if (type === 'ADDED' || type === 'MODIFIED') put(state.objects, object);
  if (type === 'DELETED') state.objects.delete(keyOf(object.metadata?.namespace ?? '', object.metadata?.name ?? ''));
  state.version = object.metadata?.resourceVersion ?? state.version;
}

function put(objects: Map<string, Metadata>, object: RawObject): void {
  const metadata = metadataOf(object);
  objects.set(keyOf(metadata.namespace, metadata.name), metadata);
}

/** Keeps the annotations without the copy of the whole object that `kubectl apply` leaves there. */
export function metadataOf({ metadata }: RawObject): Metadata {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _copy, ...annotations } = metadata?.annotations ?? {};
  return { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '', annotations };
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function asList(value: unknown): RawList {
  return value as RawList;
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'status' in error ? error.status : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
