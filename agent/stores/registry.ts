/** Every backend, loaded only where a Pod uses it. To add one: a file beside this one and a line here. */
import type { StoreConfig } from '../../contract/agent-config.ts';
import type { Store, StoreEnvironment, StoreFactory } from './store.ts';

type Loaders = {
  readonly [Backend in StoreConfig['backend']]: () => Promise<{
    readonly default: StoreFactory<Extract<StoreConfig, { backend: Backend }>>;
  }>;
};

const BACKENDS: Loaders = {
  'aws-secrets-manager': () => import('./aws-secrets-manager.ts'),
  file: () => import('./file.ts'),
  vault: () => import('./vault.ts'),
};

/** Loads the backend's code and makes its store; connects nowhere. */
export async function openStore(config: StoreConfig, environment: StoreEnvironment): Promise<Store> {
  const load = BACKENDS[config.backend] as () => Promise<{ readonly default: StoreFactory }>;
  const { default: createStore } = await load();
  return createStore(config, environment);
}
