/** Names of ours in a Pod: what an earlier call put there, and what somebody else has taken. */
import { CONFIG_VARIABLE, CONTAINER, VOLUME } from '../../contract/layout.ts';
import { placedContainers, type Container, type Placed, type Pod, type VolumeMount } from './pod.ts';
import type { Tell } from './problems.ts';

const CONTAINER_NAMES: ReadonlySet<string> = new Set(Object.values(CONTAINER));
const VOLUME_NAMES: ReadonlySet<string> = new Set(Object.values(VOLUME));

/** A Pod, taken apart into what is ours and what is the app's. */
export interface Parts {
  /** Every container but ours, init containers first. */
  readonly app: readonly Placed[];
  readonly agents: readonly Placed[];
}

export function takeApart(pod: Pod): Parts {
  const placed = placedContainers(pod);
  return {
    app: placed.filter(({ container }) => !CONTAINER_NAMES.has(container.name)),
    agents: placed.filter(({ container }) => CONTAINER_NAMES.has(container.name)),
  };
}

/** A container that an earlier call made, by this release or another: it carries our message. */
export function isAgent(container: Container): boolean {
  return (
    container.env?.some((variable) => variable.name === CONFIG_VARIABLE && typeof variable.value === 'string') ?? false
  );
}

export function isOurVolume(name: string): boolean {
  return VOLUME_NAMES.has(name);
}

/**
 * Tells of containers with a name of ours that are not ours, and of the app's that name a volume of ours.
 * @param mountPath where an earlier call has mounted the files; absent: unknown
 */
export function tellStrangers(pod: Pod, parts: Parts, mountPath: string | undefined, tell: Tell): void {
  for (const { container } of parts.agents)
    if (!isAgent(container))
      tell(`container ${container.name}`, 'has a name that is kept for the agent: give it another one');
  const injected = parts.agents.some(({ container }) => isAgent(container));
  for (const { container } of parts.app) tellNamedVolumes(container, injected, mountPath, tell);
  for (const container of pod.spec.ephemeralContainers ?? []) tellNamedVolumes(container, false, undefined, tell);
}

function tellNamedVolumes(container: Container, injected: boolean, mountPath: string | undefined, tell: Tell): void {
  const check = (field: string, volume: string | null | undefined) => {
    if (typeof volume === 'string' && isOurVolume(volume))
      tell(
        `container ${container.name}`,
        `names ${volume} in ${field}, a volume that is the agent's own: remove that, the files come by themselves`,
      );
  };
  for (const mount of container.volumeMounts ?? [])
    if (!injected || !isFilesMount(mount, mountPath)) check('volumeMounts', mount.name);
  for (const device of container.volumeDevices ?? []) check('volumeDevices', device.name);
  for (const variable of container.env ?? []) check('fileKeyRef', variable.valueFrom?.fileKeyRef?.volumeName);
}

/** Exactly the mount that we make. */
export function isFilesMount(mount: VolumeMount, mountPath = mount.mountPath): boolean {
  const whole = !mount.subPath && !mount.subPathExpr && mount.readOnly === true;
  return whole && mount.name === VOLUME.files && mount.mountPath === mountPath;
}
