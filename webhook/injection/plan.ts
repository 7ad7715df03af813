/** What a Pod becomes: the agent's containers and volumes, and the mounts of the app. */
import { AGENT_CONFIG_VERSION, type AgentConfig } from '../../contract/agent-config.ts';
import type { InjectionRequest } from '../../contract/request.ts';
import type { WebhookConfig } from '../config.ts';
import { agentShape, type AgentShape, type KubernetesVersion } from './agent-shape.ts';
import { initContainer, sidecarContainer, type AgentContainer } from './containers.ts';
import type { Parts } from './ours.ts';
import type { Placed, Pod, VolumeMount } from './pod.ts';
import type { Tell } from './problems.ts';
import { agentUser, fileModes, type ModeOf } from './readers.ts';
import { agentResources } from './resources.ts';
import type { PodIdentity, StoreContext, TokenRequest } from './stores/identity.ts';
import { resolveStores } from './stores/stores.ts';
import { findTargets } from './targets.ts';
import { agentMounts, agentVolumes, filesMount, type AgentVolume } from './volumes.ts';

export interface PlanInput {
  readonly pod: Pod;
  readonly parts: Parts;
  readonly request: InjectionRequest;
  readonly config: WebhookConfig;
  readonly version: KubernetesVersion;
  readonly identity: PodIdentity;
}

export interface Plan {
  /** Native sidecar or plain init container. */
  readonly init: AgentContainer;
  /** Ordinary sidecar, where there is one. */
  readonly sidecar?: AgentContainer;
  readonly order: 'first' | 'last';
  readonly volumes: readonly AgentVolume[];
  /** Containers that get the files, and how they mount them. */
  readonly targets: readonly Placed[];
  readonly mount: VolumeMount;
}

/** Tells every problem; then the plan is of no use. */
export function planInjection(input: PlanInput, tell: Tell): Plan {
  const { pod, parts, request, config } = input;
  const { settings } = request;
  const shape = agentShape(pod, settings, input.version, tell);
  const targets = findTargets(parts, settings, config.skipContainers, tell);
  const tokens: TokenRequest[] = [];
  const stores = resolveStores(request, { config, identity: input.identity, tokens, tell } satisfies StoreContext);
  const volumes = agentVolumes(tokens, settings['credentials-secret']);
  const keepsSecrets = tokens.length > 0 || settings['credentials-secret'] !== undefined;
  const user = agentUser(pod, parts, targets, keepsSecrets, tell);
  const message = agentMessage(input, shape, stores, fileModes(pod, targets, user, settings, tell));
  const resources = agentResources(parts, settings, config.agent.resources, tell);
  const agent = { shape, message, agent: config.agent, user, resources, mounts: agentMounts(volumes) };
  const sidecar = sidecarContainer(agent);
  const mount = filesMount(settings['mount-path']);
  return { init: initContainer(agent), ...(sidecar && { sidecar }), order: settings.order, volumes, targets, mount };
}

function agentMessage(
  { pod, request: { settings, files }, config, identity }: PlanInput,
  shape: AgentShape,
  stores: AgentConfig['stores'],
  modeOf: ModeOf,
): AgentConfig {
  return {
    version: AGENT_CONFIG_VERSION,
    namespace: identity.namespace,
    mode: shape.kind === 'init-only' ? 'once' : 'refresh',
    refreshIntervalMs: settings['refresh-interval'],
    initTimeoutMs: shape.initTimeoutMs,
    logLevel: settings['log-level'] ?? config.agent.logLevel,
    port: pod.spec.hostNetwork ? 0 : config.agent.port,
    nameLabels: config.agent.nameLabels,
    stores,
    files: files.map((file) => ({ path: file.path, mode: modeOf(file), value: file.value })),
  };
}
