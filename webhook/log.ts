/** Log lines as JSON. Fields are scalars by type: no object, patch, header or environment can get into a line. */
import { destination, pino } from 'pino';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = Readonly<Record<LogLevel, (message: string, fields?: Fields) => void>>;

/** Where lines go: anything with `write`, or a file descriptor. */
export type LogTarget = { write(line: string): void } | number;

export function createLog(level: LogLevel, target: LogTarget): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, typeof target === 'number' ? destination({ fd: target, sync: true }) : target);
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

/** What may be told of an unexpected error: its kind and where, not its message, which may quote what was read. */
export function describeUnexpected(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, stack: frames.slice(0, 8).join('\n') };
}
