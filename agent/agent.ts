/** What `init` and `refresh` share: one pass with its effects, and how the first set comes about. */
import type { AgentConfig, StoreConfig } from '../contract/agent-config.ts';
import type { AgentPaths } from './config.ts';
import { damagedFiles, isLost } from './deliver/damage.ts';
import { sweep } from './deliver/sweep.ts';
import { deliver } from './deliver/volume.ts';
import { WriteError } from './deliver/write-error.ts';
import { asLastWords, describeFailures, lastWordsOf } from './last-words.ts';
import type { Log } from './log.ts';
import { markReady, unmarkReady } from './ready.ts';
import { runPass, untilDue, type PassResult } from './pass.ts';
import { backOff, LATER } from './schedule.ts';
import { loadState, saveState, type AgentState, type FileState } from './state.ts';
import type { Store, StoreEnvironment } from './stores/store.ts';

export interface Agent {
  readonly config: AgentConfig;
  readonly paths: AgentPaths;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  /** Aborts when the container is to end. */
  readonly signal: AbortSignal;
  /** When the process started, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly openStore: (config: StoreConfig, environment: StoreEnvironment) => Promise<Store>;
}

/**
 * The first complete set, all or nothing; or the one that an earlier process has left.
 * @throws LastWords or WriteError; what can get better was tried again until the time was up
 */
export async function firstSet(agent: Agent): Promise<AgentState> {
  const { config, paths, log } = agent;
  const known = loadState(paths.state, config);
  if (known.complete && !isLost(paths.files, known)) {
    markReady(paths.ready);
    log.info('the files of an earlier start are in place');
    return known;
  }
  unmarkReady(paths.ready);
  sweepOld(agent);
  const result = await read(agent, { ...known, complete: false, files: {} });
  if (agent.signal.aborted) return result.state;
  if (result.failures.length > 0) {
    saveOrWarn(agent, result.state);
    throw lastWordsOf(result.failures);
  }
  const state = write(agent, result);
  markReady(paths.ready);
  log.info('all files are in place', { files: result.files.length });
  return state;
}

/** A later pass: whatever fails, the last good files stay. */
export async function refreshSet(agent: Agent, state: AgentState): Promise<AgentState> {
  let known = state;
  try {
    const result = await read(agent, state);
    if (agent.signal.aborted) return state;
    known = result.state;
    report(agent, state, result);
    sweepOld(agent);
    return write(agent, result);
  } catch (error) {
    agent.log.error(`the last good files stay: ${asLastWords(error).message}`);
    return postponed(agent, known);
  }
}

function report({ log }: Agent, before: AgentState, { failures, state }: PassResult): void {
  if (failures.length > 0) log.warn(`the last good files stay: ${describeFailures(failures)}`);
  else if (isFailing(before) && !isFailing(state)) log.info('all secrets can be read again');
}

function isFailing({ calls }: AgentState): boolean {
  return Object.values(calls).some(({ failures }) => failures > 0);
}

export function isDue(agent: Agent, state: AgentState): boolean {
  return untilDue(agent.config, state, agent.now()) === 0 || damagedFiles(agent.paths.files, state).size > 0;
}

function read(agent: Agent, state: AgentState): Promise<PassResult> {
  const { config, now, random, signal, openStore, log } = agent;
  return runPass({
    config,
    state,
    damaged: damagedFiles(agent.paths.files, state),
    now,
    random,
    signal,
    openStore,
    retryUntil: agent.startedAt + config.initTimeoutMs,
    onRetry: (failures) => log.warn(`trying again: ${describeFailures(failures)}`),
  });
}

function write(agent: Agent, { files, state }: PassResult): AgentState {
  const { changed, identities } = deliver(agent.paths.files, files, agent.now());
  if (state.complete && changed.length > 0) agent.log.info('files changed', { files: changed });
  const delivered = files.map(({ path, fallback }): [string, FileState] => {
    const identity = identities.get(path);
    return [path, { ...(identity && { identity }), ...(fallback && { fallback }) }];
  });
  const next = { ...state, complete: true, files: Object.fromEntries(delivered) };
  saveOrWarn(agent, next);
  return next;
}

/** A set that was replaced in the last pass is gone in the next one, whatever the jitter. */
function sweepOld({ paths, config, now }: Agent): void {
  sweep(paths.files, now() - config.refreshIntervalMs / 2);
}

/** Read anew when there may be room again: what could not be written is remembered nowhere. */
function postponed(agent: Agent, state: AgentState): AgentState {
  const dueAt = agent.now() + Math.min(agent.config.refreshIntervalMs, backOff(LATER, 6, agent.random));
  const calls = Object.entries(state.calls).map(([key, call]) => [key, { ...call, dueAt }] as const);
  return { ...state, calls: Object.fromEntries(calls) };
}

/** Without it a later process only reads once more than needed. */
function saveOrWarn(agent: Agent, state: AgentState): void {
  try {
    saveState(agent.paths.state, state);
  } catch (error) {
    agent.log.warn(new WriteError(agent.paths.state, error).message);
  }
}
