/** Why the agent ended. The one table: the agent exits with it, the docs print it. */

interface ExitCode {
  readonly code: number;
  /** Whether trying again without changing anything can help. */
  readonly retryable: boolean;
  readonly meaning: string;
}

export const EXIT = {
  done: { code: 0, retryable: false, meaning: 'done' },
  unexpected: { code: 1, retryable: true, meaning: 'an unexpected error: please report it' },
  configuration: { code: 64, retryable: false, meaning: 'bad configuration' },
  unreachable: { code: 69, retryable: true, meaning: 'the store cannot be reached, is sealed, throttles or fails' },
  missing: { code: 70, retryable: false, meaning: 'the secret or its property does not exist' },
  write: { code: 73, retryable: false, meaning: 'the files cannot be written' },
  denied: { code: 77, retryable: false, meaning: 'the store refused: check role and policy' },
} as const satisfies Record<string, ExitCode>;

export type ExitReason = keyof typeof EXIT;
