/** The decision on one Pod that asks for secrets: every problem together, or the patch. Pure. */
import { parse } from '../../contract/parse.ts';
import type { InjectionRequest, ParseResult, PodFacts, Problem } from '../../contract/request.ts';
import { clean } from '../../contract/text.ts';
import type { WebhookConfig } from '../config.ts';
import type { KubernetesVersion } from '../injection/agent-shape.ts';
import { takeApart, tellStrangers, type Parts } from '../injection/ours.ts';
import { patchFor, type Operation } from '../injection/patch.ts';
import { planInjection } from '../injection/plan.ts';
import type { Pod } from '../injection/pod.ts';
import type { Tell } from '../injection/problems.ts';
import { tellUnsuitable } from '../injection/suitable.ts';
import { appNames } from '../injection/targets.ts';
import { denialMessage } from './denial.ts';
import type { Decision } from './review.ts';

type Annotations = Readonly<Record<string, string>>;

/** What a decision needs besides the Pod. */
export interface World {
  readonly config: WebhookConfig;
  readonly version: KubernetesVersion;
  readonly namespaceAnnotations: Annotations;
  readonly serviceAccountAnnotations: Annotations;
}

export function judge(pod: Pod, namespace: string, world: World): Decision {
  const parts = takeApart(pod);
  const facts = podFacts(pod, parts, namespace);
  const { namespaceAnnotations, config } = world;
  const parsed = parse({ pod: facts, namespaceAnnotations, defaults: config.defaults });
  if (parsed.kind === 'skip') return { kind: 'allow', warnings: parsed.warnings.map(warning) };
  const problems: Problem[] = [];
  const operations = inject(
    pod,
    parts,
    parsed,
    facts,
    world,
    (where, message) => void problems.push({ where, message }),
  );
  if (parsed.kind === 'problems') return denied([...parsed.problems, ...problems], parsed.more);
  if (problems.length > 0) return denied(problems, 0);
  const warnings = parsed.warnings.map(warning);
  return operations.length > 0 ? { kind: 'patch', operations, warnings } : { kind: 'allow', warnings };
}

/** Of a Pod whose annotations have problems it still tells what else is wrong. */
function inject(pod: Pod, parts: Parts, parsed: ParseResult, facts: PodFacts, world: World, tell: Tell): Operation[] {
  const request = parsed.kind === 'request' ? parsed.request : undefined;
  tellUnsuitable(pod, world.config, tell);
  tellStrangers(pod, parts, request?.settings['mount-path'], tell);
  return request ? operationsFor(pod, parts, request, facts, world, tell) : [];
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

function podFacts({ metadata, spec }: Pod, parts: Parts, namespace: string): PodFacts {
  const { name, labels, annotations } = metadata;
  return {
    namespace,
    ...(name !== undefined && { name }),
    serviceAccount: spec.serviceAccount,
    labels,
    annotations,
    containers: appNames(parts, 'containers'),
    initContainers: appNames(parts, 'initContainers'),
  };
}

function denied(problems: readonly Problem[], more: number): Decision {
  return { kind: 'deny', ...denialMessage(problems, more), warnings: [] };
}

/** The API server drops warnings with control characters and cuts long ones. */
function warning(text: string): string {
  return clean(text, 120);
}
