/** Calls → values: several at a time, each with a deadline, all failures collected. */
import { EXIT } from '../contract/exit-codes.ts';
import { withDeadline, type Result } from './attempt.ts';
import type { Call } from './calls.ts';
import { backOff, FIRST_SET } from './schedule.ts';
import { sleep } from './sleep.ts';
import { STORE_FAILURE, type SecretValue, type Store, type StoreError } from './stores/store.ts';

/** One after the other would add up the waits, all at once would look like an attack. */
const CONCURRENCY = 8;
const CALL_TIMEOUT_MS = 10_000;
/** Once one answer is final, how long the others may still tell what else is wrong. */
const GRACE_MS = 500;
/** An attempt with less time than this would only hide the reason of the one before. */
const SHORTEST_ATTEMPT_MS = 500;

export type Outcome =
  | { readonly value: SecretValue; readonly failedAttempts: number }
  | { readonly error: StoreError; readonly failedAttempts: number };

export interface Failure {
  readonly store: string;
  /** The reference as the user wrote it. */
  readonly text: string;
  readonly error: StoreError;
}

export interface FetchOptions {
  /** Opens each store once. */
  readonly open: (id: string) => Promise<Store>;
  readonly now: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** For the first set: until when (epoch milliseconds) to try again what can get better. Without it: one attempt. */
  readonly retryUntil?: number;
  /** Told before each pause, with what has failed so far. */
  readonly onRetry?: (failures: readonly Failure[]) => void;
}

/** @returns outcomes by call key; a call that was given up because of another's final failure has none. */
export async function fetchCalls(calls: readonly Call[], options: FetchOptions): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  let wanted = calls;
  for (let attempt = 1; ; attempt++) {
    await readRound(wanted, outcomes, options);
    wanted = wanted.filter(({ key }) => isFailure(outcomes.get(key)));
    const pause = retryPause([...outcomes.values()], attempt, options);
    if (pause === undefined) return outcomes;
    options.onRetry?.(wanted.flatMap((call) => failuresOf(call, outcomes.get(call.key))));
    await sleep(pause, options.signal);
  }
}

/** Undefined: nothing to try again, or no time left for it. */
function retryPause(outcomes: readonly Outcome[], attempt: number, options: FetchOptions): number | undefined {
  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  if (options.retryUntil === undefined || options.signal.aborted) return undefined;
  if (errors.length === 0 || !errors.every((error) => isRetryable(error))) return undefined;
  const retryAfter = Math.max(...errors.map((error) => error.retryAfterMs ?? 0));
  const pause = backOff(FIRST_SET, attempt, options.random, retryAfter);
  return options.now() + pause + SHORTEST_ATTEMPT_MS < options.retryUntil ? pause : undefined;
}

async function readRound(calls: readonly Call[], outcomes: Map<string, Outcome>, options: FetchOptions): Promise<void> {
  const round = new Round(options);
  const queue = calls.values();
  const worker = async (): Promise<void> => {
    for (const call of queue) {
      const result = await round.read(call);
      if (result === undefined) return;
      const failedAttempts = (outcomes.get(call.key)?.failedAttempts ?? 0) + ('error' in result ? 1 : 0);
      outcomes.set(call.key, { ...result, failedAttempts });
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, calls.length) }, worker));
  round.end();
}

class Round {
  readonly #options: FetchOptions;
  readonly #stop = new AbortController();
  #grace: NodeJS.Timeout | undefined;

  constructor(options: FetchOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#abort, { once: true });
    if (options.signal.aborted) this.#abort();
  }

  readonly #abort = (): void => this.#stop.abort();

  /** Undefined when the round was stopped before there was an answer. */
  async read(call: Call): Promise<Result | undefined> {
    if (this.#stop.signal.aborted) return undefined;
    const result = await this.#attempt(call);
    if (result !== undefined && 'error' in result && !isRetryable(result.error)) this.#stopSoon();
    return result;
  }

  end(): void {
    clearTimeout(this.#grace);
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  /** Only the first set is all or nothing; later, one failure does not concern the others. */
  #stopSoon(): void {
    if (this.#options.retryUntil !== undefined) this.#grace ??= setTimeout(this.#abort, GRACE_MS);
  }

  #attempt(call: Call): Promise<Result | undefined> {
    const { retryUntil = Infinity, now } = this.#options;
    const time = Math.max(1, Math.min(CALL_TIMEOUT_MS, retryUntil - now()));
    return withDeadline(time, this.#stop.signal, async (signal) => {
      const store = await this.#options.open(call.store);
      return store.read(call.request, signal);
    });
  }
}

function failuresOf({ store, text }: Call, outcome: Outcome | undefined): Failure[] {
  return outcome !== undefined && 'error' in outcome ? [{ store, text, error: outcome.error }] : [];
}

function isFailure(outcome: Outcome | undefined): boolean {
  return outcome === undefined || 'error' in outcome;
}

export function isRetryable(error: StoreError): boolean {
  return EXIT[STORE_FAILURE[error.reason]].retryable;
}
