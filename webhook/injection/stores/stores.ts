/** Every store that the Pod reads from, resolved; problems of all of them are told together. */
import type { StoreConfig } from '../../../contract/agent-config.ts';
import type { BackendId } from '../../../contract/backends.ts';
import type { InjectionRequest, StoreRequest } from '../../../contract/request.ts';
import { awsStore } from './aws.ts';
import type { StoreContext } from './identity.ts';
import { vaultStore } from './vault.ts';

export function resolveStores(request: InjectionRequest, context: StoreContext): Record<string, StoreConfig> {
  const stores: Record<string, StoreConfig> = {};
  for (const [id, store] of Object.entries(request.stores)) {
    const resolved = resolveStore(store, context);
    if (resolved) stores[id] = resolved;
  }
  return stores;
}

function resolveStore(store: StoreRequest, context: StoreContext): StoreConfig | undefined {
  const { config, tell } = context;
  if (!config.backends.some((allowed) => allowed === store.backend)) {
    tell(store.origin, `the backend ${store.backend} is not allowed here: ask the operator to add it to backends`);
    return undefined;
  }
  const resolve = RESOLVERS[store.backend];
  if (resolve) return resolve(store, context);
  tell(store.origin, `the backend ${store.backend} is not available yet`);
  return undefined;
}

type Resolver = (store: StoreRequest, context: StoreContext) => StoreConfig | undefined;

const RESOLVERS: Readonly<Partial<Record<BackendId, Resolver>>> = {
  vault: vaultStore,
  'aws-secrets-manager': awsStore,
  file: (_store, { config: { file } }) => (file.root === undefined ? undefined : { backend: 'file', root: file.root }),
};
