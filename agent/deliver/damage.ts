/** Whether the delivered files are still there as they were delivered. */
import type { AgentState, FileState } from '../state.ts';
import { identify } from './volume.ts';

/** Paths of files that are gone or were replaced. */
export function damagedFiles(root: string, { files }: AgentState): Set<string> {
  const found = identify(root, Object.keys(files));
  const isDamaged = ([path, { identity }]: [string, FileState]): boolean =>
    identity === undefined || JSON.stringify(found.get(path)) !== JSON.stringify(identity);
  const damaged = Object.entries(files).filter(isDamaged);
  return new Set(damaged.map(([path]) => path));
}

/** Nothing of the set is left: the volume is a new one. */
export function isLost(root: string, { files }: AgentState): boolean {
  const paths = Object.keys(files);
  return paths.length > 0 && identify(root, paths).size === 0;
}
