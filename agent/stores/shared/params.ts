import { StoreError, type SecretRequest } from '../store.ts';

/** @throws StoreError for a param that the store would silently ignore. */
export function refuseUnknownParams(request: SecretRequest, known: readonly string[]): void {
  const unknown = Object.keys(request.params).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const wayOut = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
  throw new StoreError('configuration', `this store does not know the parameter "${unknown}": ${wayOut}`);
}
