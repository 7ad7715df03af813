/** What the answers of the stores mean for files and state. Pure. */
import type { AgentConfig, FileConfig } from '../contract/agent-config.ts';
import { callKey, distinctCalls } from './calls.ts';
import { isRetryable, type Failure, type Outcome } from './fetch.ts';
import { renderValue } from './render/value.ts';
import { backOff, jitter, LATER } from './schedule.ts';
import type { AgentState, CallState } from './state.ts';
import { StoreError } from './stores/store.ts';

/** A file of the next set. Without bytes: as it was. */
export interface PlannedFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes?: Uint8Array;
  readonly fallback?: true;
}

export interface Settled {
  readonly files: readonly PlannedFile[];
  /** Empty: the set is complete and current. */
  readonly failures: readonly Failure[];
  readonly calls: AgentState['calls'];
}

export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly random: () => number;
}

type Verdict = { readonly file?: PlannedFile; readonly error?: StoreError };

export function settle(
  config: AgentConfig,
  state: AgentState,
  outcomes: ReadonlyMap<string, Outcome>,
  moment: Moment,
): Settled {
  const files: PlannedFile[] = [];
  const failures = new Map<string, Failure>();
  const failedCalls = new Map<string, StoreError>();
  for (const file of config.files) {
    const key = callKey(file.value);
    const outcome = outcomes.get(key);
    const { file: planned, error } = judge(file, state, outcome);
    if (planned) files.push(planned);
    if (!error) continue;
    failedCalls.set(key, error);
    const isOfWholeCall = outcome !== undefined && 'error' in outcome;
    const { store, text } = file.value;
    const id = isOfWholeCall ? key : text;
    if (!failures.has(id)) failures.set(id, { store, text, error });
  }
  return { files, failures: [...failures.values()], calls: nextCalls(config, state, outcomes, failedCalls, moment) };
}

function judge(file: FileConfig, state: AgentState, outcome: Outcome | undefined): Verdict {
  const { path, mode } = file;
  const delivered = state.files[path];
  const kept = delivered && { file: { path, mode, ...(delivered.fallback && { fallback: delivered.fallback }) } };
  if (outcome === undefined) return { ...kept };
  try {
    return { file: { path, mode, bytes: bytesOf(file, outcome) } };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.reason === 'missing' && (!delivered || delivered.fallback)) {
      if (file.value.default !== undefined)
        return { file: { path, mode, bytes: Buffer.from(file.value.default), fallback: true } };
      if (file.value.optional) return {};
    }
    return { ...kept, error };
  }
}

function bytesOf(file: FileConfig, outcome: Outcome): Uint8Array {
  if ('error' in outcome) throw outcome.error;
  return renderValue(file.value, outcome.value.bytes);
}

function nextCalls(
  config: AgentConfig,
  state: AgentState,
  outcomes: ReadonlyMap<string, Outcome>,
  failed: ReadonlyMap<string, StoreError>,
  moment: Moment,
): AgentState['calls'] {
  // One draw for all of them: what is read together stays together, also after a failure.
  const chance = moment.random();
  const random = () => chance;
  const interval = jitter(config.refreshIntervalMs, random);
  const next: Record<string, CallState> = {};
  for (const key of distinctCalls(config.files).keys()) {
    const before = state.calls[key] ?? { dueAt: moment.now, successes: 0, errors: 0, failures: 0 };
    const outcome = outcomes.get(key);
    next[key] =
      outcome === undefined ? before : nextCall(before, outcome, failed.get(key), interval, { ...moment, random });
  }
  return next;
}

function nextCall(
  before: CallState,
  outcome: Outcome,
  error: StoreError | undefined,
  interval: number,
  { now, random }: Moment,
): CallState {
  const errors = before.errors + outcome.failedAttempts;
  if (error) {
    const failures = before.failures + 1;
    const pause = isRetryable(error) ? backOff(LATER, failures, random, error.retryAfterMs) : interval;
    const rendering = 'error' in outcome ? 0 : 1;
    return { ...before, dueAt: now + pause, errors: errors + rendering, failures };
  }
  const value = 'value' in outcome ? outcome.value : undefined;
  const life = Math.min(interval, value?.refreshAfterMs ?? interval);
  const version = value?.version === undefined ? {} : { version: value.version };
  return { dueAt: now + life, successes: before.successes + 1, errors, failures: 0, lastSuccessAt: now, ...version };
}
