/** Runs one thing again and again, never twice at once, and at least each `everyMs`. */
export interface Loop {
  /** Runs it soon; asked for during a run, it runs once more afterwards. */
  trigger(): void;
  /** No run begins any more; resolves when the last one has ended. */
  stop(): Promise<void>;
}

/** Changes come in bursts, our own among them: one run answers for those of so many milliseconds. */
const BURST_MS = 100;
const FIRST_RETRY_MS = 1_000;

/** `run` says whether all was well: if not, it is tried again after a second, then two, four … up to `everyMs`. */
export function startLoop(run: () => Promise<boolean>, everyMs: number): Loop {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let asked = false;
  let failures = 0;

  const schedule = (delay: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(begin, delay);
  };
  const begin = () => {
    asked = false;
    running = turn().finally(() => {
      running = undefined;
      schedule(asked ? BURST_MS : pauseAfter(failures, everyMs));
    });
  };
  const turn = async () => {
    const fine = await run().catch(() => false);
    failures = fine ? 0 : failures + 1;
  };

  begin();
  return {
    trigger() {
      if (!asked && running === undefined) schedule(BURST_MS);
      asked = true;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function pauseAfter(failures: number, everyMs: number): number {
  return failures === 0 ? everyMs : Math.min(everyMs, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
}
