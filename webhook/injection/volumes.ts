/** The agent's volumes and where it mounts them. All but the files are its own alone. */
import { AGENT_PATH, VOLUME } from '../../contract/layout.ts';
import type { VolumeMount } from './pod.ts';
import type { TokenRequest } from './stores/identity.ts';

/** A volume in the form in which it goes into a patch. */
export interface AgentVolume {
  readonly name: string;
  readonly [source: string]: unknown;
}

/** An old and a new set of files are there at the same time while they flip. */
const FILES_LIMIT = '32Mi';
const STATE_LIMIT = '4Mi';
const TOKEN_SECONDS = 3600;

export function agentVolumes(tokens: readonly TokenRequest[], credentialsSecret: string | undefined): AgentVolume[] {
  const volumes: AgentVolume[] = [memory(VOLUME.files, FILES_LIMIT), memory(VOLUME.state, STATE_LIMIT)];
  if (tokens.length > 0) volumes.push({ name: VOLUME.tokens, projected: { sources: tokens.map(tokenSource) } });
  if (credentialsSecret !== undefined)
    volumes.push({ name: VOLUME.credentials, secret: { secretName: credentialsSecret } });
  return volumes;
}

function memory(name: string, sizeLimit: string): AgentVolume {
  return { name, emptyDir: { medium: 'Memory', sizeLimit } };
}

function tokenSource({ audience, file }: TokenRequest) {
  return { serviceAccountToken: { audience, expirationSeconds: TOKEN_SECONDS, path: file } };
}

const MOUNTS: Readonly<Record<string, VolumeMount>> = {
  [VOLUME.files]: { name: VOLUME.files, mountPath: AGENT_PATH.files },
  [VOLUME.state]: { name: VOLUME.state, mountPath: AGENT_PATH.state },
  [VOLUME.tokens]: { name: VOLUME.tokens, mountPath: AGENT_PATH.tokens, readOnly: true },
  [VOLUME.credentials]: { name: VOLUME.credentials, mountPath: AGENT_PATH.credentials, readOnly: true },
};

/** How the agent mounts these volumes. */
export function agentMounts(volumes: readonly AgentVolume[]): VolumeMount[] {
  return volumes.flatMap(({ name }) => MOUNTS[name] ?? []);
}

/** How a selected container mounts the files. */
export function filesMount(mountPath: string): VolumeMount {
  return { name: VOLUME.files, mountPath, readOnly: true };
}
