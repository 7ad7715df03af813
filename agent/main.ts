/** The process: signals, exit code, last words. */
import { constants, openSync, writeSync } from 'node:fs';
import { EXIT, type ExitReason } from '../contract/exit-codes.ts';
import type { Agent } from './agent.ts';
import { readConfig, readPaths } from './config.ts';
import { init } from './init.ts';
import { asLastWords, LastWords } from './last-words.ts';
import { createLog } from './log.ts';
import { refresh } from './refresh.ts';
import type { AgentState } from './state.ts';
import { openStore } from './stores/registry.ts';

const VERBS: Readonly<Record<string, (agent: Agent) => Promise<AgentState>>> = { init, refresh };

/** As a shell tells it: 128 and the number of SIGTERM. Before the first set is there, 0 would let the app start. */
const ENDED_BY_SIGNAL = 143;
const LAST_MOMENT_MS = 500;

const paths = readPaths(process.env);
const shutdown = new AbortController();

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, endSoon);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
run().then(({ complete }) => process.exit(complete ? EXIT.done.code : ENDED_BY_SIGNAL), fail);

async function run(): Promise<AgentState> {
  const verb = VERBS[process.argv[2] ?? ''];
  if (verb === undefined) throw new LastWords('configuration', 'usage: init | refresh');
  const config = orLastWords(() => readConfig(process.env));
  const log = createLog(config.logLevel, print, Date.now);
  const { signal } = shutdown;
  // Not `performance.timeOrigin`, which loads a module of its own.
  const startedAt = Date.now() - process.uptime() * 1000;
  return verb({ config, paths, log, now: Date.now, random: Math.random, signal, startedAt, openStore });
}

function orLastWords<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new LastWords('configuration', error instanceof Error ? error.message : 'unreadable message');
  }
}

function endSoon(): void {
  shutdown.abort();
  setTimeout(() => process.exit(ENDED_BY_SIGNAL), LAST_MOMENT_MS);
}

function fail(error: unknown): never {
  const { exit, message } = asLastWords(error);
  createLog('error', print, Date.now).error(message, { exit, code: codeOf(exit) });
  writeTerminationMessage(message);
  process.exit(codeOf(exit));
}

function codeOf(exit: ExitReason): number {
  return EXIT[exit].code;
}

/** The kubelet shows it in `kubectl describe`, up to 4096 bytes. Elsewhere there is no such file. */
function writeTerminationMessage(message: string): void {
  try {
    writeSync(openSync(paths.terminationLog, constants.O_WRONLY | constants.O_TRUNC), message.slice(0, 1024));
  } catch {
    // the log has it too
  }
}

/** A log that nobody reads must not end the agent. */
function print(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // nowhere to say so
  }
}
