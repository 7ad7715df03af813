/** Which containers get the files. */
import { PREFIX, VOLUME } from '../../contract/layout.ts';
import type { Settings } from '../../contract/annotations.ts';
import { isFilesMount, type Parts } from './ours.ts';
import type { Container, Placed } from './pod.ts';
import type { Tell } from './problems.ts';

export function findTargets(
  parts: Parts,
  settings: Settings,
  skipped: readonly string[],
  tell: Tell,
): readonly Placed[] {
  const first = firstInitAfterAgent(parts, settings);
  const tooEarly = (placed: Placed) => placed.list === 'initContainers' && placed.index < first;
  const chosen = settings.containers;
  const targets = chosen
    ? parts.app.filter(({ container }) => chosen.includes(container.name))
    : parts.app.filter((placed) => !tooEarly(placed) && !skipped.includes(placed.container.name));
  for (const placed of targets) {
    if (tooEarly(placed))
      tell(`${PREFIX}containers`, `${placed.container.name} runs before the agent: leave it out, or use order "first"`);
    tellTakenPath(placed.container, settings['mount-path'], tell);
  }
  for (const placed of parts.app)
    if (!targets.includes(placed) && placed.container.volumeMounts?.some((mount) => mount.name === VOLUME.files))
      tell(
        `container ${placed.container.name}`,
        'mounts the files but is not selected: remove the mount, or select it',
      );
  if (targets.length === 0) tell(`${PREFIX}containers`, 'no container would get the files: name at least one');
  return targets;
}

/** Index among init containers from which on they run with the secrets in place. */
function firstInitAfterAgent({ agents, app }: Parts, settings: Settings): number {
  const agent = agents.find(({ list }) => list === 'initContainers');
  if (agent) return agent.index;
  return settings.order === 'first' ? 0 : app.filter(({ list }) => list === 'initContainers').length;
}

function tellTakenPath({ name, volumeMounts }: Container, mountPath: string, tell: Tell): void {
  const taken = volumeMounts?.find((mount) => !isFilesMount(mount, mountPath) && isWithin(mount.mountPath, mountPath));
  if (taken)
    tell(
      `${PREFIX}mount-path`,
      `${mountPath} is taken in container ${name} by its own mount ${taken.mountPath}: choose another path`,
    );
}

/** A mount below a read-only volume cannot be made either. */
function isWithin(path: string, folder: string): boolean {
  return `${path.replace(/\/+$/, '')}/`.startsWith(`${folder}/`);
}

/** The names that annotations may give to containers. */
export function appNames(parts: Parts, list: Placed['list']): string[] {
  return parts.app.filter((placed) => placed.list === list).map(({ container }) => container.name);
}
