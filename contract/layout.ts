/** Names and paths that the webhook writes into a Pod and the agent finds there. */

/** Every annotation of ours starts with this. */
export const PREFIX = 'secrets.inject/';

/** The native or plain sidecar, and the init container where the sidecar cannot be one. */
export const CONTAINER = { sidecar: 'secrets-inject', init: 'secrets-inject-init' } as const;

/** Volumes that we add. Only `files` is ever mounted in a container of the app. */
export const VOLUME = {
  files: 'secrets-inject-files',
  state: 'secrets-inject-state',
  tokens: 'secrets-inject-tokens',
  credentials: 'secrets-inject-credentials',
} as const;

/** Where these volumes appear inside the agent. */
export const AGENT_PATH = {
  files: '/secrets-inject/files',
  state: '/secrets-inject/state',
  tokens: '/secrets-inject/tokens',
  credentials: '/secrets-inject/credentials',
  /** Exists once the first complete set of files is in place: what the start gate waits for. */
  ready: '/secrets-inject/state/ready',
  /** The static helper in the agent's image: `launcher wait …`. */
  launcher: '/usr/local/bin/launcher',
} as const;

/** The uid and gid of the agent where the Pod's containers do not share one of their own. */
export const AGENT_UID = 65532;

/** The message is cut into variables of this name, then `…_1`, `…_2`: the kernel allows 128 KiB per string. */
export const CONFIG_VARIABLE = 'SECRETS_INJECT_CONFIG';
