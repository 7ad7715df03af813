/** What one pass leaves for the next, maybe in another process: a file in the agent's own memory volume. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AgentConfig } from '../contract/agent-config.ts';
import type { Remembered } from './stores/store.ts';

const STATE_VERSION = 1;

export interface AgentState {
  readonly version: typeof STATE_VERSION;
  /** The message that this state belongs to, whole; another message starts anew. */
  readonly config: string;
  /** Whether the first complete set was delivered. */
  readonly complete: boolean;
  /** By store id. Holds tokens: the file is 0600, and no other container has the volume. */
  readonly stores: Readonly<Record<string, Remembered>>;
  /** By call key. */
  readonly calls: Readonly<Record<string, CallState>>;
  /** Delivered files, by path. */
  readonly files: Readonly<Record<string, FileState>>;
}

/** Times in milliseconds since the epoch; the counts are those of the metrics. */
export interface CallState {
  readonly dueAt: number;
  readonly successes: number;
  readonly errors: number;
  /** In a row, up to now. */
  readonly failures: number;
  readonly lastSuccessAt?: number;
  readonly version?: string;
}

export interface FileState {
  /** How the file is known again without keeping or hashing its content. */
  readonly identity?: FileIdentity;
  /** The reference's `default` stands in: the secret did not exist. */
  readonly fallback?: true;
}

export interface FileIdentity {
  readonly inode: number;
  readonly size: number;
  readonly modifiedMs: number;
}

export function emptyState(config: AgentConfig): AgentState {
  return { version: STATE_VERSION, config: JSON.stringify(config), complete: false, stores: {}, calls: {}, files: {} };
}

/** A state that is absent, broken or of another message is an empty one: everything in it can be fetched again. */
export function loadState(path: string, config: AgentConfig): AgentState {
  const empty = emptyState(config);
  const state = readJson(path);
  return isState(state) && state.config === empty.config ? state : empty;
}

/** Whole or not at all: a reader finds the old state or the new one. */
export function saveState(path: string, state: AgentState): void {
  writeFileSync(`${path}.tmp`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isState(value: unknown): value is AgentState {
  return (
    isRecord(value) &&
    value['version'] === STATE_VERSION &&
    typeof value['config'] === 'string' &&
    typeof value['complete'] === 'boolean' &&
    isRecordOf(value['stores'], isRecord) &&
    isRecordOf(value['calls'], isCallState) &&
    isRecordOf(value['files'], isFileState)
  );
}

function isCallState(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const numbers = [value['dueAt'], value['successes'], value['errors'], value['failures'], value['lastSuccessAt'] ?? 0];
  return numbers.every((n) => Number.isFinite(n));
}

function isFileState(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const identity = value['identity'];
  return identity === undefined || (isRecord(identity) && Object.values(identity).every((n) => Number.isFinite(n)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecordOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return isRecord(value) && Object.values(value).every((item) => isItem(item));
}
