/** What the tests put on the cluster. Every Pod meets the "restricted" standard, so that injection is seen to keep it. */
import { BUSYBOX_IMAGE } from './images.ts';

export function restrictedNamespace(name: string) {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export interface PodOptions {
  /** A script for the app's shell; it then sleeps. */
  readonly script?: string;
  readonly spec?: object;
}

/** A Pod with one container, `app`. @param annotations keys without our prefix. */
export function pod(name: string, annotations: Readonly<Record<string, string>>, options: PodOptions = {}) {
  const ours = Object.entries(annotations).map(([key, value]) => [`secrets.inject/${key}`, value]);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations: Object.fromEntries(ours) as Record<string, string> },
    spec: {
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container('app', options.script)],
      ...options.spec,
    },
  };
}

/** @param script for its shell; it then sleeps. @param security more of its security context. */
export function container(name: string, script = '', security: object = {}) {
  return {
    name,
    image: BUSYBOX_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', `${script}\nexec sleep 1000000`],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, ...security },
  };
}
