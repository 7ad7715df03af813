import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUSYBOX_IMAGE } from './images.ts';
import { installWebhook } from './install.ts';
import type { Kubectl } from './kubectl.ts';
import { useCluster } from './use.ts';

const NAMESPACE = 'line';

/** What the agent's image has anyway plays the secret: this needs no store's server. */
const FILE_ROOT = '/etc';
const REFERENCE = 'file:nsswitch.conf';

let kubectl: Kubectl;

beforeAll(async () => {
  const cluster = await useCluster();
  await installWebhook(cluster.kubectl, { backends: ['file'], file: { root: FILE_ROOT } });
  await cluster.kubectl.apply([restrictedNamespace]);
  kubectl = cluster.kubectl.in(NAMESPACE);
});

afterAll(async () => {
  await kubectl.delete(`namespace/${NAMESPACE}`);
});

describe('an annotated Pod on a real cluster', () => {
  it('reads its secret from a file, in a namespace that enforces "restricted"', async () => {
    await kubectl.apply([pod('reader', { 'secrets.inject/file.password': REFERENCE })]);
    await kubectl.waitFor('pod/reader', 'condition=Ready');
    expect(await kubectl.logs('reader', 'app')).toBe('hosts: files dns\n');
  });

  it('is refused with the reason when its annotations make no sense', async () => {
    const refused = await kubectl.tryApply([pod('slip', { 'secrets.inject/file.password': 'fil:x' })]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('secrets.inject/file.password');
    expect(refused.stderr).toContain('"file:"');
  });

  it('is left alone without annotations of ours', async () => {
    await kubectl.apply([pod('plain', {})]);
    const { spec } = await kubectl.get<{ spec: { initContainers?: unknown } }>('pod', 'plain');
    expect(spec.initContainers).toBeUndefined();
  });
});

const restrictedNamespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

function pod(name: string, annotations: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations },
    spec: {
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'app',
          image: BUSYBOX_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', 'cat /secrets/password; exec sleep 1000000'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
