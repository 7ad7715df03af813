/** Names of ours in a Pod: what an earlier call put there, and what somebody else has taken. */
import { CONFIG_VARIABLE, CONTAINER, VOLUME } from '../../contract/layout.ts';
import { placedContainers, type Container, type Placed, type Pod } from './pod.ts';
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
function isAgent(container: Container): boolean {
  return (
    container.env?.some((variable) => variable.name === CONFIG_VARIABLE && typeof variable.value === 'string') ?? false
  );
}

export function isOurVolume(name: string): boolean {
  return VOLUME_NAMES.has(name);
}

/** Tells of containers with a name of ours that are not ours, and of the app's that name a volume of ours. */
export function tellStrangers(pod: Pod, parts: Parts, mountPath: string, tell: Tell): void {
  for (const { container } of parts.agents)
    if (!isAgent(container))
      tell(`container ${container.name}`, 'has a name that is kept for the agent: give it another one');
  const injected = parts.agents.some(({ container }) => isAgent(container));
  const others = [...parts.app.map(({ container }) => container), ...(pod.spec.ephemeralContainers ?? [])];
  for (const container of others)
    for (const [field, volume] of volumesNamedBy(container, injected ? mountPath : undefined))
      tell(
        `container ${container.name}`,
        `names ${volume} in ${field}, a volume that is the agent's own: remove that, the files come by themselves`,
      );
}

/** @param allowed where our own mount is, if we were here before */
function volumesNamedBy(container: Container, allowed: string | undefined): [field: string, volume: string][] {
  const mounts = (container.volumeMounts ?? []).filter(
    (mount) => !(allowed !== undefined && isFilesMount(mount, allowed)),
  );
  const named: [string, string | null | undefined][] = [
    ...mounts.map((mount): [string, string] => ['volumeMounts', mount.name]),
    ...(container.volumeDevices ?? []).map((device): [string, string] => ['volumeDevices', device.name]),
    ...(container.env ?? []).map((variable): [string, string | null | undefined] => [
      'fileKeyRef',
      variable.valueFrom?.fileKeyRef?.volumeName,
    ]),
  ];
  return named.filter((pair): pair is [string, string] => typeof pair[1] === 'string' && isOurVolume(pair[1]));
}

/** Exactly the mount that we make. */
export function isFilesMount(mount: NonNullable<Container['volumeMounts']>[number], mountPath: string): boolean {
  const whole = !mount.subPath && !mount.subPathExpr;
  return whole && mount.name === VOLUME.files && mount.mountPath === mountPath && mount.readOnly === true;
}
