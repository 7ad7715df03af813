import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installWebhook } from './install.ts';
import type { Kubectl } from './kubectl.ts';
import { pod, restrictedNamespace } from './pods.ts';
import { useCluster } from './use.ts';

const NAMESPACE = 'line';

/** What the agent's image has anyway plays the secret: this needs no store's server. */
const FILE_ROOT = '/etc';
const REFERENCE = 'file:nsswitch.conf';

let kubectl: Kubectl;

beforeAll(async () => {
  const cluster = await useCluster();
  await installWebhook(cluster, { backends: ['file'], file: { root: FILE_ROOT } });
  await cluster.kubectl.apply([restrictedNamespace(NAMESPACE)]);
  kubectl = cluster.kubectl.in(NAMESPACE);
});

afterAll(async () => {
  await kubectl.delete(`namespace/${NAMESPACE}`);
});

describe('an annotated Pod on a real cluster', () => {
  it('reads its secret from a file, in a namespace that enforces "restricted"', async () => {
    await kubectl.apply([pod('reader', { 'file.password': REFERENCE }, { script: 'cat /secrets/password' })]);
    await kubectl.waitFor('pod/reader', 'condition=Ready');
    expect(await kubectl.logs('reader', 'app')).toBe('hosts: files dns\n');
  });

  it('is refused with the reason when its annotations make no sense', async () => {
    const refused = await kubectl.tryApply([pod('slip', { 'file.password': 'fil:x' })]);
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
