/** The only place that names environment variables of the agent. */
import { join } from 'node:path';
import { decodeAgentConfig, type AgentConfig } from '../contract/agent-config.ts';
import { AGENT_PATH } from '../contract/layout.ts';

export interface AgentPaths {
  /** Root of the volume that the app sees. */
  readonly files: string;
  readonly state: string;
  readonly ready: string;
  readonly terminationLog: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Other folders than a Pod's are for trying the agent out. */
export function readPaths(environment: Environment): AgentPaths {
  const stateFolder = environment['SECRETS_INJECT_STATE_DIR'];
  return {
    files: environment['SECRETS_INJECT_FILES_DIR'] ?? AGENT_PATH.files,
    state: join(stateFolder ?? AGENT_PATH.state, 'state.json'),
    ready: stateFolder === undefined ? AGENT_PATH.ready : join(stateFolder, 'ready'),
    terminationLog: environment['SECRETS_INJECT_TERMINATION_LOG'] ?? '/dev/termination-log',
  };
}

/** @throws Error with one sentence that may be shown. */
export function readConfig(environment: Environment): AgentConfig {
  return decodeAgentConfig(environment);
}
