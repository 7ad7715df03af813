/** The distinct reads that a set of files needs. */
import type { FileConfig, ValueReference } from '../contract/agent-config.ts';
import type { SecretRequest } from './stores/store.ts';

export interface Call {
  /** The same in every process for the same (store, name, params). */
  readonly key: string;
  readonly store: string;
  readonly request: SecretRequest;
  /** The first reference that needs it, for messages. */
  readonly text: string;
}

export function callKey({ store, name, params }: ValueReference): string {
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([store, name, ...sorted.flat()]);
}

/** One call however many files and properties come from it. */
export function distinctCalls(files: readonly FileConfig[]): Map<string, Call> {
  const calls = new Map<string, Call>();
  for (const { value } of files) {
    const key = callKey(value);
    if (calls.has(key)) continue;
    const request = { name: value.name, params: value.params };
    calls.set(key, { key, store: value.store, request, text: value.text });
  }
  return calls;
}
