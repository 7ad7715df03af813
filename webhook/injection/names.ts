/** Names that are kept for us. */
import { CONTAINER, VOLUME } from '../../contract/layout.ts';

const CONTAINER_NAMES: ReadonlySet<string> = new Set(Object.values(CONTAINER));
const VOLUME_NAMES: ReadonlySet<string> = new Set(Object.values(VOLUME));

export function isAgentName(name: string): boolean {
  return CONTAINER_NAMES.has(name);
}

export function isOurVolume(name: string): boolean {
  return VOLUME_NAMES.has(name);
}
