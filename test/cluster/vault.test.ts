import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installWebhook } from './install.ts';
import type { Kubectl } from './kubectl.ts';
import { pod, restrictedNamespace } from './pods.ts';
import { until } from './run.ts';
import { useCluster } from './use.ts';
import { allowReading, startClusterVault, type ClusterVault } from './vault-server.ts';

const NAMESPACE = 'vault-line';

let kubectl: Kubectl;
let vault: ClusterVault;

beforeAll(async () => {
  const cluster = await useCluster();
  if (cluster.own === undefined) throw new Error('these tests take Vault away, so they need a cluster of our own');
  vault = await startClusterVault(cluster.own, cluster.kubectl);
  const { address, caPem } = vault;
  await installWebhook(cluster, { vault: { addresses: [{ url: address, ca: caPem }] } });
  await cluster.kubectl.apply([restrictedNamespace(NAMESPACE)]);
  await allowReading(vault.server, 'reader', NAMESPACE, 'default');
  kubectl = cluster.kubectl.in(NAMESPACE);
});

afterAll(async () => {
  await kubectl.delete(`namespace/${NAMESPACE}`);
  await vault.stop();
});

describe('a Pod with a secret from Vault', () => {
  it('has it when the app starts, and again when it changes', async () => {
    await write('first');
    await kubectl.apply([pod('app', annotations, { script: 'cat /secrets/password; echo' })]);
    await kubectl.waitFor('pod/app', 'condition=Ready');
    expect(await kubectl.logs('app', 'app')).toBe('first\n');

    await write('second');
    await follows('second');
  });

  it('keeps the last value while Vault is away, and follows again when it is back', async () => {
    await vault.cut();
    await write('third');
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(await password()).toBe('second');

    await vault.mend();
    await follows('third');
  });
});

const annotations = {
  'file.password': 'vault:secret/db#password',
  'vault.role': 'reader',
  'refresh-interval': '1s',
};

async function write(value: string): Promise<void> {
  await vault.server.api('POST', 'secret/data/db', { data: { password: value } });
}

async function password(): Promise<string> {
  return await kubectl.exec('app', 'app', 'cat', '/secrets/password');
}

async function follows(value: string): Promise<void> {
  await until(`"${value}"`, 30, async () => ((await password()) === value ? true : undefined));
}
