/** Why the agent ends: the same sentence in its log, its termination message and, as a code, its exit. */
import type { ExitReason } from '../contract/exit-codes.ts';
import { WriteError } from './deliver/write-error.ts';
import { isRetryable, type Failure } from './fetch.ts';
import { STORE_FAILURE, StoreError } from './stores/store.ts';

const NAMED = 3;

export class LastWords extends Error {
  override readonly name = 'LastWords';
  readonly exit: ExitReason;

  constructor(exit: ExitReason, message: string) {
    super(message);
    this.exit = exit;
  }
}

/** What cannot get better comes first: it is what somebody has to act on. */
export function lastWordsOf(failures: readonly Failure[]): LastWords {
  const final = failures.filter(({ error }) => !isRetryable(error));
  const ordered = [...final, ...failures.filter(({ error }) => isRetryable(error))];
  const [first] = ordered;
  return new LastWords(first ? STORE_FAILURE[first.error.reason] : 'unexpected', describeFailures(ordered));
}

/** One line that names the first few references, and why. */
export function describeFailures(failures: readonly Failure[]): string {
  const named = failures.slice(0, NAMED).map(({ store, text, error }) => {
    const name = text.startsWith(`${store}:`) ? text : `${text} (store ${store})`;
    return `${name}: ${error.message}`;
  });
  const more = failures.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** For whatever was thrown. Messages that are not our own may quote a secret: of those only kind and place are told. */
export function asLastWords(error: unknown): LastWords {
  if (error instanceof LastWords) return error;
  if (error instanceof WriteError) return new LastWords('write', error.message);
  if (error instanceof StoreError) return new LastWords(STORE_FAILURE[error.reason], error.message);
  return new LastWords('unexpected', `unexpected error, please report it: ${kindAndPlace(error)}`);
}

function kindAndPlace(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${error.name}${code}`, ...frames.slice(0, 4).map((line) => line.trim())].join(' ');
}
