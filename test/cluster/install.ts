/** The webhook on a cluster: deploy/install.yaml, edited as an operator would. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { REPOSITORY } from './config.ts';
import type { Kubectl } from './kubectl.ts';
import type { TestCluster } from './use.ts';

interface Manifest {
  readonly kind: string;
  data?: Record<string, string>;
  spec?: { template?: { metadata?: { annotations?: Record<string, string> } } };
}

type Config = Readonly<Record<string, unknown>>;

const CONFIG_FILE = 'config.yaml';
const DEPLOYMENT = 'deployment.apps/secrets-inject';
const CHECKSUM = 'checksum/config';

const WEBHOOK_NAMESPACE = 'secrets-inject';

/** @param config fields of the webhook's configuration that replace those of the manifest. */
export async function installWebhook(cluster: TestCluster, config: Config = {}): Promise<void> {
  const text = await readFile(join(REPOSITORY, 'deploy', 'install.yaml'), 'utf8');
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  for (const manifest of manifests) edit(manifest, config, cluster.images);
  const report = await cluster.kubectl.apply(manifests);
  const webhook = cluster.kubectl.in(WEBHOOK_NAMESPACE);
  if (report.includes(`${DEPLOYMENT} configured`)) await endAtOnce(webhook);
  await webhook.run('rollout', 'status', DEPLOYMENT, '--timeout=120s').catch(async (error: unknown) => {
    throw new Error(`${String(error)}\n${await webhook.describe('pods')}`);
  });
}

/** Replicas with the old configuration serve on for a while, as they should; the next test means the new one. */
async function endAtOnce(webhook: Kubectl): Promise<void> {
  await webhook.run('delete', 'pods', '--selector=app.kubernetes.io/name=secrets-inject', '--grace-period=1');
}

function edit(manifest: Manifest, config: Config, images: string): void {
  const { data } = manifest;
  if (manifest.kind === 'ConfigMap' && data !== undefined) {
    data[CONFIG_FILE] = stringify({ ...(parse(data[CONFIG_FILE] ?? '') as object), ...config });
  }
  const annotations = manifest.spec?.template?.metadata?.annotations;
  if (annotations?.[CHECKSUM] !== undefined) annotations[CHECKSUM] = `${images} ${JSON.stringify(config)}`;
}
