/** Names of ours in a Pod: what an earlier call put there, and what somebody else has taken. */
import { CONFIG_VARIABLE, VOLUME } from '../../contract/layout.ts';
import { isAgentName, isOurVolume } from './names.ts';
import { placedContainers, type Container, type Placed, type Pod, type VolumeMount } from './pod.ts';
import type { Tell } from './problems.ts';

/** A Pod, taken apart into what is ours and what is the app's. */
export interface Parts {
  /** Every container but ours, init containers first. */
  readonly app: readonly Placed[];
  readonly agents: readonly Placed[];
}

export function takeApart(pod: Pod): Parts {
  const placed = placedContainers(pod);
  return {
    app: placed.filter(({ container }) => !isAgentName(container.name)),
    agents: placed.filter(({ container }) => isAgentName(container.name)),
  };
}

/** A container that an earlier call made, by this release or another: it carries our message. */
export function isAgent({ agent }: Container): boolean {
  const env = agent?.['env'];
  return (
    Array.isArray(env) && env.some((variable) => (variable as { name?: unknown } | null)?.name === CONFIG_VARIABLE)
  );
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
  const ofMounts = (container.volumeMounts ?? [])
    .filter((mount) => isOurVolume(mount.name) && !(injected && isFilesMount(mount, mountPath)))
    .map(({ name }) => ({ field: 'volumeMounts', name }));
  for (const { field, name } of [...ofMounts, ...(container.volumes ?? [])])
    tell(
      `container ${container.name}`,
      `names ${name} in ${field}, a volume that is the agent's own: remove that, the files come by themselves`,
    );
}

/** Exactly the mount that we make. */
export function isFilesMount(mount: VolumeMount, mountPath = mount.mountPath): boolean {
  const whole = !mount.subPath && !mount.subPathExpr && mount.readOnly === true;
  return whole && mount.name === VOLUME.files && mount.mountPath === mountPath;
}
