/** What `init` and `refresh` share: one pass with its effects, and how the first set comes about. */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import type { AgentConfig, StoreConfig } from '../contract/agent-config.ts';
import type { AgentPaths } from './config.ts';
import { deliver, identify, sweep } from './deliver/volume.ts';
import { WriteError } from './deliver/write-error.ts';
import { describeFailures, lastWordsOf } from './last-words.ts';
import type { Log } from './log.ts';
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
  if (known.complete && !isLost(agent, known)) {
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
  const { log } = agent;
  const result = await read(agent, state);
  if (agent.signal.aborted) return state;
  if (result.failures.length > 0) log.warn(`the last good files stay: ${describeFailures(result.failures)}`);
  try {
    sweepOld(agent);
    return write(agent, result);
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    log.error(`the last good files stay: ${error.message}`);
    return postponed(agent, result.state);
  }
}

export function isDue(agent: Agent, state: AgentState): boolean {
  return untilDue(agent.config, state, agent.now()) === 0 || damagedFiles(agent, state).size > 0;
}

function read(agent: Agent, state: AgentState): Promise<PassResult> {
  const { config, now, random, signal, openStore } = agent;
  const retryUntil = agent.startedAt + config.initTimeoutMs;
  return runPass({ config, state, damaged: damagedFiles(agent, state), now, random, signal, openStore, retryUntil });
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

function isLost(agent: Agent, state: AgentState): boolean {
  const paths = Object.keys(state.files);
  return identify(agent.paths.files, paths).size === 0 && paths.length > 0;
}

function damagedFiles({ paths }: Agent, { files }: AgentState): Set<string> {
  const found = identify(paths.files, Object.keys(files));
  const isDamaged = ([path, { identity }]: [string, FileState]): boolean => {
    const now = found.get(path);
    return now === undefined || JSON.stringify(now) !== JSON.stringify(identity);
  };
  return new Set(
    Object.entries(files)
      .filter(isDamaged)
      .map(([path]) => path),
  );
}

function unmarkReady(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new WriteError(path, error);
  }
}

function markReady(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  try {
    writeFileSync(path, '', { mode: 0o444 });
  } catch (error) {
    throw new WriteError(path, error);
  }
}
