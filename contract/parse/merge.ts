/** Equal stores become one, each with an id that does not depend on the order of annotations. */
import type { StoreRequest } from '../request.ts';

/** The store of one reference. */
export interface StoreUse extends StoreRequest {
  /** The Pod's own name for exactly these options. */
  readonly named?: string;
  /** Whether the reference itself changed an option. */
  readonly overridden: boolean;
}

export interface MergedStores {
  readonly stores: Readonly<Record<string, StoreRequest>>;
  readonly idOf: (use: StoreUse) => string;
}

export function mergeStores(uses: readonly StoreUse[]): MergedStores {
  const distinct = new Map<string, StoreUse>();
  for (const use of uses) {
    const known = distinct.get(identity(use));
    if (known === undefined || rank(use) < rank(known)) distinct.set(identity(use), use);
  }
  const ids = chooseIds(distinct);
  const stores = [...distinct].map(
    ([key, { backend, options, origin }]) => [ids.get(key) ?? backend, { backend, options, origin }] as const,
  );
  return { stores: Object.fromEntries(stores), idOf: (use) => ids.get(identity(use)) ?? use.backend };
}

function identity({ backend, options }: StoreUse): string {
  return JSON.stringify([backend, Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** The Pod's own name is the best id, the alphabet decides between two; then what no reference has changed. */
function rank({ named, overridden }: StoreUse): string {
  if (named !== undefined) return `0${named}`;
  return overridden ? '2' : '1';
}

function chooseIds(distinct: ReadonlyMap<string, StoreUse>): ReadonlyMap<string, string> {
  const ranked = [...distinct].map(([key, use]) => ({ key, use, by: `${rank(use)} ${key}` }));
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const { key, use } of ranked.sort((a, b) => (a.by < b.by ? -1 : 1))) {
    const id = use.named ?? freeId(use.backend, taken);
    ids.set(key, id);
    taken.add(id);
  }
  return ids;
}

function freeId(backend: string, taken: ReadonlySet<string>): string {
  let id = backend;
  for (let i = 2; taken.has(id); i++) id = `${backend}-${i}`;
  return id;
}
