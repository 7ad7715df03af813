/** Pods that the agent cannot serve, whatever they ask. */
import type { WebhookConfig } from '../config.ts';
import type { Pod } from './pod.ts';
import type { Tell } from './problems.ts';

export function tellUnsuitable({ spec }: Pod, { allowHostNetwork }: WebhookConfig, tell: Tell): void {
  if (spec.hostNetwork && !allowHostNetwork)
    tell(
      'spec.hostNetwork',
      "Pods on the node's network get no secrets here: use the Pod network, or ask the operator for allowHostNetwork",
    );
  if (spec.os === 'windows') tell('spec.os', 'the agent runs on Linux nodes only');
}
