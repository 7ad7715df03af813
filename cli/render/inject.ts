/** One object through admission: the Pod that it is or would make, decided on as in the webhook. */
import { decide, type World } from '../../webhook/admission/decide.ts';
import { readReview, type Decision } from '../../webhook/admission/review.ts';
import { applyPatch } from '../json-patch.ts';
import type { KubernetesObject } from './documents.ts';

export interface Surroundings {
  readonly config: World['config'];
  readonly version: World['version'];
  /** Of objects that name none. */
  readonly namespace: string;
  /** Where Namespaces and ServiceAccounts are looked up. */
  readonly around: readonly KubernetesObject[];
}

export interface Rendered {
  readonly object: KubernetesObject;
  readonly warnings: readonly string[];
  readonly denials: readonly string[];
}

/** Where a Pod template may be. */
const TEMPLATES = [['spec', 'template'], ['spec', 'jobTemplate', 'spec', 'template'], ['template']] as const;

export function injectObject(object: KubernetesObject, surroundings: Surroundings): Rendered {
  const path = templatePath(object);
  if (!path) return { object, warnings: [], denials: [] };
  const namespace = textAt(object, ['metadata', 'namespace']) ?? surroundings.namespace;
  const decision = decideOn(podOf(object, path), namespace, surroundings);
  const called = `${textAt(object, ['kind']) ?? 'object'}/${textAt(object, ['metadata', 'name']) ?? '(generated)'}`;
  const said = (text: string) => `${called}: ${text}`;
  const denials = decision.kind === 'deny' || decision.kind === 'fail' ? [said(decision.message)] : [];
  const warnings = decision.warnings.map(said);
  return { object: decision.kind === 'patch' ? patched(object, path, decision) : object, warnings, denials };
}

/** Path of the Pod in the object; empty: it is one itself. */
function templatePath(object: KubernetesObject): readonly string[] | undefined {
  if (object['kind'] === 'Pod') return [];
  return TEMPLATES.find((path) => Array.isArray(valueAt(object, [...path, 'spec', 'containers'])));
}

/** As the API server shows it: annotations in alphabetical order, no name where a controller generates one. */
function podOf(object: KubernetesObject, path: readonly string[]): KubernetesObject {
  const template = valueAt(object, path) as KubernetesObject;
  const metadata = (template['metadata'] ?? {}) as KubernetesObject;
  const name = path.length === 0 ? metadata['name'] : firstReplica(object);
  const annotations = sorted(metadata['annotations']);
  return { ...template, metadata: { ...metadata, name, annotations } };
}

/** The Pods of a StatefulSet have names that are known before. */
function firstReplica(object: KubernetesObject): string | undefined {
  const name = textAt(object, ['metadata', 'name']);
  return object['kind'] === 'StatefulSet' && name !== undefined ? `${name}-0` : undefined;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function decideOn(pod: KubernetesObject, namespace: string, { config, version, around }: Surroundings): Decision {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const request = { uid: 'render', kind, namespace, operation: 'CREATE', object: pod };
  const review = readReview({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
  const account = textAt(pod, ['spec', 'serviceAccountName']) ?? 'default';
  return decide(review, {
    config,
    version,
    namespaceAnnotations: annotationsOf(around.find((o) => o['kind'] === 'Namespace' && nameOf(o) === namespace)),
    serviceAccountAnnotations: annotationsOf(
      around.find((o) => o['kind'] === 'ServiceAccount' && nameOf(o) === account && isIn(o, namespace)),
    ),
  });
}

function isIn(object: KubernetesObject, namespace: string): boolean {
  return (textAt(object, ['metadata', 'namespace']) ?? namespace) === namespace;
}

function nameOf(object: KubernetesObject): string | undefined {
  return textAt(object, ['metadata', 'name']);
}

function annotationsOf(object: KubernetesObject | undefined): Record<string, string> {
  const annotations = valueAt(object, ['metadata', 'annotations']);
  return typeof annotations === 'object' && annotations !== null ? (annotations as Record<string, string>) : {};
}

function patched(object: KubernetesObject, path: readonly string[], decision: Extract<Decision, { kind: 'patch' }>) {
  const prefix = path.map((segment) => `/${segment}`).join('');
  const operations = decision.operations.map((operation) => ({ ...operation, path: prefix + operation.path }));
  return applyPatch(object, operations);
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  const found = valueAt(value, path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    value,
  );
}
