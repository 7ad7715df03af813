/** The two things of Kubernetes that certificates touch, narrow enough to be implemented in memory. */

/** `conflict`: somebody else was first, read again. `denied`: RBAC or a policy. `other`: worth another try later. */
export type FailureKind = 'conflict' | 'denied' | 'missing' | 'other';

/** Every port rejects with this and nothing else. */
export class KubernetesFailure extends Error {
  override readonly name = 'KubernetesFailure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export interface SecretSnapshot {
  resourceVersion: string;
  /** Decoded values. Secret. */
  data: Readonly<Record<string, string>>;
}

/** ONE Secret of known name in one namespace. */
export interface SecretStore {
  /** `undefined` where it does not exist. */
  get(): Promise<SecretSnapshot | undefined>;
  /** Rejects with `conflict` where it exists already. */
  create(data: Readonly<Record<string, string>>): Promise<SecretSnapshot>;
  /** Replaces all data; rejects with `conflict` unless the Secret is still of this version, `missing` where it is gone. */
  update(data: Readonly<Record<string, string>>, resourceVersion: string): Promise<SecretSnapshot>;
  /** Calls after each change that it learns of; may miss some and repeat others. Reconnects by itself until aborted. */
  watch(onChange: () => void, signal: AbortSignal): void;
}

export interface WebhookConfiguration {
  name: string;
  resourceVersion: string;
  /** The CA bundle (PEM) of each entry of `webhooks`, in order; empty where there is none. */
  bundles: readonly string[];
}

/** RFC 6902, as far as it is used. */
export type PatchOperation = { op: 'test' | 'add'; path: string; value: string };

/** The webhook configurations that carry our bundle. */
export interface ConfigurationStore {
  /** Names of all configurations of ours. */
  readonly names: readonly string[];
  /** `undefined` where it does not exist. */
  get(name: string): Promise<WebhookConfiguration | undefined>;
  /** A JSON Patch; gives the object as it is afterwards. Rejects with `conflict` where a `test` fails. */
  patch(name: string, operations: readonly PatchOperation[]): Promise<WebhookConfiguration>;
  /** As `SecretStore.watch`, for all of `names`. */
  watch(onChange: () => void, signal: AbortSignal): void;
}
