/** Pods, and what a decision makes of them. */
import jsonpatch from 'fast-json-patch';
import { decide, type World } from '../../webhook/admission/decide.ts';
import { readReview, type Decision } from '../../webhook/admission/review.ts';
import { parseConfig } from '../../webhook/config.ts';

export type Json = Record<string, unknown>;

export const CONFIG = parseConfig(
  `
agent: { image: registry.example/agent:1 }
backends: [vault, aws-secrets-manager, file]
vault:
  addresses:
    - { url: 'https://vault.vault:8200', ca: PEM }
    - { url: 'https://vault.other:8200', role: everybody, authPath: other }
  address: https://vault.vault:8200
aws: { endpoints: [{ url: 'https://vpce.example:443' }] }
file: { root: /secrets-source }
`,
  {},
);

export const WORLD: World = {
  config: CONFIG,
  version: { major: 1, minor: 35 },
  namespaceAnnotations: {},
  serviceAccountAnnotations: {},
};

/** One file from Vault. */
export const ASKS = { 'secrets.inject/file.password': 'vault:secret/db#password', 'secrets.inject/vault.role': 'web' };

/** @param annotations as they are written; @param spec over one container `app` */
export function podWith(annotations: Record<string, string> | undefined, spec: Json = {}): Json {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'web-', ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
}

export function reviewOf(pod: unknown, changes: Json = {}): Json {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const request = { uid: 'u-1', kind, namespace: 'shop', operation: 'CREATE', object: pod, ...changes };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}

export function decideOn(pod: unknown, world: Partial<World> = {}): Decision {
  return decide(readReview(reviewOf(pod)), { ...WORLD, ...world });
}

/** The Pod after its patch, applied by another library. @throws where it is refused */
export function injected(pod: Json, world: Partial<World> = {}): Json {
  const decision = decideOn(pod, world);
  if (decision.kind === 'allow') return pod;
  if (decision.kind !== 'patch') throw new Error(decision.message);
  return apply(pod, decision);
}

function apply(pod: Json, { operations }: Extract<Decision, { kind: 'patch' }>): Json {
  // The library writes into what it is given.
  const copies = structuredClone({ pod, operations: [...operations] });
  return jsonpatch.applyPatch(copies.pod, copies.operations, true).newDocument;
}

/** The message of a denial; empty where it is none. */
export function denial(pod: unknown, world: Partial<World> = {}): string {
  const decision = decideOn(pod, world);
  return decision.kind === 'deny' ? decision.message : '';
}

interface Listed {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** A member of one of the Pod's lists by its name. */
export function named(pod: Json, list: 'containers' | 'initContainers' | 'volumes', name: string): Listed | undefined {
  return namesIn(pod, list).find((item) => item.name === name);
}

export function namesIn(pod: Json, list: 'containers' | 'initContainers' | 'volumes'): readonly Listed[] {
  return ((pod['spec'] as Json)[list] ?? []) as Listed[];
}
