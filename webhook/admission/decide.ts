/** From a review to a decision. Synchronous, and the same for the same input. */
import { PREFIX } from '../../contract/layout.ts';
import { readPod } from '../injection/read-pod.ts';
import { BadInput } from '../json.ts';
import { judge, type World } from './judge.ts';
import { remembered } from './memory.ts';
import type { Decision, ReviewRequest } from './review.ts';

export type { World } from './judge.ts';

const MIRROR = 'kubernetes.io/config.mirror';

/** Whether anything of this Pod has to be looked at; if not, `World` need not be known. */
export function asksForSecrets({ creates, object }: ReviewRequest): boolean {
  const annotations = annotationsOf(object);
  if (!creates || !annotations || Object.hasOwn(annotations, MIRROR)) return false;
  for (const key in annotations) if (key.startsWith(PREFIX)) return true;
  return false;
}

/** The ServiceAccount that the Pod runs as. */
export function serviceAccountOf({ object }: ReviewRequest): string {
  const spec = object['spec'] as { serviceAccountName?: unknown } | null | undefined;
  return typeof spec?.serviceAccountName === 'string' && spec.serviceAccountName ? spec.serviceAccountName : 'default';
}

/** Never throws: what goes wrong refuses the Pod whole. */
export function decide(request: ReviewRequest, world: World): Decision {
  if (!asksForSecrets(request)) return { kind: 'allow', warnings: [] };
  try {
    const { namespace, object } = request;
    const pod = readPod(object);
    const { config, version, namespaceAnnotations, serviceAccountAnnotations } = world;
    const key = JSON.stringify([pod, namespace, version, namespaceAnnotations, serviceAccountAnnotations]);
    return remembered(config, key, () => judge(pod, namespace, world));
  } catch (error) {
    if (error instanceof BadInput) return { kind: 'deny', message: error.message, problems: 1, warnings: [] };
    const message = 'secrets-inject: an unexpected error, told in the log of the webhook; please report it';
    return { kind: 'fail', message, error, warnings: [] };
  }
}

function annotationsOf({ metadata }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const annotations = (metadata as { annotations?: unknown } | null | undefined)?.annotations;
  return typeof annotations === 'object' && annotations !== null ? (annotations as Record<string, unknown>) : undefined;
}
