/** What the demo puts on a cluster: one Namespace with a store and a Pod, both out of the agent's image. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PREFIX } from '../../contract/layout.ts';
import { DemoFailure } from './check.ts';
import { SECRET } from './pod.ts';
import type { StoreOptions } from './store/server.ts';

export const DEMO_NAMESPACE = 'secrets-inject-demo';
export const STORE = 'store';
export const APP = 'web';
export const NODE = '/usr/local/bin/node';

const SOURCES = ['main.ts', 'server.ts', 'token.ts'];
const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};
const SECURITY = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };

export function namespaceObjects(): object[] {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', 'app.kubernetes.io/part-of': DEMO_NAMESPACE };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: DEMO_NAMESPACE, labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(APP) },
  ];
}

/** @param address of the Service: its host is the Service's name, or the cluster address that it is to have */
export function storeObjects(image: string, address: string, options: StoreOptions): object[] {
  const { hostname, port } = new URL(address);
  const clusterIP = /^[\d.]+$/.test(hostname) ? { clusterIP: hostname } : {};
  const stringData = { 'options.json': JSON.stringify(options) };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(STORE), data: sources() },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata(STORE), stringData },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(STORE),
      spec: { ...clusterIP, selector: { app: STORE }, ports: [{ port: Number(port || 80), targetPort: 8200 }] },
    },
    storePod(image),
  ];
}

function storePod(image: string): object {
  const container = {
    ...nodeContainer('store', image, ['/store/main.ts', '/options/options.json', '8200']),
    readinessProbe: { tcpSocket: { port: 8200 }, periodSeconds: 1 },
    volumeMounts: [
      { name: 'store', mountPath: '/store' },
      { name: 'options', mountPath: '/options' },
    ],
  };
  const volumes = [
    { name: 'store', configMap: { name: STORE } },
    { name: 'options', secret: { secretName: STORE } },
  ];
  return pod(STORE, {}, { containers: [container], volumes, automountServiceAccountToken: false });
}

export function appPod(image: string, address: string, role: string): object {
  const annotations = {
    [`${PREFIX}vault.address`]: address,
    [`${PREFIX}vault.role`]: role,
    [`${PREFIX}file.username`]: `vault:${SECRET}#username`,
    [`${PREFIX}file.password`]: `vault:${SECRET}#password`,
    [`${PREFIX}refresh-interval`]: '1s',
  };
  const wait = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => undefined, 1000)";
  return pod(APP, annotations, {
    serviceAccountName: APP,
    containers: [nodeContainer('app', image, ['--eval', wait])],
  });
}

function pod(name: string, annotations: Readonly<Record<string, string>>, spec: object): object {
  const common = { terminationGracePeriodSeconds: 2, securityContext: POD_SECURITY };
  const labels = { app: name };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata(name), labels, annotations },
    spec: { ...common, ...spec },
  };
}

function nodeContainer(name: string, image: string, args: readonly string[]) {
  return { name, image, imagePullPolicy: 'IfNotPresent', command: [NODE, ...args], securityContext: SECURITY };
}

function metadata(name: string) {
  return { name, namespace: DEMO_NAMESPACE };
}

/** The store runs from its sources, as everything here does. */
function sources(): Record<string, string> {
  const folder = join(import.meta.dirname ?? '', 'store');
  try {
    const files = SOURCES.map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
    return { ...Object.fromEntries(files), 'package.json': '{"type":"module"}' };
  } catch {
    throw new DemoFailure('the sources of the store are there: run `npm run demo -- --cluster` in a checkout');
  }
}
