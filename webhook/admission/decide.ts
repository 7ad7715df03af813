/** From one Pod and what is known around it to a decision. Pure and synchronous. */
import { PREFIX } from '../../contract/layout.ts';
import { parse } from '../../contract/parse.ts';
import type { InjectionRequest, PodFacts, Problem } from '../../contract/request.ts';
import { clean } from '../../contract/text.ts';
import type { WebhookConfig } from '../config.ts';
import { BadInput } from '../json.ts';
import type { KubernetesVersion } from '../injection/agent-shape.ts';
import { takeApart, tellStrangers, type Parts } from '../injection/ours.ts';
import { patchFor, type Operation } from '../injection/patch.ts';
import { planInjection } from '../injection/plan.ts';
import { readPod, type Pod } from '../injection/pod.ts';
import type { Tell } from '../injection/problems.ts';
import { tellUnsuitable } from '../injection/suitable.ts';
import { appNames } from '../injection/targets.ts';
import type { Decision, ReviewRequest } from './review.ts';
import { denialMessage } from './denial.ts';

type Annotations = Readonly<Record<string, string>>;

/** What a decision needs besides the Pod. */
export interface World {
  readonly config: WebhookConfig;
  readonly version: KubernetesVersion;
  readonly namespaceAnnotations: Annotations;
  readonly serviceAccountAnnotations: Annotations;
}

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
    return decideOn(readPod(request.object), request, world);
  } catch (error) {
    if (error instanceof BadInput) return { kind: 'deny', message: error.message, problems: 1, warnings: [] };
    const message = 'secrets-inject: an unexpected error, told in the log of the webhook; please report it';
    return { kind: 'fail', message, error, warnings: [] };
  }
}

function decideOn(pod: Pod, request: ReviewRequest, world: World): Decision {
  const parts = takeApart(pod);
  const facts = podFacts(pod, parts, request);
  const { namespaceAnnotations, config } = world;
  const parsed = parse({ pod: facts, namespaceAnnotations, defaults: config.defaults });
  if (parsed.kind === 'skip') return { kind: 'allow', warnings: parsed.warnings.map(warning) };
  const problems: Problem[] = parsed.kind === 'problems' ? [...parsed.problems] : [];
  const tell: Tell = (where, message) => void problems.push({ where, message });
  tellUnsuitable(pod, config, tell);
  tellStrangers(pod, parts, parsed.kind === 'request' ? parsed.request.settings['mount-path'] : undefined, tell);
  const operations = parsed.kind === 'request' ? operationsFor(pod, parts, parsed.request, facts, world, tell) : [];
  const more = parsed.kind === 'problems' ? parsed.more : 0;
  if (problems.length > 0) return { kind: 'deny', ...denialMessage(problems, more), warnings: [] };
  const warnings = parsed.kind === 'request' ? parsed.warnings.map(warning) : [];
  return operations.length > 0 ? { kind: 'patch', operations, warnings } : { kind: 'allow', warnings };
}

function operationsFor(
  pod: Pod,
  parts: Parts,
  request: InjectionRequest,
  { namespace, serviceAccount }: PodFacts,
  { config, version, serviceAccountAnnotations }: World,
  tell: Tell,
): Operation[] {
  const credentialsSecret = request.settings['credentials-secret'];
  const identity = { namespace, serviceAccount, serviceAccountAnnotations, credentialsSecret };
  const plan = planInjection({ pod, parts, request, config, version, identity }, tell);
  return patchFor(pod, parts, plan, tell);
}

function podFacts({ metadata }: Pod, parts: Parts, request: ReviewRequest): PodFacts {
  return {
    namespace: request.namespace,
    ...(metadata.name && { name: metadata.name }),
    serviceAccount: serviceAccountOf(request),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    containers: appNames(parts, 'containers'),
    initContainers: appNames(parts, 'initContainers'),
  };
}

function annotationsOf({ metadata }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const annotations = (metadata as { annotations?: unknown } | null | undefined)?.annotations;
  return typeof annotations === 'object' && annotations !== null ? (annotations as Record<string, unknown>) : undefined;
}

/** The API server drops warnings with control characters and cuts long ones. */
function warning(text: string): string {
  return clean(text, 120);
}
