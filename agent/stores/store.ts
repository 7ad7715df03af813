/** What a backend implements: reading one secret as the Pod. A store has no clock, no log and no process of its own. */
import type { StoreConfig } from '../../contract/agent-config.ts';
import type { ExitReason } from '../../contract/exit-codes.ts';

/** One call: the name and what selects the version, exactly as the reference says them. */
export interface SecretRequest {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface SecretValue {
  /** The secret as the store keeps it. Where that is an object: its JSON text, numbers with all their digits. */
  readonly bytes: Uint8Array;
  /** The store's own name of the version that was read. */
  readonly version?: string;
  /** The value's own life: it should be read again no later than this many milliseconds from now. */
  readonly refreshAfterMs?: number;
}

/** What a store keeps from one pass to the next, maybe in another process: login tokens, leases, versions. Plain JSON. */
export type Remembered = Readonly<Record<string, unknown>>;

export interface StoreEnvironment {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What `remember` returned in the last pass with this very configuration. Check its shape: it is a file's content. */
  readonly remembered?: Remembered;
}

/** Lives for one pass. */
export interface Store {
  /**
   * Called at most once per distinct (name, params) in a pass, several at a time; logging in is shared by them.
   * Ends promptly when the signal aborts. Does not try again by itself: the pass does, by the error's reason.
   * @throws StoreError
   */
  read(request: SecretRequest, signal: AbortSignal): Promise<SecretValue>;
  /** Asked once at the end of the pass, after failures as well. */
  remember?(): Remembered;
  /** Closes connections, so that nothing keeps the process alive. */
  close?(): void;
}

/** The `default` export of a backend's file. Must not connect anywhere yet. */
export type StoreFactory<Config extends StoreConfig = StoreConfig> = (
  config: Config,
  environment: StoreEnvironment,
) => Store;

/** Why a read failed, and what the agent says with its exit code when that is the last word. */
export const STORE_FAILURE = {
  /** No such secret or version. The only one that `optional` and `default` answer. */
  missing: 'missing',
  /** It exists, but is switched off or marked for deletion. */
  disabled: 'missing',
  denied: 'denied',
  unreachable: 'unreachable',
  throttled: 'unreachable',
  /** The answer is not what this store's API promises. */
  malformed: 'unreachable',
  /** A setting that can never work: a token file that is absent, a param that the store does not know. */
  configuration: 'configuration',
} as const satisfies Record<string, ExitReason>;

export type StoreFailure = keyof typeof STORE_FAILURE;

/**
 * The one error of all stores. The message is shown to users after the reference's text: one stable phrase without
 * values, tokens or request ids, with the way out where there is one (`denied (403): check role "web" and its policy`).
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly reason: StoreFailure;
  /** As the store asked for it (`Retry-After`). */
  readonly retryAfterMs: number | undefined;

  constructor(reason: StoreFailure, message: string, retryAfterMs?: number) {
    super(message);
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}
