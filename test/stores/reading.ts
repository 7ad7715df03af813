/** How the store tests read: one pass after the other, as the agent does. */
import type { StoreConfig } from '../../contract/agent-config.ts';
import { openStore } from '../../agent/stores/registry.ts';
import { StoreError, type Remembered, type SecretRequest, type SecretValue } from '../../agent/stores/store.ts';

interface ReadOptions {
  readonly params?: SecretRequest['params'];
  readonly remembered?: Remembered;
  readonly ms?: number;
  readonly now?: () => number;
}

export interface PassResult {
  readonly value: SecretValue;
  readonly remembered: Remembered;
}

/** A whole pass with one secret. What it returns as remembered went through JSON, as through the agent's state file. */
export async function pass(config: StoreConfig, name: string, options: ReadOptions = {}): Promise<PassResult> {
  const { params = {}, remembered, ms = 10_000, now = Date.now } = options;
  const store = await openStore(config, { now, ...(remembered && { remembered }) });
  try {
    const value = await store.read({ name, params }, AbortSignal.timeout(ms));
    return { value, remembered: JSON.parse(JSON.stringify(store.remember?.() ?? {})) as Remembered };
  } finally {
    store.close?.();
  }
}

export async function read(config: StoreConfig, name: string, options: ReadOptions = {}): Promise<Uint8Array> {
  const { value } = await pass(config, name, options);
  return value.bytes;
}

/** @returns why it failed. @throws Error where it did not, or not with a StoreError. */
export async function failureOf(work: Promise<unknown>): Promise<StoreError> {
  const result = await work.then(
    () => 'it worked',
    (error: unknown) => error,
  );
  if (result instanceof StoreError) return result;
  throw new Error('expected a StoreError', { cause: result });
}

let count = 0;

/** A name that no other test uses. */
export function freshName(): string {
  count += 1;
  return `web-${process.pid}-${Date.now().toString(36)}-${count}`;
}
