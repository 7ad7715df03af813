/** What injection knows of a Pod: nothing else of it can change a decision, or is touched by one. */

export interface Pod {
  readonly metadata: {
    readonly name?: string | undefined;
    readonly labels: Readonly<Record<string, string>>;
    /** Ours alone. */
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[] | undefined;
    readonly ephemeralContainers?: readonly Container[] | undefined;
    readonly volumes?: readonly Volume[] | undefined;
    readonly runAsUser?: number | undefined;
    readonly fsGroup?: number | undefined;
    readonly serviceAccount: string;
    readonly restartPolicy: string;
    readonly hostNetwork: boolean;
    readonly shareProcessNamespace: boolean;
    readonly os?: string | undefined;
  };
}

export interface Container {
  readonly name: string;
  readonly volumeMounts?: readonly VolumeMount[] | undefined;
  /** Volumes that it names elsewhere, by the field that does. */
  readonly volumes?: readonly NamedVolume[] | undefined;
  readonly runAsUser?: number | undefined;
  readonly requests?: Quantities | undefined;
  readonly limits?: Quantities | undefined;
  /** The container as it is, where its name is one of ours. */
  readonly agent?: Readonly<Record<string, unknown>> | undefined;
}

export interface NamedVolume {
  readonly field: 'volumeDevices' | 'fileKeyRef';
  readonly name: string;
}

export interface Quantities {
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
  readonly subPathExpr?: string;
}

export interface Volume {
  /** Empty where it is none of ours. */
  readonly name: string;
  /** The volume as it is, where its name is one of ours. */
  readonly ours?: Readonly<Record<string, unknown>> | undefined;
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
  return container.runAsUser ?? pod.spec.runAsUser;
}
