/**
 * Callers who come while the work is under way get its result; who comes later starts it anew. It runs under the first
 * caller's signal.
 */
export function shared<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let running: Promise<T> | undefined;
  return (signal) => {
    running ??= work(signal).finally(() => {
      running = undefined;
    });
    return running;
  };
}
