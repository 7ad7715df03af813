/** (configuration, remembered state, now) → (files, new state, next due time). Any pass could run in a fresh process. */
import type { AgentConfig, StoreConfig } from '../contract/agent-config.ts';
import { callKey, distinctCalls, type Call } from './calls.ts';
import { fetchCalls, type Failure } from './fetch.ts';
import { settle, type PlannedFile } from './settle.ts';
import { timeLeft } from './schedule.ts';
import type { AgentState } from './state.ts';
import { StoreError, type Remembered, type Store, type StoreEnvironment } from './stores/store.ts';

export interface PassInput {
  readonly config: AgentConfig;
  readonly state: AgentState;
  /** Paths of files that are no longer as they were delivered: read again, whatever the time. */
  readonly damaged: ReadonlySet<string>;
  readonly now: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly openStore: (config: StoreConfig, environment: StoreEnvironment) => Promise<Store>;
  /** Epoch milliseconds, for the first set only. */
  readonly retryUntil: number;
  readonly onRetry: (failures: readonly Failure[]) => void;
}

export interface PassResult {
  readonly files: readonly PlannedFile[];
  readonly failures: readonly Failure[];
  /** Its `files` are still the old ones: the new ones are known once they are delivered. */
  readonly state: AgentState;
}

export async function runPass(input: PassInput): Promise<PassResult> {
  const { config, state, now, random, signal, onRetry } = input;
  const stores = new OpenStores(input);
  const retry = state.complete ? {} : { retryUntil: input.retryUntil };
  try {
    const outcomes = await fetchCalls(dueCalls(input), { open: stores.open, now, random, signal, onRetry, ...retry });
    const { files, failures, calls } = settle(config, state, outcomes, { now: now(), random });
    return { files, failures, state: { ...state, calls, stores: { ...state.stores, ...stores.remember() } } };
  } finally {
    stores.close();
  }
}

/** Milliseconds until the next pass. */
export function untilDue(config: AgentConfig, state: AgentState, now: number): number {
  const dueTimes = [...distinctCalls(config.files).keys()].map((key) => state.calls[key]?.dueAt ?? now);
  return timeLeft(dueTimes, config.refreshIntervalMs, now);
}

/** What is due within a tenth of the interval comes along, so that files which change together flip together. */
function dueCalls({ config, state, damaged, now }: PassInput): Call[] {
  const soon = now() + config.refreshIntervalMs / 10;
  const broken = new Set(config.files.filter(({ path }) => damaged.has(path)).map(({ value }) => callKey(value)));
  return [...distinctCalls(config.files).values()].filter(({ key }) => {
    const known = state.calls[key];
    return (
      !state.complete ||
      known === undefined ||
      broken.has(key) ||
      timeLeft([known.dueAt], config.refreshIntervalMs, soon) === 0
    );
  });
}

class OpenStores {
  readonly #input: PassInput;
  readonly #opening = new Map<string, Promise<Store>>();
  readonly #opened = new Map<string, Store>();

  constructor(input: PassInput) {
    this.#input = input;
  }

  readonly open = (id: string): Promise<Store> => {
    const opening = this.#opening.get(id) ?? this.#openNew(id);
    this.#opening.set(id, opening);
    return opening;
  };

  async #openNew(id: string): Promise<Store> {
    const { config, state, now, openStore } = this.#input;
    const storeConfig = config.stores[id];
    if (storeConfig === undefined) throw new StoreError('configuration', `there is no store "${id}" in the message`);
    const remembered = state.stores[id];
    const store = await openStore(storeConfig, { now, ...(remembered && { remembered }) });
    this.#opened.set(id, store);
    return store;
  }

  remember(): Record<string, Remembered> {
    const memories: Record<string, Remembered> = {};
    for (const [id, store] of this.#opened) {
      const memory = store.remember?.();
      if (memory) memories[id] = memory;
    }
    return memories;
  }

  close(): void {
    for (const store of this.#opened.values()) store.close?.();
  }
}
