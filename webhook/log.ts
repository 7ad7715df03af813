/** Log lines as JSON. Fields are scalars by type: no object, patch, header or environment can get into a line. */
import { destination, pino } from 'pino';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log extends Readonly<Record<LogLevel, (message: string, fields?: Fields) => void>> {
  /** Writes what is held back, now: before the process ends. */
  flush(): void;
}

/** Where lines go: anything with `write`, or a file descriptor. */
export type LogTarget = { write(line: string): void } | number;

/** A write costs as much as an admission: lines of daily business go out by the page, or each second. */
const PAGE_BYTES = 16_000;
const FLUSH_MS = 1000;
/** Beyond it lines are dropped: admission does not wait for who reads the log. */
const MOST_BYTES = 4 * 1024 * 1024;

export function createLog(level: LogLevel, target: LogTarget): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const { stream, soon, now } = typeof target === 'number' ? pages(target) : { stream: target, soon: none, now: none };
  const logger = pino(options, stream);
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn(message, fields) {
      logger.warn(fields ?? {}, message);
      soon();
    },
    error(message, fields) {
      logger.error(fields ?? {}, message);
      soon();
    },
    flush: now,
  };
}

function none(): void {}

function pages(fd: number) {
  const stream = destination({
    fd,
    sync: false,
    minLength: PAGE_BYTES,
    maxLength: MOST_BYTES,
    periodicFlush: FLUSH_MS,
  });
  // Whoever read the log is gone: that is no reason to end.
  stream.on('error', none);
  const now = () => {
    try {
      stream.flushSync();
    } catch {
      // As above.
    }
  };
  return { stream, soon: () => stream.flush(), now };
}

/** What may be told of an unexpected error: its kind and where, not its message, which may quote what was read. */
export function describeUnexpected(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, stack: frames.slice(0, 8).join('\n') };
}
