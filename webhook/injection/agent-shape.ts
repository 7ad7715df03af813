/** How the agent stands in this Pod: one native sidecar, one init container, or an init container and a sidecar. */
import { PREFIX } from '../../contract/layout.ts';
import type { Settings } from '../../contract/annotations.ts';
import type { Pod } from './pod.ts';
import type { Tell } from './problems.ts';

export interface KubernetesVersion {
  readonly major: number;
  readonly minor: number;
}

export interface AgentShape {
  readonly kind: 'native' | 'init-and-sidecar' | 'init-only';
  readonly gate: 'hook' | 'probe';
  readonly initTimeoutMs: number;
}

/** Native sidecars are on by default from here on, and their kubelets may be three minor releases older. */
const NATIVE_BY_DEFAULT = { major: 1, minor: 33 };
/** The first release with native sidecars that need no feature gate. */
const NATIVE_AT_ALL = { major: 1, minor: 29 };

/** With the hook nothing can delete the Pod before it ends. */
const HOOK_TIMEOUT_MS = 20_000;
const PATIENT_TIMEOUT_MS = 120_000;

export function agentShape(pod: Pod, settings: Settings, version: KubernetesVersion, tell: Tell): AgentShape {
  const kind = shapeKind(pod, settings, version);
  const gate = settings['start-gate'];
  const blocksDeletion = kind === 'native' && gate === 'hook';
  const initTimeoutMs = settings['init-timeout'] ?? (blocksDeletion ? HOOK_TIMEOUT_MS : PATIENT_TIMEOUT_MS);
  if (settings['native-sidecar'] === 'always' && !atLeast(version, NATIVE_AT_ALL))
    tell(
      `${PREFIX}native-sidecar`,
      `native sidecars need Kubernetes 1.29, this is ${version.major}.${version.minor}: use "auto" or "never"`,
    );
  return { kind, gate, initTimeoutMs };
}

function shapeKind(pod: Pod, settings: Settings, version: KubernetesVersion): AgentShape['kind'] {
  if (settings.mode === 'once') return 'init-only';
  const wish = settings['native-sidecar'];
  if (wish === 'always' || (wish === 'auto' && atLeast(version, NATIVE_BY_DEFAULT))) return 'native';
  return pod.spec.restartPolicy === 'Always' ? 'init-and-sidecar' : 'init-only';
}

function atLeast(version: KubernetesVersion, wanted: KubernetesVersion): boolean {
  return version.major > wanted.major || (version.major === wanted.major && version.minor >= wanted.minor);
}
