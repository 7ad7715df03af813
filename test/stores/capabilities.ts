import type { StoreConfig } from '../../contract/agent-config.ts';

export interface Capabilities {
  /** Keeps numbered or named versions, and `version=` reads one. */
  readonly version: boolean;
  /** `stage=` reads what a label points at. */
  readonly stage: boolean;
  /** Can keep a value of no bytes at all. */
  readonly empty: boolean;
  /** A secret can be taken away so that the store still knows of it. */
  readonly deleted: 'missing' | 'disabled';
  /** Is reached over a network. */
  readonly remote: boolean;
}

/** What each backend can do. What it cannot, it has to refuse: the suite proves both. */
export const CAPABILITIES: Readonly<Record<StoreConfig['backend'], Capabilities>> = {
  'aws-secrets-manager': { version: true, stage: true, empty: false, deleted: 'disabled', remote: true },
  file: { version: false, stage: false, empty: true, deleted: 'missing', remote: false },
  vault: { version: true, stage: false, empty: true, deleted: 'missing', remote: true },
};
