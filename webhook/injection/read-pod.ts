/** From a Pod as it was sent to the part of it that injection knows. */
import { PREFIX } from '../../contract/layout.ts';
import { isAgentName, isOurVolume } from './names.ts';
import type { Container, NamedVolume, Pod, Quantities, Volume, VolumeMount } from './pod.ts';
import { flagIn, listIn, mapIn, numberIn, textIn, textsIn, type Fields } from './shape.ts';

/** @throws BadInput where a part that is read has another shape than Kubernetes gives it */
export function readPod(object: Fields): Pod {
  const metadata = mapIn(object, 'metadata') ?? {};
  const spec = mapIn(object, 'spec') ?? {};
  const security = mapIn(spec, 'securityContext');
  return {
    metadata: {
      name: textIn(metadata, 'name'),
      labels: textsIn(metadata, 'labels'),
      annotations: ownIn(textsIn(metadata, 'annotations')),
    },
    spec: {
      containers: listIn(spec, 'containers', true)?.map(readContainer) ?? [],
      initContainers: listIn(spec, 'initContainers')?.map(readContainer),
      ephemeralContainers: listIn(spec, 'ephemeralContainers')?.map(readContainer),
      volumes: listIn(spec, 'volumes')?.map(readVolume),
      runAsUser: numberIn(security, 'runAsUser'),
      fsGroup: numberIn(security, 'fsGroup'),
      serviceAccount: textIn(spec, 'serviceAccountName') ?? 'default',
      restartPolicy: textIn(spec, 'restartPolicy') ?? 'Always',
      hostNetwork: flagIn(spec, 'hostNetwork'),
      shareProcessNamespace: flagIn(spec, 'shareProcessNamespace'),
      os: textIn(mapIn(spec, 'os'), 'name'),
    },
  };
}

function ownIn(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const own: Record<string, string> = {};
  for (const key in annotations) if (key.startsWith(PREFIX)) own[key] = annotations[key] ?? '';
  return own;
}

function readContainer(container: Fields): Container {
  const name = textIn(container, 'name', true) ?? '';
  const resources = mapIn(container, 'resources');
  const volumes = namedVolumes(container);
  return {
    name,
    volumeMounts: listIn(container, 'volumeMounts')?.map(readMount),
    volumes: volumes.length > 0 ? volumes : undefined,
    runAsUser: numberIn(mapIn(container, 'securityContext'), 'runAsUser'),
    requests: readQuantities(mapIn(resources, 'requests')),
    limits: readQuantities(mapIn(resources, 'limits')),
    agent: isAgentName(name) ? container : undefined,
  };
}

/** Only volumes of ours matter: a name that is made up for each Pod would make every Pod another one. */
function readMount(mount: Fields): VolumeMount {
  const mountPath = textIn(mount, 'mountPath', true) ?? '';
  const name = textIn(mount, 'name', true) ?? '';
  if (!isOurVolume(name)) return { name: '', mountPath };
  const subPath = textIn(mount, 'subPath') ?? '';
  return {
    name,
    mountPath,
    readOnly: flagIn(mount, 'readOnly'),
    subPath,
    subPathExpr: textIn(mount, 'subPathExpr') ?? '',
  };
}

function namedVolumes(container: Fields): NamedVolume[] {
  const found: NamedVolume[] = [];
  for (const device of listIn(container, 'volumeDevices') ?? []) note(found, 'volumeDevices', textIn(device, 'name'));
  for (const variable of listIn(container, 'env') ?? []) {
    const source = mapIn(variable, 'valueFrom');
    if (source) note(found, 'fileKeyRef', textIn(mapIn(source, 'fileKeyRef'), 'volumeName'));
  }
  return found;
}

function note(found: NamedVolume[], field: NamedVolume['field'], name: string | undefined): void {
  if (name !== undefined && isOurVolume(name)) found.push({ field, name });
}

function readVolume(volume: Fields): Volume {
  const name = textIn(volume, 'name', true) ?? '';
  return isOurVolume(name) ? { name, ours: volume } : { name: '' };
}

function readQuantities(amounts: Fields | undefined): Quantities | undefined {
  return amounts && { cpu: quantityIn(amounts, 'cpu'), memory: quantityIn(amounts, 'memory') };
}

/** In a manifest it may be a bare number. */
function quantityIn(amounts: Fields, key: string): string | undefined {
  const value = amounts[key];
  return typeof value === 'number' ? String(value) : textIn(amounts, key);
}
