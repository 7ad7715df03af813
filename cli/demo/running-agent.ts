/** The real agent as a child process, started from what an injected Pod says: as the kubelet would, without a container. */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import {
  decodeAgentConfig,
  encodeAgentConfig,
  type AgentConfig,
  type StoreConfig,
} from '../../contract/agent-config.ts';
import { AGENT_PATH, CONTAINER, VOLUME } from '../../contract/layout.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import { DemoFailure } from './check.ts';
import type { Container, Pod } from './pod.ts';
import type { Workspace } from './workspace.ts';

export interface RunningAgent {
  readonly config: AgentConfig;
  readonly log: () => string;
  readonly isRunning: () => boolean;
  /** Asks it to end. @returns milliseconds until it had */
  stop(): Promise<number>;
}

export function agentContainer(pod: Pod): Container {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const found = containers.find(({ name }) => name === CONTAINER.sidecar);
  if (!found) throw new DemoFailure(`the injected Pod has no container ${CONTAINER.sidecar}`);
  return found;
}

/** @param command the program and its first arguments */
export function startAgent(pod: Pod, command: readonly string[], workspace: Workspace): RunningAgent {
  const { args = [], env = [] } = agentContainer(pod);
  const message = decodeAgentConfig(Object.fromEntries(env.map(({ name, value }) => [name, value])));
  const config = { ...message, stores: mapValues(message.stores, (store) => withTokensIn(store, workspace.tokens)) };
  const [program = '', ...first] = command;
  const child = spawn(program, [...first, ...args], {
    env: {
      ...Object.fromEntries(encodeAgentConfig(config).map(({ name, value }) => [name, value])),
      SECRETS_INJECT_FILES_DIR: workspace.files,
      SECRETS_INJECT_STATE_DIR: workspace.state,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { config, ...watch(child) };
}

/** Every token that the Pod asks the kubelet for, of the Pod's ServiceAccount and for that audience alone. */
export function projectTokens(pod: Pod, identity: ClusterIdentity, folder: string): string[] {
  const volume = pod.spec.volumes?.find(({ name }) => name === VOLUME.tokens);
  const wanted = (volume?.projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);
  return wanted.map(({ audience = '', path }) => {
    const token = identity.token(pod.metadata.namespace, pod.spec.serviceAccountName, audience);
    writeFileSync(join(folder, path), token, { mode: 0o600 });
    return audience;
  });
}

function watch(child: ChildProcess): Omit<RunningAgent, 'config'> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'exit');
  return {
    log: () => text,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      const start = performance.now();
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
      return performance.now() - start;
    },
  };
}

/** In a container the tokens lie at a place that this machine does not have. */
function withTokensIn(store: StoreConfig, folder: string): StoreConfig {
  if (store.backend !== 'vault' || !('tokenPath' in store.auth)) return store;
  const tokenPath = store.auth.tokenPath.replace(AGENT_PATH.tokens, folder);
  return { ...store, auth: { ...store.auth, tokenPath } };
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
