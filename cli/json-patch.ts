/** Patches applied as the API server does. */
import jsonPatch, { type Operation } from 'fast-json-patch';

export type { Operation } from 'fast-json-patch';

/** @throws where an operation does not fit the object, which stays as it is */
export function applyPatch<T>(object: T, operations: readonly Operation[]): T {
  return jsonPatch.applyPatch(structuredClone(object), structuredClone(operations), true).newDocument;
}
