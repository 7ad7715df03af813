/** What every verb is given and gives. The process itself is seen by main.ts alone. */

export interface Console {
  /** Text for standard output, as it is. */
  readonly write: (text: string) => void;
  /** One line for standard error. */
  readonly tell: (line: string) => void;
  /** @param path a file, or `-` for standard input */
  readonly read: (path: string) => Promise<string>;
}

/** @returns the exit code */
export type Run = (args: readonly string[], console: Console) => Promise<number>;

export const EXIT_DONE = 0;
/** The answer is no: a Pod is denied, a step did not happen. */
export const EXIT_NO = 1;
/** The command line or a file cannot be understood. */
export const EXIT_USAGE = 2;

/** Ends a verb with exit code 2 and this one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
