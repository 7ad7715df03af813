/** The agent's containers, as Kubernetes objects. They pass the Pod Security Standard `restricted`. */
import { encodeAgentConfig, type AgentConfig } from '../../contract/agent-config.ts';
import { AGENT_PATH, CONTAINER, VOLUME } from '../../contract/layout.ts';
import type { WebhookConfig } from '../config.ts';
import type { AgentShape } from './agent-shape.ts';
import type { AgentUser } from './readers.ts';
import type { Resources } from './resources.ts';
import type { VolumeMount } from './pod.ts';

export interface AgentParts {
  readonly shape: AgentShape;
  readonly message: AgentConfig;
  readonly agent: WebhookConfig['agent'];
  readonly user: AgentUser;
  readonly resources: Resources;
  readonly mounts: readonly VolumeMount[];
}

/** A container in the form in which it goes into a patch. */
export interface AgentContainer {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Longer than the agent's own deadline, so that its reason is told and not the hook's; still under 30 s. */
const HOOK_GRACE_S = 3;
const PROBE_GRACE_S = 30;

/** Where the ServiceAccount plugin would mount a token for the API server: something is there already. */
const API_TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const NOTHING: VolumeMount = { name: VOLUME.state, mountPath: API_TOKEN_PATH, subPath: 'no-api-token', readOnly: true };

const SECURITY = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** The init container: a native sidecar where the Pod has one. */
export function initContainer(parts: AgentParts): AgentContainer {
  if (parts.shape.kind !== 'native') return agentContainer(parts, CONTAINER.init, 'init');
  return { ...stayingContainer(parts), restartPolicy: 'Always', ...startGate(parts.shape) };
}

/** The ordinary sidecar, where there is one. */
export function sidecarContainer(parts: AgentParts): AgentContainer | undefined {
  return parts.shape.kind === 'init-and-sidecar' ? stayingContainer(parts) : undefined;
}

function stayingContainer(parts: AgentParts): AgentContainer {
  const { port } = parts.message;
  const ports = port === 0 ? {} : { ports: [{ name: 'inject-metrics', containerPort: port, protocol: 'TCP' }] };
  return { ...agentContainer(parts, CONTAINER.sidecar, 'refresh'), ...ports };
}

function agentContainer(parts: AgentParts, name: string, verb: 'init' | 'refresh'): AgentContainer {
  return {
    name,
    image: parts.agent.image,
    imagePullPolicy: parts.agent.imagePullPolicy,
    args: [verb],
    env: encodeAgentConfig(parts.message),
    resources: parts.resources,
    securityContext: { ...SECURITY, runAsUser: parts.user.uid, runAsGroup: parts.user.gid },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [...parts.mounts, NOTHING],
  };
}

/** What holds back the containers after a native sidecar until the first set of files is in place. */
function startGate({ gate, initTimeoutMs }: AgentShape): Record<string, unknown> {
  const seconds = Math.ceil(initTimeoutMs / 1000);
  if (gate === 'hook') return { lifecycle: { postStart: waitForReady(seconds + HOOK_GRACE_S) } };
  const patience = { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: seconds + PROBE_GRACE_S };
  return { startupProbe: { ...waitForReady(0), ...patience } };
}

function waitForReady(seconds: number) {
  return { exec: { command: [AGENT_PATH.launcher, 'wait', AGENT_PATH.ready, String(seconds)] } };
}
