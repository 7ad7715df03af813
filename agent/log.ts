/**
 * JSON lines with pino's field names. Not pino itself: it costs 19 ms of a 46 ms start and 1 MiB of every sidecar
 * (Node 24, bundled, best of nine), and the first lines are needed before the first file is there.
 */
import type { LogLevel } from '../contract/agent-config.ts';

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const satisfies Record<LogLevel, number>;

type Fields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Messages and fields are names, counts and reasons. Never a value, never the message of an error that is not ours. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: Fields) => void>>;

/** @param now milliseconds since the epoch */
export function createLog(level: LogLevel, write: (line: string) => void, now: () => number): Log {
  const at = (lineLevel: LogLevel) => (message: string, fields?: Fields) => {
    if (LEVELS[lineLevel] < LEVELS[level]) return;
    write(`${JSON.stringify({ level: LEVELS[lineLevel], time: now(), ...fields, msg: message })}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
