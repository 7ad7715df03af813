/** What injection reads of a Pod. Everything else of it is unknown here, and stays as it is. */
import { BadInput } from '../json.ts';

type Maybe<T> = T | null | undefined;

export interface Pod {
  readonly metadata: {
    readonly name?: Maybe<string>;
    readonly labels?: Maybe<Readonly<Record<string, string>>>;
    readonly annotations?: Maybe<Readonly<Record<string, string>>>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: Maybe<readonly Container[]>;
    readonly ephemeralContainers?: Maybe<readonly Container[]>;
    readonly volumes?: Maybe<readonly Volume[]>;
    readonly securityContext?: Maybe<{ readonly runAsUser?: Maybe<number>; readonly fsGroup?: Maybe<number> }>;
    readonly serviceAccountName?: Maybe<string>;
    readonly restartPolicy?: Maybe<string>;
    readonly hostNetwork?: Maybe<boolean>;
    readonly shareProcessNamespace?: Maybe<boolean>;
    readonly os?: Maybe<{ readonly name?: Maybe<string> }>;
  };
}

export interface Container {
  readonly name: string;
  readonly env?: Maybe<readonly EnvironmentVariable[]>;
  readonly volumeMounts?: Maybe<readonly VolumeMount[]>;
  readonly volumeDevices?: Maybe<readonly { readonly name: string }[]>;
  readonly securityContext?: Maybe<{ readonly runAsUser?: Maybe<number>; readonly runAsGroup?: Maybe<number> }>;
  readonly resources?: Maybe<{ readonly requests?: Maybe<Quantities>; readonly limits?: Maybe<Quantities> }>;
}

export type Quantities = Readonly<Record<string, string | number>>;

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: Maybe<string>;
  readonly valueFrom?: Maybe<{ readonly fileKeyRef?: Maybe<{ readonly volumeName?: Maybe<string> }> }>;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: Maybe<boolean>;
  readonly subPath?: Maybe<string>;
  readonly subPathExpr?: Maybe<string>;
}

export interface Volume {
  readonly name: string;
}

export type ContainerList = 'containers' | 'initContainers';

/** A container and where it stands. */
export interface Placed {
  readonly list: ContainerList;
  readonly index: number;
  readonly container: Container;
}

export function placedContainers(pod: Pod): Placed[] {
  const place = (list: ContainerList) =>
    (pod.spec[list] ?? []).map((container, index) => ({ list, index, container }) satisfies Placed);
  return [...place('initContainers'), ...place('containers')];
}

/** The uid that a container surely runs as. */
export function runAsUser(pod: Pod, container: Container): number | undefined {
  return container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser ?? undefined;
}

/** @throws BadInput where a part that is read here has another shape than Kubernetes gives it */
export function readPod(object: unknown): Pod {
  const pod = expectMap(object, 'the Pod');
  const metadata = expectMap(pod['metadata'], 'metadata');
  for (const key of ['labels', 'annotations']) expectStrings(metadata[key], `metadata.${key}`);
  const spec = expectMap(pod['spec'], 'spec');
  if (!Array.isArray(spec['containers'])) throw shapeError('spec.containers', 'a list');
  for (const key of ['containers', 'initContainers', 'ephemeralContainers'])
    for (const container of expectNamed(spec[key], `spec.${key}`)) expectContainer(container, `spec.${key}`);
  expectNamed(spec['volumes'], 'spec.volumes');
  expectMapOrNothing(spec['securityContext'], 'spec.securityContext');
  return object as Pod;
}

function expectContainer(container: Record<string, unknown>, path: string): void {
  for (const variable of expectNamed(container['env'], `${path}[].env`)) {
    const source = expectMapOrNothing(variable['valueFrom'], `${path}[].env[].valueFrom`);
    expectMapOrNothing(source?.['fileKeyRef'], `${path}[].env[].valueFrom.fileKeyRef`);
  }
  for (const mount of expectNamed(container['volumeMounts'], `${path}[].volumeMounts`))
    if (typeof mount['mountPath'] !== 'string') throw shapeError(`${path}[].volumeMounts[].mountPath`, 'text');
  expectNamed(container['volumeDevices'], `${path}[].volumeDevices`);
  expectMapOrNothing(container['securityContext'], `${path}[].securityContext`);
  const resources = expectMapOrNothing(container['resources'], `${path}[].resources`);
  for (const key of ['requests', 'limits']) expectMapOrNothing(resources?.[key], `${path}[].resources.${key}`);
}

function expectNamed(value: unknown, path: string): Record<string, unknown>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw shapeError(path, 'a list');
  for (const item of value as unknown[])
    if (typeof expectMap(item, `${path}[]`)['name'] !== 'string') throw shapeError(`${path}[].name`, 'text');
  return value as Record<string, unknown>[];
}

function expectStrings(value: unknown, path: string): void {
  for (const item of Object.values(expectMapOrNothing(value, path) ?? {}))
    if (typeof item !== 'string') throw shapeError(`each of ${path}`, 'text (in YAML: put it in quotes)');
}

function expectMapOrNothing(value: unknown, path: string): Record<string, unknown> | undefined {
  return value === undefined || value === null ? undefined : expectMap(value, path);
}

function expectMap(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw shapeError(path, 'a map');
  return value as Record<string, unknown>;
}

function shapeError(path: string, expected: string): BadInput {
  return new BadInput(`the Pod is malformed: ${path} must be ${expected}`);
}
