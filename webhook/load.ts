/** Whether one more request can be served in time: memory for its body, and an event loop that is not behind. */

const SAMPLE_MS = 100;

export interface Load {
  /** Why no, in one sentence; `undefined`: the bytes are taken and must be given back. */
  take(bytes: number, budgetMs: number): string | undefined;
  give(bytes: number): void;
  /** How late the last timer came. */
  lagMs(): number;
  stop(): void;
}

/** @param maxBytes of bodies that are read at one time */
export function watchLoad(maxBytes: number): Load {
  const lag = sampleLag();
  let taken = 0;
  return {
    take(bytes, budgetMs) {
      // A single long pause (garbage collection) is over by now: only a lag that stays means a queue.
      if (lag.sustainedMs() > budgetMs / 2)
        return `overloaded: requests wait ${Math.round(lag.sustainedMs())} ms of their ${budgetMs} ms; add replicas`;
      if (taken + bytes > maxBytes) return 'overloaded: too many requests at once; add replicas';
      taken += bytes;
      return undefined;
    },
    give: (bytes) => void (taken -= bytes),
    lagMs: lag.lastMs,
    stop: lag.stop,
  };
}

function sampleLag() {
  let last = 0;
  let before = 0;
  let due = performance.now() + SAMPLE_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    before = last;
    last = Math.max(0, now - due);
    due = now + SAMPLE_MS;
  }, SAMPLE_MS);
  timer.unref();
  return { lastMs: () => last, sustainedMs: () => Math.min(last, before), stop: () => clearInterval(timer) };
}
