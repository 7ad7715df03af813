/** The versioned message from webhook to agent. It names secrets and never holds a value or a credential. */
import { CONFIG_VARIABLE } from './layout.ts';

export const AGENT_CONFIG_VERSION = 1;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface AgentConfig {
  readonly version: typeof AGENT_CONFIG_VERSION;
  readonly namespace: string;
  readonly mode: 'refresh' | 'once';
  readonly refreshIntervalMs: number;
  readonly initTimeoutMs: number;
  readonly logLevel: LogLevel;
  /** Port of /healthz, /readyz and /metrics; 0: no listener. */
  readonly port: number;
  /** Whether the names of secrets may be metric labels. */
  readonly nameLabels: boolean;
  /** By the id that `ValueReference.store` names. */
  readonly stores: Readonly<Record<string, StoreConfig>>;
  readonly files: readonly FileConfig[];
}

export interface FileConfig {
  /** Relative to the files volume; parsed and safe. */
  readonly path: string;
  /** Permission bits, e.g. 0o440. */
  readonly mode: number;
  readonly value: ValueReference;
}

/** One value of one secret. All references with the same store, name and params share one call. */
export interface ValueReference {
  /** As the user wrote it, for messages. */
  readonly text: string;
  readonly store: string;
  readonly name: string;
  /** What selects the secret's version at the store: `version`, `stage`, … */
  readonly params: Readonly<Record<string, string>>;
  readonly property?: string;
  readonly encoding?: 'base64' | 'base64url';
  readonly optional?: true;
  readonly default?: string;
}

export type StoreConfig = VaultStore | AwsSecretsManagerStore | FileStore;

/** What every store that is reached over a network has. */
interface RemoteStore {
  /** Certificates (PEM) to trust instead of the public ones. */
  readonly caPem?: string;
  /** Development only, never from a chart or an annotation: loopback addresses are allowed. */
  readonly allowLoopback?: true;
}

export interface VaultStore extends RemoteStore {
  readonly backend: 'vault';
  /** Origin, e.g. `https://vault.vault:8200`. */
  readonly address: string;
  readonly namespace?: string;
  readonly auth: VaultAuth;
}

export type VaultAuth =
  | { readonly method: 'kubernetes' | 'jwt'; readonly path: string; readonly role: string; readonly tokenPath: string }
  /** Files VAULT_ROLE_ID and VAULT_SECRET_ID in the folder. */
  | { readonly method: 'approle'; readonly path: string; readonly credentials: string }
  /** File VAULT_TOKEN in the folder. */
  | { readonly method: 'token'; readonly credentials: string };

export interface AwsSecretsManagerStore extends RemoteStore {
  readonly backend: 'aws-secrets-manager';
  readonly region: string;
  readonly endpoint?: string;
  readonly stsEndpoint?: string;
  readonly identity: AwsIdentity;
}

export type AwsIdentity =
  | {
      readonly kind: 'web-identity';
      readonly roleArn: string;
      readonly tokenPath: string;
      readonly sessionName: string;
    }
  /** Files AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where wanted, AWS_SESSION_TOKEN in the folder. */
  | { readonly kind: 'static'; readonly credentials: string };

export interface FileStore {
  readonly backend: 'file';
  /** Folder inside the agent's container; nothing outside of it is ever read. */
  readonly root: string;
}

/** Characters per variable, far below the kernel's 128 KiB per string. */
const CHUNK = 30_000;

/**
 * The message as environment variables. `$` is escaped, since the kubelet expands `$(NAME)` in values, and so is what is
 * not ASCII: a cut between two variables may not go through a character.
 */
export function encodeAgentConfig(config: AgentConfig): { name: string; value: string }[] {
  const text = JSON.stringify(config).replace(/[$\u0080-\uffff]/g, escapeUnit);
  const chunks: { name: string; value: string }[] = [];
  for (let at = 0; at < text.length; at += CHUNK) {
    const name = chunks.length === 0 ? CONFIG_VARIABLE : `${CONFIG_VARIABLE}_${chunks.length}`;
    chunks.push({ name, value: text.slice(at, at + CHUNK) });
  }
  return chunks;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** @throws Error with one plain sentence when the message is absent, broken or of another version. */
export function decodeAgentConfig(environment: Readonly<Record<string, string | undefined>>): AgentConfig {
  let text = environment[CONFIG_VARIABLE];
  if (text === undefined)
    throw new Error(`no ${CONFIG_VARIABLE} in the environment: was this container made by the webhook?`);
  for (let i = 1; environment[`${CONFIG_VARIABLE}_${i}`] !== undefined; i++)
    text += environment[`${CONFIG_VARIABLE}_${i}`];
  const message = parseJson(text);
  const version: unknown = message.version;
  if (version !== AGENT_CONFIG_VERSION)
    throw new Error(
      `the webhook speaks version ${String(version)} of ${CONFIG_VARIABLE}, this agent version ${AGENT_CONFIG_VERSION}: use images of one release`,
    );
  return message;
}

function parseJson(text: string): AgentConfig {
  try {
    return JSON.parse(text) as AgentConfig;
  } catch {
    throw new Error(`${CONFIG_VARIABLE} is not valid JSON: was it edited?`);
  }
}
