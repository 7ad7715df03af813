import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from './config.ts';
import { installWebhook } from './install.ts';
import { useCluster, type TestCluster } from './use.ts';

/** Our own cluster has no DNS, so the store's Service gets an address that is free there. */
const OWN_STORE = 'http://10.96.77.77:8200';
const USUAL_STORE = 'http://store.secrets-inject-demo.svc:8200';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await useCluster();
});

afterAll(async () => {
  await cluster.kubectl.run('wait', '--for=delete', 'namespace/secrets-inject-demo', '--timeout=120s');
});

async function demo(...args: readonly string[]) {
  const path = [cluster.own?.binaries, process.env['PATH']].filter((part) => part !== undefined).join(delimiter);
  const child = spawn(process.execPath, ['cli/main.ts', 'demo', '--cluster', ...args], {
    cwd: REPOSITORY,
    env: { ...process.env, PATH: path, KUBECONFIG: cluster.kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { output, code: code as unknown };
}

describe('secrets-inject demo --cluster', () => {
  it('says what the operator has to allow, and touches nothing before', async () => {
    await installWebhook(cluster);

    const { output, code } = await demo();

    expect(code).toBe(1);
    expect(output).toContain(`Add \`- url: ${USUAL_STORE}\` to vault.addresses`);
  });

  it('shows the whole road of a secret with the webhook that is installed', async () => {
    const store = cluster.own ? OWN_STORE : USUAL_STORE;
    await installWebhook(cluster, { vault: { addresses: [{ url: store }] } });

    const { output, code } = await demo('--store', store);

    expect({ output, code }).toEqual({ output: expect.stringContaining('All of this happened') as string, code: 0 });
  });
});
