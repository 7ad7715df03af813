const LONGEST_TIMER = 2 ** 31 - 1;

/** Resolves after the time or as soon as the signal aborts. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.min(milliseconds, LONGEST_TIMER));
    signal.addEventListener('abort', finish);
  });
}
