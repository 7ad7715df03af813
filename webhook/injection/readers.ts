/** As whom the agent runs, and the modes with which every selected container can read its files. */
import { AGENT_UID, PREFIX } from '../../contract/layout.ts';
import type { FileRequest } from '../../contract/request.ts';
import type { Settings } from '../../contract/annotations.ts';
import type { Parts } from './ours.ts';
import { runAsUser, type Placed, type Pod } from './pod.ts';
import type { Tell } from './problems.ts';

export interface AgentUser {
  readonly uid: number;
  readonly gid: number;
}

/** The one uid, not root, that all these containers surely run as. */
function commonUser(pod: Pod, targets: readonly Placed[]): number | undefined {
  const users = new Set(targets.map(({ container }) => runAsUser(pod, container)));
  const [user] = users;
  return users.size === 1 && user !== undefined && user !== 0 ? user : undefined;
}

/**
 * @param keepsSecrets whether the agent holds tokens or keys: processes of its uid that see its own could take them
 */
export function agentUser(
  pod: Pod,
  parts: Parts,
  targets: readonly Placed[],
  keepsSecrets: boolean,
  tell: Tell,
): AgentUser {
  const own = { uid: AGENT_UID, gid: AGENT_UID };
  if (pod.spec.shareProcessNamespace && keepsSecrets) {
    tellUnsafeNeighbours(pod, parts, tell);
    return own;
  }
  const uid = commonUser(pod, targets);
  return uid === undefined ? own : { uid, gid: AGENT_UID };
}

function tellUnsafeNeighbours(pod: Pod, parts: Parts, tell: Tell): void {
  for (const { container } of parts.app) {
    const uid = runAsUser(pod, container);
    if (uid !== undefined && uid !== 0 && uid !== AGENT_UID) continue;
    const found = uid === undefined ? 'has no known runAsUser' : `runs as uid ${uid}`;
    tell(
      'spec.shareProcessNamespace',
      `container ${container.name} ${found}, and could take the agent's tokens: set its runAsUser to another than 0 and ${AGENT_UID}, or share no processes`,
    );
  }
}

export type ModeOf = (file: FileRequest) => number;

const PROVEN_MODE = 0o440;
const OPEN_MODE = 0o444;

export function fileModes(
  pod: Pod,
  targets: readonly Placed[],
  user: AgentUser,
  settings: Settings,
  tell: Tell,
): ModeOf {
  const sameUser = commonUser(pod, targets) === user.uid;
  const hasGroup = pod.spec.fsGroup !== undefined;
  const readBit = sameUser ? 0o400 : hasGroup ? 0o040 : 0o004;
  const way = 'use 0444, or 0440 with an fsGroup, or give the selected containers one runAsUser that is not root';
  const checked = (mode: number, where: string): number => {
    if ((mode & readBit) === 0)
      tell(where, `with mode ${octal(mode)} the selected containers cannot surely read it: ${way}`);
    return mode;
  };
  const setting = settings['file-mode'];
  const usual =
    setting === 'auto' ? (sameUser || hasGroup ? PROVEN_MODE : OPEN_MODE) : checked(setting, `${PREFIX}file-mode`);
  return (file) => (file.mode === undefined ? usual : checked(file.mode, `${PREFIX}file-mode.${file.path}`));
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
