/** One read of one secret that ends in time, whatever the store does. */
import { StoreError, type SecretValue } from './stores/store.ts';

export type Result = { readonly value: SecretValue } | { readonly error: StoreError };

/** Does not wait for a reader that ignores its signal. Undefined: stopped before there was an answer. */
export function withDeadline(
  milliseconds: number,
  stop: AbortSignal,
  read: (signal: AbortSignal) => Promise<SecretValue>,
): Promise<Result | undefined> {
  const attempt = new AbortController();
  return new Promise((resolve) => {
    const settle = (result: Result | undefined): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      resolve(result);
    };
    const giveUp = (result: Result | undefined): void => {
      settle(result);
      attempt.abort();
    };
    const onStop = (): void => giveUp(undefined);
    const timer = setTimeout(() => giveUp({ error: timedOut(milliseconds) }), milliseconds);
    stop.addEventListener('abort', onStop);
    read(attempt.signal).then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error: asStoreError(error) }),
    );
  });
}

function timedOut(milliseconds: number): StoreError {
  return new StoreError('unreachable', `no answer within ${Number((milliseconds / 1000).toFixed(1))} s`);
}

/** Only our own messages are known to hold no value. */
function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new StoreError('malformed', `the store's client failed unexpectedly (${kind}): please report it`);
}
